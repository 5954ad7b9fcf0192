"""A session that a person has signed in: one browser's at a time, and only the user's who signed in."""

from __future__ import annotations

import pytest
from playwright.async_api import StorageState

from bot.ledger import seats
from bot.ledger.schema import events, saved_sessions
from bot.ledger.seats import LEASE, Seat
from bot.ledger.sign_ins import signed_in
from tests.unit.ledger.books import Books


def state(cookie: str) -> StorageState:
    return {"cookies": [{"name": "sid", "value": cookie}], "origins": []}


def by_hand(books: Books, cookie: str = "first") -> None:
    signed_in(books.ledger, "northstar", "main", books.login().whose, state(cookie), books.act())


def take(books: Books, owner: str, login: str = "main") -> Seat | None:
    return seats.take(books.ledger, "northstar", login, 2, owner, books.clock.now())


def free(books: Books) -> int:
    return seats.free(books.ledger, "northstar", "main", 2, books.clock.now())


def test_a_login_has_one_seat_while_somebody_goes_on_with_it(books: Books) -> None:
    by_hand(books)
    assert free(books) == 1
    one = take(books, "one")
    assert one is not None
    assert (free(books), take(books, "two")) == (0, None)
    assert take(books, "two", login="other") is not None
    assert books.login(owner="one").saved() == state("first")
    seats.leave(books.ledger, one)
    assert free(books) == 1
    assert take(books, "two") is not None
    assert books.login(owner="two").saved() == state("first")


def test_a_login_has_all_its_seats_again_when_it_has_ended(books: Books) -> None:
    by_hand(books)
    take(books, "one")
    one = books.login(owner="one")
    one.saved()
    one.forget()
    assert free(books) == 1
    assert take(books, "two") is not None
    assert free(books) == 0


def test_who_sat_there_before_a_person_signed_in_does_not_share_it(books: Books) -> None:
    assert take(books, "one") is not None
    assert take(books, "two") is not None
    by_hand(books)
    assert books.login(owner="one").saved() == state("first")
    assert books.login(owner="two").saved() is None
    assert books.login(owner="one").saved() == state("first")


def test_one_that_lost_its_seat_neither_changes_nor_forgets_it(books: Books) -> None:
    by_hand(books)
    asleep, awake = books.login(owner="asleep"), books.login(owner="awake")
    take(books, "asleep")
    asleep.saved()
    books.clock.advance(LEASE.total_seconds())
    assert take(books, "awake") is not None
    assert awake.saved() == state("first")
    asleep.keep(state("stale"))
    asleep.forget()
    assert asleep.saved() is None
    assert awake.saved() == state("first")
    awake.keep(state("second"))
    assert awake.saved() == state("second")


@pytest.mark.parametrize("other", [{"user": "day"}, {"url": "https://other.example"}])
def test_it_is_forgotten_under_another_user_or_address(books: Books, other: dict[str, str]) -> None:
    by_hand(books)
    assert books.login(password="changed").saved() == state("first")
    assert books.login(**other).saved() is None
    assert books.rows(saved_sessions) == []
    [ended] = [event for event in books.rows(events) if event["what"] == "session_ended"]
    assert ended["why"] == "the login's user or the portal's address is another one now"
    assert books.login().saved() is None
