"""What a mock payer decides as time passes, and where its portal shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from fixtures.decisions import IN_PROCESS, Charged, Standing, course, decision
from fixtures.portals.faults import Fault
from fixtures.portals.registry import SITES
from fixtures.portals.server import RunningPortal
from tests.portal_mocks.visitor import Visitor, facts

Visit = Callable[[RunningPortal], Visitor]
RECEIVED = datetime(2026, 10, 5, tzinfo=UTC)
TWO_LINES = (Decimal("62.00"), Decimal("94.00"))
#: Longer than any payer takes.
AT_LAST = timedelta(days=100)


def _about(number: int, charges: tuple[Decimal, ...] = TWO_LINES) -> Charged:
    return Charged(f"MH{number}", date(2026, 9, 1), charges, RECEIVED)


def test_a_course_is_the_same_for_the_same_claim_and_seed() -> None:
    assert course(1, _about(1)) == course(1, _about(1))
    assert any(course(1, _about(number)) != course(2, _about(number)) for number in range(20))


@pytest.mark.parametrize("charges", [TWO_LINES, TWO_LINES[:1]])
def test_courses_end_in_decisions_whose_amounts_hold(charges: tuple[Decimal, ...]) -> None:
    ends = Counter[Standing]()
    for number in range(600):
        drawn = course(7, _about(number, charges))
        assert decision(drawn, timedelta(0)) == IN_PROCESS
        last = decision(drawn, AT_LAST)
        ends[last.standing] += 1
        assert len(last.lines) == len(charges)
        assert last.allowed is not None
        assert last.paid is not None
        assert Decimal(0) <= last.paid <= last.allowed <= sum(charges)
        assert (
            bool(last.paid) is (last.standing in (Standing.PAID, Standing.PAID_PART)) is bool(last.payment_number)
        )
        asked = [step.answer_by for _, step in drawn if step.standing is Standing.ASKED]
        assert all(day and day > RECEIVED.date() for day in asked)
    decided = {Standing.PAID, Standing.PAID_ZERO, Standing.DENIED, Standing.FORWARDED, Standing.REVERSED}
    assert set(ends) == (decided | {Standing.PAID_PART} if len(charges) > 1 else decided)


def test_every_portal_has_a_word_for_every_standing_and_hides_its_audits() -> None:
    for site in SITES.values():
        assert set(site.profile.shows.words) == set(Standing)
        own = Counter(site.profile.shows.words.values())
        assert own[site.profile.shows.words[Standing.AUDIT]] == 1


def _decided(portal: RunningPortal, visitor: Visitor, wanted: Standing) -> dict[str, Any]:
    """The one claim of a portal, decided as wanted, by the payer's own books."""
    visitor.submit()
    portal.advance(AT_LAST.total_seconds())
    _come_back(portal, visitor)
    for seed in range(200):
        httpx.put(f"{portal.oracle_url}/decisions", json={"seed": seed}).raise_for_status()
        [claim] = httpx.get(portal.oracle_url).json()["claims"]
        if claim["standing"] == wanted:
            return dict(claim)
    raise AssertionError(f"no seed decides {wanted}")


def _come_back(portal: RunningPortal, visitor: Visitor) -> None:
    """Sign in anew, at another time."""
    visitor.http.cookies.clear()
    visitor.http.cookies.set(*portal.let_in())


def test_what_was_paid_is_shown_in_the_search_or_on_the_page(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    claim = _decided(portal, visitor, Standing.PAID)
    assert Decimal(claim["paid"]) > 0
    shows = SITES[portal.slug].profile.shows
    assert claim["status"] == shows.words[Standing.PAID]
    listed, page = visitor.search().text, visitor.http.get(f"/claims/{claim['control_number']}").text
    assert claim["status"] in listed
    assert facts(page)["Status"] == claim["status"]
    assert (claim["paid"] in listed) is (shows.paid in shows.columns)
    assert (claim["paid"] in page) is (shows.paid not in shows.columns)
    assert claim["payment_number"] in listed + page


def test_until_it_is_told_to_a_payer_decides_nothing(portal: RunningPortal, visit: Visit) -> None:
    visit(portal).submit()
    portal.advance(AT_LAST.total_seconds())
    [claim] = portal.claims
    assert (claim["standing"], claim["paid"]) == (Standing.IN_PROCESS, None)
    portal.decide(1)
    assert portal.claims[0]["standing"] != Standing.IN_PROCESS
    for wrong in ({"seed": "x"}, {}, ["seed"]):
        assert httpx.put(f"{portal.oracle_url}/decisions", json=wrong).status_code == 400
    httpx.put(f"{portal.oracle_url}/decisions", json={"seed": None})
    assert portal.claims[0]["standing"] == Standing.IN_PROCESS


def test_what_may_go_wrong_with_what_is_shown(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    claim = _decided(portal, visitor, Standing.PAID)
    path = f"/claims/{claim['control_number']}"
    in_list = SITES[portal.slug].profile.shows.paid in SITES[portal.slug].profile.shows.columns

    def shown() -> str:
        return visitor.search().text if in_list else visitor.http.get(path).text

    portal.inject(Fault.PAID_UNREADABLE)
    assert "see remittance" in shown()
    assert "see remittance" not in shown()
    portal.inject(Fault.PAID_TOO_MUCH)
    assert f"{Decimal(claim['charge']) + 10:.2f}" in shown()
    portal.inject(Fault.PAGE_OF_ANOTHER)
    other = facts(visitor.http.get(path).text)
    assert other["Total Charge"] == facts(visitor.http.get(path).text)["Total Charge"]
    assert claim["control_number"] not in other.values()
    portal.inject(Fault.SEARCH_OTHER_DAY)
    assert claim["control_number"] not in visitor.search().text
    assert claim["control_number"] in visitor.search().text


def test_a_stale_search_shows_what_was_and_lacks_what_is_new(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    claim = _decided(portal, visitor, Standing.PAID)
    portal.inject(Fault.SEARCH_STALE)
    assert claim["control_number"] in visitor.search().text  # decided more than thirty days ago
    portal.set_clock(datetime.fromisoformat(claim["received_at"]) + timedelta(days=29))
    _come_back(portal, visitor)
    portal.inject(Fault.SEARCH_STALE)
    assert "No claims found" in visitor.search().text
    assert claim["control_number"] in visitor.search().text
