"""Seats: as many as the payer allows, to one owner each, and to somebody else when theirs falls silent."""

from __future__ import annotations

from datetime import timedelta

from bot.claims.vocabulary import State
from bot.ledger import queue, seats
from bot.ledger.queue import Scope
from bot.ledger.seats import BESIDE, LEASE, Seat
from tests.unit.ledger.books import CLAIMS, Books


def take(books: Books, owner: str, of: int = 1, login: str = "main") -> Seat | None:
    return seats.take(books.ledger, "northstar", login, of, owner, books.clock.now())


def test_a_login_has_so_many_seats_and_no_more(books: Books) -> None:
    first, second = take(books, "one", 2), take(books, "two", 2)
    assert first is not None
    assert second is not None
    assert {first.number, second.number} == {0, 1}
    assert take(books, "three", 2) is None
    assert take(books, "three", 2, login="other") is not None
    seats.leave(books.ledger, first)
    third = take(books, "three", 2)
    assert third is not None
    assert third.number == first.number


def test_a_seat_that_is_renewed_is_kept(books: Books) -> None:
    seat = take(books, "one")
    assert seat is not None
    for _ in range(3):
        books.clock.advance(LEASE.total_seconds() - 1)
        assert seats.renew(books.ledger, seat, books.clock.now())
        assert take(books, "two") is None


def test_a_silent_owner_loses_the_seat_and_cannot_take_it_back(books: Books) -> None:
    seat = take(books, "one")
    assert seat is not None
    books.clock.advance(LEASE.total_seconds())
    other = take(books, "two")
    assert other is not None
    assert not seats.renew(books.ledger, seat, books.clock.now())
    seats.leave(books.ledger, seat)  # not its own any more
    assert seats.renew(books.ledger, other, books.clock.now())
    assert seats.free(books.ledger, "northstar", "main", 2, books.clock.now()) == 1


def test_a_run_that_begins_frees_what_another_left_but_not_who_sits_beside_it(books: Books) -> None:
    killed, beside = take(books, "killed", 2), take(books, f"{BESIDE}check", 2)
    assert killed is not None
    assert beside is not None
    seats.clear(books.ledger)
    assert not seats.renew(books.ledger, killed, books.clock.now())
    assert seats.renew(books.ledger, beside, books.clock.now())


def test_the_claims_of_who_sits_somewhere_are_left_to_them(books: Books) -> None:
    awake, asleep, gone = (books.one(number=number) for number in range(3))
    for claim_id, owner in ((awake, "awake"), (asleep, "asleep"), (gone, "gone")):
        books.journal(claim_id, owner).arm()
    silent, seat = take(books, "asleep", 2), take(books, "awake", 2)
    assert silent is not None
    assert seat is not None
    books.clock.advance(LEASE.total_seconds() - 1)
    seats.renew(books.ledger, seat, books.clock.now())
    assert queue.recover(books.ledger, books.clock.now()) == 1
    assert books.state(gone) is State.UNKNOWN
    books.clock.advance(1)
    assert queue.recover(books.ledger, books.clock.now()) == 1
    assert (books.state(asleep), books.state(awake)) == (State.UNKNOWN, State.SUBMITTING)


def test_what_a_sleeper_armed_is_not_its_own_when_it_wakes(books: Books) -> None:
    seat = take(books, "asleep")
    assert seat is not None
    journal = books.journal(books.one(), "asleep")
    journal.arm()
    assert journal.still_mine()
    books.clock.advance(LEASE.total_seconds())
    queue.recover(books.ledger, books.clock.now())
    assert not journal.still_mine()


def test_no_two_seats_reach_for_the_same_claim_and_none_is_left(books: Books) -> None:
    ids = set(books.queue(*CLAIMS))
    now = books.clock.now()
    reached: list[int] = []
    for number in range(3):
        seat, passed = Seat("northstar", "main", number, 3, "one"), set[int]()
        while item := queue.next_claim(books.ledger, seat, Scope(now), now, passed):
            passed.add(item.id)
        assert passed
        reached += passed
    assert len(reached) == len(set(reached))
    assert set(reached) == ids


def test_a_secret_that_another_seat_tries_is_waited_for_and_a_dead_ones_is_spent(books: Books) -> None:
    seat = take(books, "night shift")  # who signs in, in these tests
    assert seat is not None
    login = books.login()
    login.arm()
    assert not login.may_be_tried()
    login.ended(worked=True)
    assert login.may_be_tried()


def test_what_failed_waits_where_nobody_asked_for_it(books: Books) -> None:
    claim_id = books.one()
    begun = books.clock.now()
    seat = Seat("northstar", "main", 0, 1, "one")
    books.clock.advance(1)
    queue.failed(books.ledger, books.item(claim_id), books.act("slow"), None)
    later = begun + timedelta(minutes=1)
    assert queue.next_claim(books.ledger, seat, Scope(begun), later) is None  # not twice in one run
    assert queue.next_claim(books.ledger, seat, Scope(later), later) is not None
    assert queue.next_claim(books.ledger, seat, Scope(later, patient=True), later) is None
    much_later = begun + timedelta(minutes=10)
    assert queue.next_claim(books.ledger, seat, Scope(much_later, patient=True), much_later) is not None
    assert not queue.has_work(books.ledger, "northstar", "main", later)
    assert queue.has_work(books.ledger, "northstar", "main", much_later)
    assert not queue.has_work(books.ledger, "northstar", "other", much_later)
