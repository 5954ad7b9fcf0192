"""What will not make its filing deadline is said before a run begins, and what will is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.claims.vocabulary import State
from bot.ledger import people, views
from bot.portal.adapter import Credentials
from bot.work import schedule
from bot.work.late import late
from bot.work.payers import Login, Office, Payer, find_adapters, policy_of
from tests.unit.ledger.books import CLAIMS, NOON, Books

ADAPTER = find_adapters()["northstar"]
LOGIN = Login("main", Credentials("night", SecretStr("")), "990000017", ("1990000014",), 1)
NORTHSTAR = Payer(ADAPTER("http://127.0.0.2:9"), policy_of(ADAPTER), (LOGIN,), timedelta(0))
OFFICE = Office([NORTHSTAR])
TODAY = schedule.day_of(NOON)
#: A minute before a day is over, by the calendar of the payers.
EVENING = datetime.combine(TODAY + timedelta(days=1), schedule.OPENS, schedule.ZONE) - timedelta(minutes=1)


def _queue(books: Books, *deadlines: date | None) -> list[int]:
    return [books.queue(claim, deadline=last)[0] for claim, last in zip(CLAIMS, deadlines, strict=False)]


def _late(books: Books, now: datetime = NOON, office: Office = OFFICE, limit: int | None = None) -> dict[int, str]:
    waiting = views.claim_rows(books.ledger, state=State.QUEUED)
    return {one.row["id"]: one.why for one in late(office, books.ledger, waiting, now, limit)}


def test_what_is_over_is_late_and_what_is_not_is_not(books: Books) -> None:
    over, *_ = _queue(books, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=30), None)
    found = _late(books)
    assert set(found) == {over}
    assert str(TODAY - timedelta(days=1)) in found[over]


def test_those_whose_turn_comes_too_late(books: Books) -> None:
    """A minute is left, and each takes half of one."""
    _, _, third, other = _queue(books, TODAY, TODAY, TODAY, TODAY + timedelta(days=1))
    found = _late(books, EVENING)
    assert set(found) == {third}
    assert "2 claims go before it" in found[third]
    assert other not in found
    two_seats = Office([replace(NORTHSTAR, logins=(replace(LOGIN, seats=2),))])
    assert _late(books, EVENING, two_seats) == {}


@pytest.mark.parametrize("days", [0, 5])
def test_a_login_that_stands_still_on_the_last_day(books: Books, days: int) -> None:
    [claim_id] = _queue(books, TODAY + timedelta(days=days))
    people.pause(books.ledger, "northstar", "main", people.PAUSED, books.act("password expired"))
    found = _late(books)
    assert set(found) == ({claim_id} if days == 0 else set())
    assert all("password expired" in why for why in found.values())


def test_a_login_that_is_gone_and_a_limit(books: Books) -> None:
    first, second = _queue(books, TODAY, TODAY)
    assert set(_late(books, limit=1)) == {second}
    assert set(_late(books, office=Office([replace(NORTHSTAR, logins=())]))) == {first, second}
