"""Summit's own rules, without a browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from fixtures.portals.server import RunningPortal, running
from tests.portal_mocks.visitor import SummitVisitor, code_for, facts

DAY = 24 * 3600.0


@pytest.fixture
def slow() -> Iterator[SummitVisitor]:
    """A visit to a portal that decides in its own time."""
    with running("summit") as portal:
        visitor = SummitVisitor(portal)
        with visitor.http:
            visitor.sign_in()
            yield visitor


@pytest.fixture
def visitor(summit: RunningPortal) -> Iterator[SummitVisitor]:
    visitor = SummitVisitor(summit)
    with visitor.http:
        visitor.sign_in()
        yield visitor


def later(visitor: SummitVisitor, days: float) -> None:
    """Days pass, and the visitor signs in anew."""
    told = httpx.post(f"{visitor.portal.oracle_url}/advance", json={"seconds": days * DAY}).json()
    ahead = datetime.fromisoformat(told["now"]).timestamp() - time.time()
    visitor.http.cookies.clear()
    secret = visitor.portal.users[0].totp_secret
    assert secret
    visitor.post("/login/code", {"code": code_for(secret, round(ahead / 30))}, visitor.password().text)
    visitor.post("/bulletin", {"read": "on"}, visitor.http.get("/bulletin").text)


def test_a_form_is_pending_until_the_message_comes(slow: SummitVisitor) -> None:
    shown = facts(slow.submit().text)
    assert shown["Transaction ID"].startswith("T")
    assert "Claim Number (ICN)" not in shown
    [claim] = slow.portal.claims
    assert slow.message(shown).status_code == 404
    found = slow.search().text
    assert "<td>Pending</td>" in found
    assert str(claim["control_number"]) not in found
    assert slow.http.get(f"/claims/{claim['control_number']}").status_code == 404


def test_the_message_accepts_with_a_number(visitor: SummitVisitor) -> None:
    shown = facts(visitor.submit().text)
    message = facts(visitor.message(shown).text)
    assert message["Claim Number (ICN)"] == visitor.portal.claims[0]["control_number"]
    assert message["Status"] == "Accepted"
    echoed = ("Transaction ID", "Patient Control Number", "Medicare Number", "From", "To", "Total Charge", "Lines")
    assert {name: message[name] for name in echoed} == {name: shown[name] for name in echoed}
    assert message["Transaction ID"] in visitor.http.get("/messages").text


def test_the_message_rejects_with_reasons(visitor: SummitVisitor) -> None:
    visitor.portal.inject("verdict_rejected")
    shown = facts(visitor.submit().text)
    page = visitor.message(shown).text
    assert "Claim Number (ICN)" not in facts(page)
    assert "Not covered for this service." in page
    assert shown["Transaction ID"] in visitor.http.get("/claims/rejected").text
    assert "<td>Rejected</td>" in visitor.search().text


def test_the_message_comes_late_or_never(slow: SummitVisitor) -> None:
    slow.portal.inject("verdict_late")
    late = facts(slow.submit("LATE", "60.00").text)
    slow.portal.inject("verdict_never")
    never = facts(slow.submit("NEVER", "61.00").text)
    later(slow, 1.1)
    assert slow.message(late).status_code == 404
    later(slow, 4)
    assert facts(slow.message(late).text)["Status"] == "Accepted"
    assert slow.message(never).status_code == 404


def test_the_message_is_about_another_claim(visitor: SummitVisitor) -> None:
    visitor.portal.inject("verdict_of_another")
    shown = facts(visitor.submit("OURS", "60.00").text)
    message = facts(visitor.message(shown).text)
    assert message["Transaction ID"] == shown["Transaction ID"]
    assert message["Patient Control Number"] != "OURS"
    visitor.portal.inject("verdict_charge_changed")
    shown = facts(visitor.submit("MORE", "61.00").text)
    assert facts(visitor.message(shown).text)["Total Charge"] == "$71.00"


def test_a_repeated_claim_is_rejected_with_the_number_of_the_first(visitor: SummitVisitor) -> None:
    visitor.submit("FIRST")
    page = visitor.message(facts(visitor.submit("SECOND").text)).text
    assert f"Exact duplicate of claim {visitor.portal.claims[0]['control_number']}" in page
    visitor.portal.inject("duplicate_warning")
    assert "Exact duplicate of claim" in visitor.message(facts(visitor.submit("THIRD", "70.00").text)).text


def test_claims_older_than_six_months_are_off_line(visitor: SummitVisitor) -> None:
    visitor.submit()
    number = str(visitor.portal.claims[0]["control_number"])
    later(visitor, 182)
    assert number in visitor.search().text
    later(visitor, 2)
    assert "No claims found" in visitor.search().text


def test_secondary_claims_are_not_entered(visitor: SummitVisitor) -> None:
    visitor.page = visitor.http.get("/claims/entry", params={"q": "1990000014"}).text
    assert "M100042" in visitor.page
    assert "Is Medicare the primary payer?" in visitor.step("", {}).text
    assert "cannot be entered" in visitor.step("/primary", {"primary": "N"}).text
    assert visitor.http.get("/claims/entry/header").url.path == "/claims/entry"
    assert "No items to display" in visitor.http.get("/claims/entry", params={"q": "1"}).text


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("medicare_number", "1E04-T05", "Medicare Number: Enter 11 characters without dashes."),
        ("last_name", "Somebody", "Medicare Number: No beneficiary with this number"),
        ("birth_date", "1990-01-01", "Date of Birth: Enter the date as MM/DD/YYYY."),
        ("sex", "", "Sex: This field is required."),
    ],
)
def test_an_unknown_beneficiary_is_refused(visitor: SummitVisitor, name: str, value: str, complaint: str) -> None:
    visitor.start()
    assert complaint in visitor.step("/beneficiary", visitor.beneficiary() | {name: value}).text


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("account", "", "Patient Control Number: This field is required."),
        ("diagnosis_1", "E11.9", "Diagnosis 1: Enter a diagnosis code of 3 to 7 letters and digits"),
        ("diagnosis_4", "I10", "Diagnosis 1: Fill the diagnoses from the first on, without gaps."),
        ("clia", "1", "CLIA No.: Enter 10 characters"),
        ("frequency", "7", "Claim Frequency: Choose a value from the list."),
    ],
)
def test_each_wrong_header_field_is_named(visitor: SummitVisitor, name: str, value: str, complaint: str) -> None:
    visitor.start()
    visitor.step("/beneficiary", visitor.beneficiary())
    assert complaint in visitor.step("/header", visitor.header("MH1") | {name: value}).text


def test_lines_are_checked_counted_and_removed(visitor: SummitVisitor) -> None:
    visitor.start()
    visitor.step("/header", visitor.header("MH1"))
    assert "Add at least one line." in visitor.step("/lines", {}).text
    assert (
        "Rendering NPI: Enter a valid"
        in visitor.step("/lines/add", visitor.line("1.00") | {"rendering_npi": "1"}).text
    )
    for _ in range(13):
        visitor.step("/lines/add", visitor.line("1.00"))
    assert "at most 13 lines" in visitor.step("/lines/add", visitor.line("1.00")).text
    assert "$12.00" in visitor.step("/lines/remove", {"row": "0"}).text


def test_the_account_number_is_kept_in_capitals(visitor: SummitVisitor) -> None:
    visitor.submit("mh1-a")
    assert visitor.portal.claims[0]["account"] == "MH1-A"
    assert visitor.portal.requests[-1]["account"] == "MH1-A"


def test_a_form_is_sent_once(visitor: SummitVisitor) -> None:
    visitor.submit()
    assert (
        "This claim was already submitted" in visitor.step("/submit", {"submit_token": visitor.submit_token}).text
    )
    assert len(visitor.portal.claims) == 1


def test_a_moved_field_still_counts(visitor: SummitVisitor) -> None:
    visitor.portal.inject("moved_field")
    visitor.prepare("MH1", "62.50")
    visitor.step("/lines", {"prior_authorization": "PA77"})
    visitor.send()
    assert visitor.portal.claims[0]["prior_authorisation"] == "PA77"


def test_the_wizard_pauses_for_a_bulletin(visitor: SummitVisitor) -> None:
    visitor.portal.inject("bulletin")
    page = visitor.start()
    assert page.url.path == "/bulletin"
    assert visitor.post("/bulletin", {"read": "on"}, page.text).url.path == "/claims/entry/header"


def test_the_session_is_lost_while_filling(visitor: SummitVisitor) -> None:
    visitor.portal.inject("session_lost", where="form", match="MH1")
    visitor.start()
    assert "Your session has ended" in visitor.step("/header", visitor.header("MH1")).text
