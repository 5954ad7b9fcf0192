"""What a run is about, and in which order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.claims.vocabulary import DECIDED, Proof, Sent, State, Status
from bot.errors import UnknownItem
from bot.ledger import queue
from bot.ledger.queue import LookUps, Scope
from bot.ledger.seats import Seat
from tests.unit.ledger.books import CLAIMS, NOON, SEAT, Books

SOON, LATER = NOON + timedelta(minutes=1), NOON + timedelta(hours=3)

ALL = Scope(SOON)


def _due(books: Books, number: int, state: State = State.UNKNOWN, **columns: object) -> int:
    """A claim that was sent, with a look-up due."""
    claim_id = books.one(number=number)
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(State.UNKNOWN, sent=Sent.MAYBE, due_at=NOON)
    books.put(claim_id, state, **columns)
    return claim_id


def _scope(books: Books, **asked: object) -> list[int]:
    told: dict[str, object] = {
        "payer": None,
        "limit": None,
        "claim_id": None,
        "look_ups_only": False,
        **asked,
    }
    return queue.scope(books.ledger, SOON, **told)  # type: ignore[arg-type]


def test_the_nearest_deadline_comes_first(books: Books) -> None:
    none, late, early, same = [
        books.queue(claim, deadline=deadline)[0]
        for claim, deadline in zip(
            CLAIMS,
            (None, date(2027, 3, 1), date(2026, 8, 1), date(2026, 8, 1)),
            strict=False,
        )
    ]
    order = [early, same, late, none]
    assert _scope(books) == order
    passed: set[int] = set()
    for expected in order:
        item = queue.next_claim(books.ledger, SEAT, ALL, SOON, passed)
        assert item is not None
        assert item.id == expected
        passed.add(item.id)
    assert queue.next_claim(books.ledger, SEAT, ALL, SOON, passed) is None


def test_only_what_waits_is_in_scope(books: Books) -> None:
    ids = {state: books.one(state, number) for number, state in enumerate(State)}
    assert _scope(books) == [ids[State.QUEUED]]
    due = _due(books, 0)
    assert set(_scope(books)) == {ids[State.QUEUED], due}
    books.put(due, State.UNKNOWN, due_at=LATER)
    assert _scope(books) == [ids[State.QUEUED]]


def test_a_run_may_be_narrowed(books: Books) -> None:
    first, second, third = books.queue(*CLAIMS[:3])
    [other] = books.queue(CLAIMS[3], payer="lakeshore")
    assert _scope(books, payer="lakeshore") == [other]
    assert _scope(books, claim_id=second) == [second]
    assert _scope(books, claim_id=second, payer="lakeshore") == []
    assert _scope(books, limit=2) == [first, second]
    assert _scope(books) == [first, second, third, other]


def test_follow_up_is_about_look_ups_that_are_due(books: Books) -> None:
    books.one()
    unknown = _due(books, 1)
    receipt = _due(books, 2, State.ACCEPTED, proof=Proof.RECEIPT)
    arrived = _due(books, 3, State.ACCEPTED, proof=Proof.BOTH)
    _due(books, 4, State.DISPUTED)
    _due(books, 5, due_at=LATER)
    assert _scope(books, look_ups_only=True) == [unknown, receipt, arrived]
    passed: list[int] = []
    for which, expected in (
        (LookUps.UNPROVED, unknown),
        (LookUps.UNPROVED, receipt),
        (LookUps.UNDECIDED, arrived),
    ):
        found = queue.next_look_up(books.ledger, SEAT, SOON, which, passed)
        assert found is not None
        item, armed = found
        assert armed is not None
        assert (item.id, armed.at) == (expected, NOON)
        passed.append(expected)
    assert queue.next_look_up(books.ledger, SEAT, SOON, LookUps.ALL, passed) is None


def test_when_a_payer_is_asked_next(books: Books) -> None:
    assert queue.first_due(books.ledger) is None
    _due(books, 0, State.ACCEPTED, proof=Proof.BOTH, status=Status.PAID, due_at=NOON)
    _due(books, 1, State.ACCEPTED, proof=Proof.BOTH, status=Status.PENDING, due_at=LATER)
    _due(books, 2, due_at=LATER + timedelta(days=1))
    books.put(books.one(number=3), State.QUEUED, due_at=NOON)
    assert queue.first_due(books.ledger) == LATER
    assert queue.first_due(books.ledger, "northstar") == LATER
    assert queue.first_due(books.ledger, "lakeshore") is None


def test_what_is_decided_is_not_looked_up(books: Books) -> None:
    claim_id = _due(books, 0, State.ACCEPTED, proof=Proof.BOTH)
    for status in Status:
        books.put(claim_id, State.ACCEPTED, status=status)
        assert bool(_scope(books, look_ups_only=True)) is (status not in DECIDED)
        # one that is not proved has to be, whatever a file of the payer's says of it
        books.put(claim_id, State.ACCEPTED, proof=Proof.RECEIPT)
        assert _scope(books, look_ups_only=True)
        books.put(claim_id, State.ACCEPTED, proof=Proof.BOTH)


def test_a_login_gets_its_own_claims(books: Books) -> None:
    [mine] = books.queue(CLAIMS[0])
    [theirs] = books.queue(CLAIMS[1], login="other")
    [elsewhere] = books.queue(CLAIMS[2], payer="lakeshore")
    ids = [mine, theirs, elsewhere]
    for payer, login, expected in (
        ("northstar", "main", mine),
        ("northstar", "other", theirs),
        ("lakeshore", "main", elsewhere),
    ):
        item = queue.next_claim(books.ledger, Seat(payer, login, 0, 1, "one"), ALL, SOON)
        assert item is not None
        assert item.id == expected
    assert queue.next_claim(books.ledger, Seat("northstar", "nobody", 0, 1, "one"), ALL, SOON) is None
    assert queue.logins(books.ledger, SOON, ids, None, LookUps.ALL) == [
        ("lakeshore", "main"),
        ("northstar", "main"),
        ("northstar", "other"),
    ]
    assert queue.logins(books.ledger, SOON, ids, "lakeshore", LookUps.ALL) == [("lakeshore", "main")]
    assert queue.logins(books.ledger, SOON, (), None, LookUps.ALL) == []


def test_a_login_with_a_look_up_due_has_work(books: Books) -> None:
    _due(books, 0)
    assert queue.logins(books.ledger, SOON, (), None, LookUps.ALL) == [("northstar", "main")]
    assert queue.logins(books.ledger, NOON - timedelta(days=1), (), None, LookUps.ALL) == []


def test_the_next_claim_is_found_by_index_however_many_wait(file_books: Books) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(
        file_books.database.engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3]))
    )
    queue.next_claim(file_books.ledger, SEAT, Scope(SOON, newest=9, patient=True), SOON)
    [(statement, values)] = [one for one in asked if one[0].startswith("SELECT claims")]
    with file_books.ledger.read() as connection:
        plan = " ".join(
            row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        )
    assert "USING INDEX ix_claims_queue" in plan
    assert "TEMP B-TREE" not in plan


def test_an_item_is_the_claim_as_it_stands(books: Books) -> None:
    [claim_id] = books.queue(CLAIMS[0])
    item = queue.claim(books.ledger, claim_id)
    assert (item.claim, item.account, item.rev, item.charge) == (
        CLAIMS[0],
        CLAIMS[0].account,
        0,
        CLAIMS[0].charge,
    )
    with pytest.raises(UnknownItem):
        queue.claim(books.ledger, 99)


def test_a_claim_that_was_passed_says_why_and_stays(books: Books) -> None:
    claim_id = books.one()
    item = books.item(claim_id)
    queue.failed(books.ledger, item, books.act("the portal is slow", who="payerbot"), None)
    row = books.row(claim_id)
    assert (row["state"], row["reason"], row["rev"]) == ("queued", "the portal is slow", 1)
    before = books.everything()
    queue.failed(books.ledger, item, books.act("again"), None)  # it has moved on since: left as it is
    assert books.everything() == before


def test_recover_leaves_everything_else_alone(books: Books) -> None:
    for number, state in enumerate(State):
        if state is not State.SUBMITTING:
            books.one(state, number)
    before = books.everything()
    assert queue.recover(books.ledger, SOON) == 0
    assert books.everything() == before
