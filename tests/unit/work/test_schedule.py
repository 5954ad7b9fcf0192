"""When a claim is looked up next: one table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from bot.claims import business_days
from bot.claims.vocabulary import DECIDED, Status
from bot.work.schedule import ACTIONS, SOONER, FollowUp, action, day_of, next_look, waited

#: A Monday evening in July; its 14th, 21st, 30th, 45th, 60th, 90th and 120th business day.
ACCEPTED = datetime(2026, 7, 6, 23, 0, tzinfo=UTC)
DAY_14, DAY_21, DAY_30, DAY_45 = date(2026, 7, 24), date(2026, 8, 4), date(2026, 8, 17), date(2026, 9, 8)
DAY_60, DAY_90, DAY_120 = date(2026, 9, 29), date(2026, 11, 12), date(2026, 12, 28)
USUAL = FollowUp()


def at(day: date) -> datetime:
    """Noon of a day."""
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC)


def look(status: Status, today: date, **more: object) -> date | None:
    due = next_look(USUAL, status, ACCEPTED, at(today), **more)  # type: ignore[arg-type]
    return day_of(due) if due else None


@pytest.mark.parametrize(
    ("status", "today", "more", "expected"),
    [
        (Status.NONE, date(2026, 7, 6), {}, DAY_14),
        (Status.PENDING, date(2026, 7, 6), {}, DAY_14),
        (Status.PENDING, DAY_14, {}, DAY_30),
        (Status.PENDING, DAY_30, {}, DAY_45),
        (Status.PENDING, DAY_45, {}, DAY_60),
        (Status.PENDING, DAY_60, {}, DAY_90),
        (Status.PENDING, DAY_90, {}, DAY_120),  # and so on, as far apart as the last two
        (Status.PENDING, date(2026, 7, 6), {"unlisted": True}, DAY_14),
        (Status.PENDING, DAY_14, {"unlisted": True}, DAY_21),
        (Status.PENDING, DAY_21, {"unlisted": True}, DAY_30),
        (Status.PENDING, DAY_30, {"unlisted": True}, DAY_45),
        (Status.INFO_REQUESTED, DAY_14, {}, date(2026, 7, 31)),
        (Status.UNRECOGNISED, DAY_14, {}, date(2026, 7, 31)),
        (Status.NOT_ON_FILE, DAY_14, {}, date(2026, 7, 28)),
        (Status.NOT_ON_FILE, date(2026, 8, 14), {}, DAY_30),
        # five business days before the nearest deadline; then on its day; past, it caps nothing
        (Status.PENDING, DAY_14, {"deadlines": [date(2026, 8, 10), date(2027, 1, 1)]}, date(2026, 8, 3)),
        (Status.PENDING, date(2026, 8, 3), {"deadlines": [date(2026, 8, 10)]}, date(2026, 8, 10)),
        (Status.PENDING, date(2026, 8, 10), {"deadlines": [date(2026, 8, 10)]}, DAY_30),
        *((status, DAY_14, {}, None) for status in sorted(DECIDED)),
    ],
)
def test_when_a_claim_is_looked_up_next(
    status: Status, today: date, more: dict[str, object], expected: date | None
) -> None:
    assert look(status, today, **more) == expected


def test_every_status_has_a_next_look_or_is_decided() -> None:
    assert {status for status in Status if look(status, DAY_14) is None} == DECIDED
    assert set(SOONER) & DECIDED == set()


def test_never_before_the_portal_shows_it() -> None:
    visible = ACCEPTED + timedelta(days=40)
    assert next_look(USUAL, Status.PENDING, ACCEPTED, ACCEPTED, visible_at=visible) == visible


@given(
    some.sampled_from(sorted(set(Status) - DECIDED)),
    some.integers(0, 500),
    some.lists(some.dates(date(2026, 7, 1), date(2027, 12, 31)), max_size=2),
)
def test_it_is_always_to_come_and_never_given_up(status: Status, days: int, deadlines: list[date]) -> None:
    now = ACCEPTED + timedelta(days=days, hours=days % 24)
    due = next_look(USUAL, status, ACCEPTED, now, deadlines=deadlines)
    assert due is not None
    assert now < due < now + timedelta(days=60)


def test_a_payers_own_schedule() -> None:
    own = FollowUp(looks=(5,), unlisted=(3, 20), source="manual", verified=date(2026, 1, 1))
    assert own.days(unlisted=True) == (3, 20)
    due = next_look(own, Status.PENDING, ACCEPTED, at(DAY_14))
    assert due is not None
    assert waited(ACCEPTED, due) == 15


@pytest.mark.parametrize(
    "wrong",
    [{"looks": (14, 7)}, {"looks": ()}, {"looks": (0, 14)}, {"unlisted": (3, 3)}, {"overdue": 0}, {"calls": 1}],
)
def test_a_schedule_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FollowUp.model_validate({"source": "manual", "verified": date(2026, 1, 1), **wrong})


def test_a_schedule_says_where_it_is_written() -> None:
    with pytest.raises(ValidationError, match="source"):
        FollowUp.model_validate({"looks": (7, 14)})


def test_what_to_do_grows_with_the_days() -> None:
    assert [action(days) for days in (30, 44, 45, 89, 90)] == [ACTIONS[number][1] for number in (2, 2, 1, 1, 0)]
    assert all(first > second for (first, _), (second, _) in pairwise(ACTIONS))
    assert all("not send the claim again" in words for _, words in ACTIONS)


def test_a_day_begins_at_six() -> None:
    assert day_of(datetime(2026, 7, 7, 10, 59, tzinfo=UTC)) == date(2026, 7, 6)
    assert day_of(datetime(2026, 7, 7, 11, 0, tzinfo=UTC)) == date(2026, 7, 7)
    assert business_days.is_business_day(day_of(ACCEPTED))
