"""What of a portal's page may leave the office: its structure and harmless words, and nobody on it."""

from __future__ import annotations

import re

import pytest

from bot.portal.scrub import ordinary, scrub
from fixtures.people import MEMBERS, PRACTICE, PRACTITIONERS
from payers.northstar.adapter import Northstar

ADAPTER = Northstar("http://127.0.0.2/")
#: A page with one patient in every place that a page has.
PAGE = """<!DOCTYPE html><html><head><title>Claim of Mabel Ashgrove</title><script>var who = "Ashgrove"</script>
<style>.ashgrove { color: red }</style><meta name="patient" content="Ashgrove"></head>
<body data-member="LK700400091" onload="greet('Mabel')"><!-- Mabel Ashgrove -->
<h1>Claim for MABEL ASHGROVE</h1><p>Provider bulletin: Mabel, born 06/14/1932, has E11.9.</p>
<form action="/patients/ashgrove-mabel/claims?member=LK700400091" method="post">
<label for="ashgrove-1">Referral Source 2</label>
<input id="ashgrove-1" name="ashgrove" value="Mabel" required maxlength="20">
<label for="other">Subscriber ID</label><input id="other" type="hidden" value="LK700400091" title="Mabel's number">
<label for="area">Claim note</label><textarea id="area" placeholder="about Mabel">Ashgrove fell down</textarea>
<select aria-label="Member"><option value="LK700400091" selected>Ashgrove, Mabel</option>
<option value="professional">
Professional</option></select>
<button>Remove Mabel Ashgrove</button><a href="/member/ashgrove">Mabel</a>
<img src="ashgrove.png" alt="Mabel"></form>
<dl><dt>Service Date From</dt><dd>06/14/2026</dd><dt>Member</dt><dd>Service Total</dd></dl>
<table><caption>Claims of Ashgrove</caption><thead><tr><th>Patient</th><th>Total</th></tr></thead>
<tbody><tr><td>Total, Mabel</td><td>$128.00</td></tr></tbody></table>
<table><tr><td>Place of service</td><td><input value="11"></td></tr></table>
<div role="alert">Ashgrove: diagnosis E119 is not valid</div></body></html>"""
CANARIES = ("mabel", "ashgrove", "1932", "e11", "lk7", "lk", "700400091", "128", "06/14", "fell", "greet")


def test_nobody_is_left_on_it() -> None:
    text = scrub(PAGE, ADAPTER).html.lower()
    assert [canary for canary in CANARIES if canary in text] == []


def test_what_a_developer_needs_is_left_on_it() -> None:
    html = scrub(PAGE, ADAPTER).html
    for part in (
        "<h1>Claim for XXXXX XXXXXXXX</h1>",
        ">Referral Source 2</label>",
        '<input required maxlength="20"',
        ">Subscriber ID</label>",
        "<dt>Service Date From</dt><dd>99/99/9999</dd>",
        '<option value="professional">',
        "Professional",
        "<th>Patient</th><th>Total</th>",
        "Place of service",
        'role="alert"',
        "diagnosis X999 is not valid",
        'method="post"',
    ):
        assert part in html, part


def test_a_word_in_somebodys_value_is_hidden_all_over_the_page() -> None:
    """Whoever is called Grant Service: words that are harmless elsewhere."""
    page = "<h1>Weekly order of Grant</h1><dl><dt>Patient</dt><dd>Weekly, Grant</dd></dl><p>Weekly</p>"
    assert "eekly" not in scrub(page, ADAPTER).html


def test_a_number_stays_only_where_it_counts_fields() -> None:
    labels = "<label>Diagnosis 2</label><label>14 Larkspur Lane</label><label>Diagnosis 250.00</label>"
    html = scrub(f"{labels}<p>Diagnosis 2</p>", ADAPTER).html
    assert "<label>Diagnosis 2</label>" in html
    assert "<label>99 Xxxxxxxx Xxxx</label>" in html
    assert "<label>Diagnosis 999.99</label>" in html
    assert "<p>Diagnosis 9</p>" in html


def test_labels_and_controls_still_belong_together() -> None:
    html = scrub(PAGE, ADAPTER).html
    [control] = re.findall(r'<input required[^>]*? id="([^"]+)"', html)
    assert f'for="{control}"' in html


@pytest.mark.parametrize(
    "page", ["", "<p", "<td>Mabel</table></td>", "<input value='Mabel", "&#77;abel", "<b>Mabel"]
)
def test_a_broken_page_hides_them_too(page: str) -> None:
    assert "mabel" not in scrub(page, ADAPTER).html.lower()


def test_scrubbing_twice_changes_nothing_more() -> None:
    once = scrub(PAGE, ADAPTER).html
    assert CANARIES[0] not in scrub(once, ADAPTER).html


def test_no_ordinary_word_is_somebodys_name() -> None:
    names = {member.last for member in MEMBERS} | {member.first for member in MEMBERS}
    names |= (
        {one.last for one in PRACTITIONERS} | {one.first for one in PRACTITIONERS} | set(PRACTICE.name.split()[:2])
    )
    assert not {name.lower() for name in names} & ordinary()
    assert all(re.fullmatch(r"[a-z]{2,}", word) for word in ordinary())
