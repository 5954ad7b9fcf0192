"""Each way in which a form can change overnight, at every portal: the payer stops before anything is left there,
the field is named, and it is one task. Judged by the portal's own books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.claims.vocabulary import State
from bot.ledger import baselines, people, queue, views
from bot.ledger.store import Act
from bot.portal import form
from bot.portal.drift import Baseline, Change, What
from bot.work.check import Report, check
from fixtures.claims.generate import claims
from fixtures.portals.faults import Fault
from fixtures.portals.registry import SITES
from tests.conftest import Loop
from tests.office import PATIENCE, TestOffice, wired_office

#: What the portals do, and how it is recognised.
DRIFTS = {
    Fault.MISSING_FIELD: What.MISSING,
    Fault.RENAME_LABEL: What.RENAMED,
    Fault.MOVED_FIELD: What.MOVED,
    Fault.NEW_MANDATORY_FIELD: What.NEW_MANDATORY,
    Fault.CHANGED_OPTIONS: What.OPTIONS,
    Fault.SHORTER_FIELD: What.LENGTH,
}
#: Those that can be there at once, and are seen in one walk: past a new mandatory field no portal leads.
TOGETHER = (
    (Fault.RENAME_LABEL, Fault.MOVED_FIELD, Fault.CHANGED_OPTIONS),
    (Fault.SHORTER_FIELD, Fault.MISSING_FIELD),
    (Fault.NEW_MANDATORY_FIELD,),
)
#: What each portal calls the fields that change.
ACCOUNT = {"lakeshore": "Patient account no."}
AUTHORISATION = {"lakeshore": "Prior authorization", "summit": "Prior Authorization No."}
PLACE = {"lakeshore": "Place of service"}
SLUGS = sorted(SITES)


def field(slug: str, fault: Fault) -> str:
    """The field that a fault is about, in the portal's words."""
    match fault:
        case Fault.MISSING_FIELD | Fault.MOVED_FIELD:
            return AUTHORISATION.get(slug, "Prior Authorization")
        case Fault.CHANGED_OPTIONS:
            return PLACE.get(slug, "Place of Service")
        case Fault.NEW_MANDATORY_FIELD:
            return "Referral Source"
        case _:
            return ACCOUNT.get(slug, "Patient Control Number")


@pytest.fixture
def one(slug: str, tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestOffice]:
    monkeypatch.setattr(form, "SETTLING", 0.0)  # the mocks' pages are whole when they come
    with wired_office(slug, tmp_path, loop, timedelta(0), PATIENCE, signs_in=False) as (office, _):
        yield office


def checked(one: TestOffice, *, accept: bool = False, why: str = "") -> Report:
    act = Act("tester", one.clock.now(), why)
    return one.loop.run(check(one.workshop, one.slug, None, act, accept=accept), 120)


_baselines: dict[str, dict[str, object]] = {}


def know(one: TestOffice) -> None:
    """The office has found the form fine before; looked at once for all tests."""
    if one.slug not in _baselines:
        report = checked(one)
        assert report.fine, report
        _baselines[one.slug] = baselines.load(one.ledger, one.slug, "main").document()
    known = Baseline.of(_baselines[one.slug])  # type: ignore[arg-type]
    baselines.keep(one.ledger, one.slug, "main", known, Act("tester", one.clock.now()))


def left(one: TestOffice) -> list[str]:
    """What reached the portal and leaves something there, by its own count."""
    return [str(request["stage"]) for request in one.portal.requests if request["stage"] != "sign_in"]


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("fault", DRIFTS)
def test_a_changed_form_stops_the_payer_before_anything_is_left_there(
    slug: str, fault: Fault, one: TestOffice
) -> None:
    ids = one.queue(claims(slug, 3))
    know(one)
    one.portal.inject(fault, None, None)
    summary = one.run()
    assert summary.balanced
    assert {one.claim(claim_id)["state"] for claim_id in ids} == {State.QUEUED}
    [task] = one.tasks()
    assert task["kind"] == "form-changed"
    assert f"'{field(slug, fault)}'" in task["title"]
    one.run()  # the payer is parked
    assert (left(one), len(one.tasks())) == ([], 1)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("faults", TOGETHER, ids="+".join)
def test_a_check_says_all_that_has_changed_as_one_task(
    slug: str, faults: tuple[Fault, ...], one: TestOffice
) -> None:
    one.queue(claims(slug, 1))
    know(one)
    for fault in faults:
        one.portal.inject(fault, None, None)
    report = checked(one)
    found = {(change.what, change.field) for change in report.changes}
    assert {(DRIFTS[fault], field(slug, fault)) for fault in faults} <= found
    others = {What.OTHER} if Fault.RENAME_LABEL in faults else set()  # pages that only show it
    assert {what for what, _ in found} - others == {DRIFTS[fault] for fault in faults}
    [task] = one.tasks()
    assert all(f"'{field(slug, fault)}'" in task["title"] for fault in faults)
    assert (left(one), len(one.tasks())) == ([], 1)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_form_as_declared_is_fine_to_the_end_and_nothing_is_left_there(slug: str, one: TestOffice) -> None:
    one.queue(claims(slug, 1))
    report = checked(one)
    assert report.first
    assert report.fine, report
    assert report.sight is not None
    assert one.payer.adapter.search is not None
    declared = [page.title for page in one.payer.adapter.pages if slug != "northstar" or page.when is None]
    assert list(report.sight.seen) == [*declared, one.payer.adapter.search.title]
    assert {unseen.what for unseen in report.sight.unseen} <= {
        "the receipt",
        "the search's results",
        "page 'Coordination of Benefits'",
    }
    assert (left(one), one.tasks()) == ([], [])
    assert len(baselines.checked(one.ledger, slug)) == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_an_office_without_claims_sees_as_far_as_an_invented_one_leads(slug: str, one: TestOffice) -> None:
    report = checked(one)
    assert report.account is None
    assert report.fine, report
    assert report.sight is not None
    assert report.sight.seen[0] == one.payer.adapter.pages[0].title
    assert report.sight.unseen
    assert left(one) == []


@pytest.mark.parametrize("slug", ["northstar"])
def test_a_person_may_take_what_only_the_baseline_knew_for_fine(slug: str, one: TestOffice) -> None:
    one.queue(claims(slug, 1))
    know(one)
    one.portal.inject(Fault.CHANGED_OPTIONS, None, None)
    assert not checked(one).fine
    report = checked(one, accept=True, why="they told us")
    assert report.fine
    assert [change.what for change in report.accepted] == [What.OPTIONS] * 2
    [row] = baselines.checked(one.ledger, slug)
    assert (row.who, row.why) == ("tester", "they told us")
    people.resume(one.ledger, slug, None, Act("tester", one.clock.now()))
    assert one.tasks() == []
    one.run()
    assert left(one) == ["submit"]


@pytest.mark.parametrize("slug", ["northstar"])
@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"service_to": "Last Day"}, Change(What.RENAMED, "Claim Search", "Last Day", "Service Date To")),
        ({"shows_status": "Stand"}, "page does not show 'Stand' any more"),
        ({}, "the word 'In process' in the claim search"),
    ],
    ids=["field", "column", "word"],
)
def test_the_claim_search_is_looked_at_too(
    slug: str, declared: dict[str, Any], found: Change | str, one: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.queue(claims(slug, 1))
    one.run()
    adapter = one.payer.adapter
    assert adapter.search is not None
    monkeypatch.setattr(adapter, "search", replace(adapter.search, **declared), raising=False)
    monkeypatch.setattr(adapter, "words", {}, raising=False)
    report = checked(one)
    assert report.sight is not None
    if declared:
        [change] = report.changes
        assert found in (change, change.now)
    else:
        assert report.fine
        assert found in [unseen.what for unseen in report.sight.unseen]


@pytest.mark.parametrize("slug", ["northstar"])
def test_nobody_can_accept_what_the_adapter_declares_otherwise(slug: str, one: TestOffice) -> None:
    one.queue(claims(slug, 1))
    one.portal.inject(Fault.RENAME_LABEL, None, None)
    report = checked(one, accept=True, why="why not")
    assert not report.fine
    assert queue.pause_of(one.ledger, slug, "main") is not None


@pytest.mark.parametrize("slug", ["northstar"])
def test_a_portal_that_is_down_has_not_changed(slug: str, one: TestOffice) -> None:
    one.queue(claims(slug, 1))
    one.portal.inject(Fault.MAINTENANCE, None, None)
    report = checked(one)
    assert report.sight is None
    assert "Scheduled maintenance" in report.stopped
    assert one.tasks() == []
    assert views.pause_rows(one.ledger) == []
