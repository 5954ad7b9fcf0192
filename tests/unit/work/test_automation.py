"""Whether a robot may work a payer's portal: by whose word, until when, at which hours, how fast."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.claims.vocabulary import State
from bot.errors import ConfigurationError
from bot.installation import office_of
from bot.ledger import pace, views
from bot.ledger.queue import Scope
from bot.ledger.schema import paces
from bot.portal.evidence import EvidenceStore
from bot.portal.submission import Outcome
from bot.settings import Settings
from bot.work import payers
from bot.work import shift as room
from bot.work.automation import Automation
from bot.work.dispatch import Workshop
from bot.work.payers import Office, Payer, find_adapters, policy_of
from bot.work.serve import Unattended
from bot.work.shift import Plan, Shift
from tests.unit.ledger.books import CLAIMS, Books
from tests.unit.work.test_routing import BOTH
from tests.unit.work.test_shift import Nowhere, Watcher, refused

#: MassHealth's rule: registered, approved, attested anew each year.
ARRANGED: dict[str, Any] = {
    "allowed": "by arrangement",
    "source": "the payer's letter of 2026-01-15",
    "verified": "2026-01-20",
    "registration": "RPA-0042",
    "review_by": "2026-12-31",
}
NIGHTS = {
    "allowed": "yes",
    "source": "the portal's terms",
    "verified": "2026-01-20",
    "zone": "America/New_York",
    "hours": ["Mon-Fri 20:00-06:00"],
}
TODAY = date(2026, 7, 1)


def said(**more: Any) -> Automation:
    return Automation.model_validate({**ARRANGED, **more})


def northstar(**what: Any) -> Payer:
    """A payer that says this about robots; without anything, of which nobody has said anything."""
    payer = BOTH.payer("northstar")
    automation = Automation.model_validate(what) if what else None
    return replace(payer, policy=payer.policy.model_copy(update={"automation": automation}))


# What is said


def test_an_arrangement_counts_until_it_is_to_be_reviewed() -> None:
    assert said().refusal(date(2026, 12, 31)) is None
    assert "reviewed by 2026-12-31" in (said().refusal(date(2027, 1, 1)) or "")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"allowed": "no"}, "does not allow robots"),
        ({"registration": ""}, "no registration is on record"),
        ({"review_by": None}, "until when the arrangement counts"),
        ({"allowed": "yes", "review_by": "2026-06-30"}, "reviewed by 2026-06-30"),
    ],
)
def test_what_a_person_must_see_to(more: dict[str, Any], why: str) -> None:
    assert why in (said(**more).refusal(TODAY) or "")


def test_terms_that_allow_robots_need_no_registration() -> None:
    assert said(allowed="yes", registration="", review_by=None).refusal(TODAY) is None


@pytest.mark.parametrize(
    "more",
    [
        {"source": ""},
        {"allowed": "maybe"},
        {"hours": ["20:00-06:00"], "zone": "America/New_York"},
        {"hours": ["Mon-Xyz 20:00-06:00"], "zone": "America/New_York"},
        {"hours": ["Mon-Fri 20:00-26:00"], "zone": "America/New_York"},
        {"hours": ["Mon-Fri 20:00-06:00"]},
        {"zone": "Nowhere/City"},
        {"claims_per_hour": 0},
        {"sessions": 0},
        {"pace": 3},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        said(**more)


def test_the_record_says_all_of_it() -> None:
    record = said(**{**NIGHTS, **ARRANGED}, claims_per_hour=40, sessions=1).record()
    for words in ("by arrangement", "letter of 2026-01-15", "RPA-0042", "2026-12-31", "Mon-Fri 20:00-06:00"):
        assert words in record
    assert "40 claims an hour" in record
    assert "America/New_York" in record


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        # in New York: Wednesday 19:59, 20:00, Thursday 05:59, 06:00
        ("2026-07-01T23:59", "2026-07-02T00:00"),
        ("2026-07-02T00:00", None),
        ("2026-07-02T09:59", None),
        ("2026-07-02T10:00", "2026-07-03T00:00"),
        # the night that begins on Friday ends on Saturday; the next begins on Monday
        ("2026-07-04T09:59", None),
        ("2026-07-04T10:00", "2026-07-07T00:00"),
        # winter: an hour later in UTC
        ("2026-12-02T00:30", "2026-12-02T01:00"),
        # the night in which the clocks go back, Saturday 2026-10-31 to Sunday, is no working night
        ("2026-11-01T05:30", "2026-11-03T01:00"),
    ],
)
def test_hours_are_the_payers_own(now: str, opens: str | None) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(opens).replace(tzinfo=UTC) if opens else None
    assert Automation.model_validate(NIGHTS).opens(moment) == expected


def test_days_may_go_round_the_week() -> None:
    weekend = Automation.model_validate({**NIGHTS, "hours": ["Sat-Mon 08:00-12:00"], "zone": "UTC"})
    days = [datetime(2026, 7, day, 9, tzinfo=UTC) for day in range(4, 9)]  # Saturday to Wednesday
    assert [weekend.opens(day) is None for day in days] == [True, True, True, False, False]


def test_every_payer_in_the_box_says_it() -> None:
    for adapter in find_adapters().values():
        automation = policy_of(adapter).automation
        assert automation is not None
        assert automation.refusal(TODAY) is None


def test_the_settings_may_not_ask_for_more_sessions_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = northstar(**ARRANGED, sessions=1).policy
    monkeypatch.setattr("bot.installation.policy_of", lambda _: policy)
    login = {"username": "x", "tin": "990000017", "npis": "1990000014", "seats": 2}
    told = {"payers": {"northstar": {"url": "http://127.0.0.2:1", "logins": {"main": login}}}}
    with pytest.raises(ConfigurationError, match=r"logins\.main\.seats is 2, and Northstar Medicaid allows.* 1"):
        office_of(Settings(**told))  # type: ignore[arg-type]


# What shifts make of it


def work(books: Books, payer: Payer, folder: Path, stopping: asyncio.Event | None = None) -> Watcher:
    watcher = Watcher()
    plan = Plan(Scope(books.clock.now()), stopping=stopping)
    store = EvidenceStore(folder, books.vault)
    shift = Shift(payer, payer.logins[0], books.ledger, store, books.clock, plan, watcher)
    books.run(shift.work(Nowhere()))  # type: ignore[arg-type]
    return watcher


@pytest.fixture
def sent(books: Books, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When claims were begun."""
    begun: list[datetime] = []

    async def submit(*_: object) -> Outcome:
        begun.append(books.clock.now())
        books.clock.advance(2)
        return refused(f"reason {len(begun)}")

    monkeypatch.setattr(room, "submit", submit)
    return begun


@pytest.mark.parametrize("what", [{}, {**ARRANGED, "allowed": "no"}, {**ARRANGED, "review_by": "2026-06-30"}])
def test_a_payer_that_no_robot_may_work_is_refused_with_its_record_and_one_task(
    books: Books, tmp_path: Path, sent: list[datetime], what: dict[str, Any]
) -> None:
    ids = books.queue(*CLAIMS[:3])
    payer = northstar(**what)
    for _ in range(2):
        [why] = work(books, payer, tmp_path).stops
        assert why.startswith("Northstar Medicaid")
        assert not what or "letter of 2026-01-15" in why
    assert sent == []
    assert {books.state(claim_id) for claim_id in ids} == {State.QUEUED}
    [task] = views.task_rows(books.ledger)
    assert (task["kind"], task["payer"]) == ("automation", "northstar")
    work(books, northstar(**ARRANGED), tmp_path)  # somebody has seen to it
    assert len(sent) == 3
    assert not [task for task in views.task_rows(books.ledger) if task["kind"] == "automation"]


def test_outside_its_hours_a_payer_waits_and_nobody_is_called(
    books: Books, tmp_path: Path, sent: list[datetime]
) -> None:
    books.queue(CLAIMS[0])
    payer = northstar(**NIGHTS)
    [why] = work(books, payer, tmp_path).stops  # it is noon in UTC, eight in the morning there
    assert "again from Wed 2026-07-01 20:00 there" in why
    assert "the portal's terms" in why
    assert (sent, views.task_rows(books.ledger)) == ([], [])
    books.clock.advance(12 * 3600)
    work(books, payer, tmp_path)
    assert len(sent) == 1


def test_a_shift_ends_with_the_hours(books: Books, tmp_path: Path, sent: list[datetime]) -> None:
    books.queue(*CLAIMS[:6])
    payer = northstar(**{**NIGHTS, "hours": ["Wed 08:00-08:01"]}, claims_per_hour=120)
    books.clock.advance(10)
    watcher = work(books, payer, tmp_path)
    assert len(sent) == 2  # at 08:00:10 and :40; the third's turn is after the end
    assert "in its hours only" in watcher.stops[-1]


ROUND = {**NIGHTS, "zone": "UTC", "hours": ["Mon-Sun 06:00-04:00"], "claims_per_hour": 30}


@pytest.mark.parametrize("later", [timedelta(minutes=31), timedelta(minutes=151)])
def test_a_turn_after_the_hours_is_not_taken(
    books: Books, tmp_path: Path, sent: list[datetime], later: timedelta
) -> None:
    """Nor waited for until the payer opens again: each try would push the turns of those who come then."""
    books.clock.time = began = datetime(2026, 7, 2, 3, 30, tzinfo=UTC)
    books.queue(CLAIMS[0])
    pace.reserve(books.ledger, "northstar", later, 1, began)
    watcher = work(books, northstar(**ROUND), tmp_path)
    assert (sent, books.clock.now()) == ([], began)
    assert "in its hours only, again from Thu 2026-07-02 06:00" in watcher.stops[-1]
    assert [row["next_at"] for row in books.rows(paces)] == [began + later]


@pytest.mark.parametrize(
    ("hours", "until"),
    [
        (["Mon-Fri 08:00-12:00"], "12:00"),
        (["Mon-Fri 08:00-12:00", "Mon-Fri 12:00-17:00"], "17:00"),
        (["Mon-Fri 08:00-12:00", "Mon-Fri 13:00-17:00"], "12:00"),
        (["Mon-Fri 10:00-12:00"], "09:00"),
        (["Mon-Sun 00:00-00:00"], None),
        ([], None),
    ],
)
def test_until_when_the_hours_last(hours: list[str], until: str | None) -> None:
    automation = Automation.model_validate({**NIGHTS, "zone": "UTC", "hours": hours})
    now = datetime(2026, 7, 1, 9, tzinfo=UTC)
    closes = automation.closes(now)
    assert (closes and f"{closes:%Y-%m-%d %H:%M}") == (until and f"2026-07-01 {until}")


def test_claims_keep_their_distance(books: Books, tmp_path: Path, sent: list[datetime]) -> None:
    books.queue(*CLAIMS[:3])
    work(books, northstar(**ARRANGED, claims_per_hour=60), tmp_path)
    assert [later - earlier for earlier, later in pairwise(sent)] == [timedelta(minutes=1)] * 2


def test_the_distance_is_kept_across_workers(books: Books) -> None:
    gap, now = timedelta(seconds=30), books.clock.now()
    turns = [pace.reserve(books.ledger, "northstar", gap, claims, now) for claims in (1, 3, 1)]
    assert turns == [now, now + gap, now + 4 * gap]
    assert pace.reserve(books.ledger, "lakeshore", gap, 1, now) == now
    later = now + timedelta(hours=1)
    assert pace.reserve(books.ledger, "northstar", gap, 1, later) == later


def test_who_waits_for_a_turn_stops_when_told(books: Books, tmp_path: Path, sent: list[datetime]) -> None:
    books.queue(*CLAIMS[:2])
    stopping = asyncio.Event()
    payer = northstar(**ARRANGED, claims_per_hour=1)
    pace.reserve(books.ledger, "northstar", timedelta(hours=1), 1, books.clock.now())
    waits: list[float] = []
    wait = books.clock.wait

    async def told_to_stop(seconds: float) -> None:
        waits.append(seconds)
        stopping.set()
        await wait(seconds)

    books.clock.wait = told_to_stop  # type: ignore[method-assign]
    work(books, payer, tmp_path, stopping)
    assert (sent, waits) == ([], [room.GLANCE])


def test_who_serves_waits_for_the_hours_and_says_so_once(books: Books, tmp_path: Path) -> None:
    books.queue(CLAIMS[0])
    watcher = Watcher()
    office = Office([northstar(**NIGHTS)])
    store = EvidenceStore(tmp_path, books.vault)
    workshop = Workshop(office, books.ledger, store, books.clock, lambda: None)  # type: ignore[arg-type,return-value]
    unattended = Unattended(workshop, watcher, asyncio.Event())
    assert [books.run(unattended.due()) for _ in range(3)] == [[], [], []]
    assert len(watcher.stops) == 1
    books.clock.advance(12 * 3600)
    assert books.run(unattended.due()) == [("northstar", "main")]
    books.clock.advance(12 * 3600)
    assert books.run(unattended.due()) == []
    assert len(watcher.stops) == 2


def test_a_payer_for_which_nothing_waits_needs_nobody(books: Books, tmp_path: Path) -> None:
    watcher = Watcher()
    store = EvidenceStore(tmp_path, books.vault)
    office = Office([northstar()])
    workshop = Workshop(office, books.ledger, store, books.clock, lambda: None)  # type: ignore[arg-type,return-value]
    unattended = Unattended(workshop, watcher, asyncio.Event())
    assert books.run(unattended.due()) == []
    assert (watcher.stops, views.task_rows(books.ledger)) == ([], [])
    books.queue(CLAIMS[0])
    assert books.run(unattended.due()) == []
    assert (len(watcher.stops), len(views.task_rows(books.ledger))) == (1, 1)


def test_a_policy_without_it_can_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text('[filing]\ndays = 90\nsource = "x"\nverified = 2026-11-01\n')
    monkeypatch.setattr(payers, "files", lambda package: tmp_path)
    assert policy_of(find_adapters()["northstar"]).automation is None
