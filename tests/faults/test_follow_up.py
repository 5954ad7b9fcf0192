"""From accepted to decided at every mock portal, in a browser, and what goes wrong on the way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.claims.model import Claim
from bot.claims.vocabulary import State, Status
from fixtures.claims.generate import claims
from fixtures.decisions import Course, Standing, course
from fixtures.portals.faults import Fault
from fixtures.portals.registry import SITES
from tests.conftest import Loop
from tests.faults.quarter import AFTER, FOLLOW_UP, at_a_mock_portal, charged
from tests.office import TestOffice, office

SEED = 1
#: Nothing is opened there beside the search.
ONE_LIST = "northstar"

pytestmark = pytest.mark.usefixtures("chromium")


def paid_soon(slug: str, number: int) -> list[Claim]:
    """Claims that the payer will have paid in full within a month."""
    found = []
    for claim in claims(slug, 40):
        after, last = fate(claim)[-1]
        if last.standing is Standing.PAID and after <= timedelta(days=30):
            found.append(claim)
    return found[:number]


def fate(claim: Claim) -> Course:
    """What becomes of a claim that is sent in these tests."""
    return course(SEED, charged(claim, AFTER))


def sent(one: TestOffice, some: list[Claim]) -> list[int]:
    """Send claims, and let the payer decide about them; its verdict, where one comes later, has been read."""
    one.clock.advance((AFTER - one.clock.now()).total_seconds())
    one.portal.decide(SEED)
    ids = one.queue(some)
    one.run()
    evening(one, timedelta(days=6))
    assert {one.claim(claim_id)["status"] for claim_id in ids} == {Status.PENDING}
    return ids


def evening(one: TestOffice, later: timedelta = timedelta(0)) -> None:
    """Follow up so much later."""
    one.clock.advance(later.total_seconds())
    one.run(FOLLOW_UP)


def judge(one: TestOffice, ids: list[int]) -> None:
    """All stand as the payer's own books say, and nothing is left to do."""
    theirs = {claim["account"]: claim for claim in one.portal.claims}
    for claim_id in ids:
        row = one.claim(claim_id)
        their = theirs[row["account"]]
        assert (row["state"], row["status"], their["standing"]) == (State.ACCEPTED, Status.PAID, Standing.PAID)
        assert row["paid"] == Decimal(str(their["paid"]))
        assert (row["payment_number"], str(row["paid_on"])) == (their["payment_number"], their["decided_on"])
        assert row["due_at"] is None
    assert one.tasks() == []
    assert one.requests("submit") == len(ids)


@pytest.mark.parametrize("slug", sorted(SITES))
def test_a_page_that_cannot_be_believed_is_not(slug: str, tmp_path: Path, loop: Loop) -> None:
    some = paid_soon(slug, 2)
    with office(slug, tmp_path, loop, signs_in=False) as one:
        ids = sent(one, some)
        other = Fault.PAID_UNREADABLE if slug == ONE_LIST else Fault.PAGE_OF_ANOTHER
        for fault, claim in zip((Fault.PAID_TOO_MUCH, other), some, strict=True):
            one.portal.inject(fault, times=None, match=claim.account)
        one.clock.advance(timedelta(days=36).total_seconds())
        one.run()  # does not follow up
        evening(one)
        for row in map(one.claim, ids):
            assert (row["status"], row["paid"], row["payer_words"]) == (Status.PENDING, None, "In process")
            assert row["due_at"] is not None
        kinds = sorted(task["kind"] for task in one.tasks())
        assert kinds == (["doubtful", "doubtful"] if slug == ONE_LIST else ["doubtful"])
        one.portal.clear_faults()
        evening(one, timedelta(days=8))
        judge(one, ids)


def test_a_search_that_fails_or_answers_something_else_changes_nothing(tmp_path: Path, loop: Loop) -> None:
    with office(ONE_LIST, tmp_path, loop, signs_in=False) as one:
        [claim_id] = sent(one, paid_soon(ONE_LIST, 1))
        one.clock.advance(timedelta(days=30).total_seconds())
        for fault, where in (
            (Fault.SEARCH_DOWN, None),
            (Fault.MAINTENANCE, "search"),
            (Fault.SEARCH_STALE, None),
            (Fault.SEARCH_SOMEBODY_ELSE, None),
            (Fault.SEARCH_OTHER_DAY, None),
        ):
            before = one.claim(claim_id)
            one.portal.inject(fault, where, times=None)
            _when_due(one, claim_id)
            after = one.claim(claim_id)
            assert (after["status"], after["paid"]) == (Status.PENDING, None), fault
            assert after["due_at"] != before["due_at"], fault
            assert {task["kind"] for task in one.tasks()} <= {"overdue"}, fault
            one.portal.clear_faults()
        one.portal.inject(Fault.SESSION_LOST, where="search")
        _when_due(one, claim_id)
        judge(one, [claim_id])


def _when_due(one: TestOffice, claim_id: int) -> None:
    """Follow up as soon as the claim is due."""
    due = one.claim(claim_id)["due_at"]
    assert due is not None
    evening(one, max(timedelta(0), due - one.clock.now()))


@pytest.mark.parametrize("slug", ["lakeshore", "summit"])
def test_a_quarter(slug: str, tmp_path: Path, loop: Loop) -> None:
    """Claims that fare differently; `make soak` plays it with fifteen at each portal."""
    fates = {tuple(decided.standing for _, decided in fate(claim)): claim for claim in claims(slug, 80)}
    some = [
        fates[(Standing.PAID_PART,)],
        fates[(Standing.PAID_ZERO,)],
        fates[Standing.ASKED, Standing.PAID],
        fates[Standing.PAID, Standing.REVERSED],
    ]
    figures = at_a_mock_portal(tmp_path, loop, slug, some, signs_in=False)
    assert figures.faults == []
    assert figures.doubled == 0
