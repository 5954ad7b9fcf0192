"""The ledger in numbers, on both kinds of database: the same as counting claims one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from bot.claims.vocabulary import DECIDED, Proof, Sent, State, Status
from bot.ledger import audit, figures, runs, views
from bot.ledger.figures import AGAINST, WAITING, Sending
from bot.ledger.store import Ledger, note
from bot.portal.evidence import EvidenceStore
from tests.bench import volume
from tests.unit.ledger.books import CLAIMS, NOON, Books


def test_standing_counts_every_claim_once(books: Books) -> None:
    for number, state in enumerate(State):
        claim_id = books.one(state, number)
        books.put(claim_id, state, status=list(Status)[number], paid=Decimal(number))
    rows = views.claim_rows(books.ledger)
    found = figures.standing(books.ledger)
    assert Counter({row["state"]: row["claims"] for row in found}) == Counter(row["state"] for row in rows)
    [total] = figures.total(books.ledger)
    assert total == {
        "claims": len(rows),
        "charge": sum(row["charge"] for row in rows),
        "paid": Decimal(sum(range(len(State)))),
    }
    assert {type(row["charge"]) for row in found} == {Decimal}
    assert sum(row["paid"] for row in found) == total["paid"]


def test_a_ledger_without_claims_has_figures(books: Books) -> None:
    assert figures.total(books.ledger)[0] == {"claims": 0, "charge": Decimal(0), "paid": Decimal(0)}
    assert figures.aging(books.ledger, NOON) == []
    assert figures.sent_since(books.ledger, NOON) == Sending(0, 0, 0)


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (0, "0-30"),
        (30, "0-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "91+"),
        (400, "91+"),
    ],
)
def test_ages_begin_and_end_where_they_say(books: Books, days: int, age: str) -> None:
    claim_id = books.one(State.ACCEPTED)
    books.put(claim_id, State.ACCEPTED, accepted_at=NOON - timedelta(days=days))
    [row] = figures.aging(books.ledger, NOON)
    assert (row["age"], row["what"], row["claims"]) == (age, WAITING, 1)


@pytest.mark.parametrize("status", Status)
def test_what_is_decided_against_us_ages_apart_and_what_is_paid_does_not(books: Books, status: Status) -> None:
    claim_id = books.one(State.ACCEPTED)
    books.put(claim_id, State.ACCEPTED, status=status, accepted_at=NOON)
    lost = status in figures.LOST
    expected = [] if status in DECIDED and not lost else [AGAINST if lost else WAITING]
    assert [row["what"] for row in figures.aging(books.ledger, NOON)] == expected


@pytest.mark.parametrize(
    ("state", "number", "status", "open_", "paid"),
    [
        (State.QUEUED, None, Status.NONE, ["against"], "64.00"),
        (State.ACCEPTED, "N2", Status.PENDING, ["waiting"], "64.00"),
        (State.ACCEPTED, "N2", Status.PAID, [], "100.00"),
        (State.CLOSED, "N2", Status.PAID, [], "100.00"),
        (State.CLOSED, None, Status.NONE, ["against"], "64.00"),
        (State.ACCEPTED, "N2", Status.UNPROCESSABLE, ["against", "against"], "64.00"),
    ],
)
def test_what_was_corrected_is_counted_once(
    books: Books, state: State, number: str | None, status: Status, open_: list[str], paid: str
) -> None:
    """As long as its correction does not stand, the first claim does."""
    first, second = books.one(State.ACCEPTED, 0), books.one(state, 1)
    books.put(first, State.ACCEPTED, status=Status.REVERSED, control_number="N1", paid=Decimal("64.00"))
    more = {"paid": Decimal("100.00")} if status is Status.PAID else {}
    books.put(second, state, status=status, control_number=number, corrects=first, **more)
    aging = figures.aging(books.ledger, books.clock.now())
    assert sorted(row["what"] for row in aging for _ in range(row["claims"])) == open_
    [total] = figures.total(books.ledger)
    assert total["paid"] == sum(row["paid"] for row in figures.standing(books.ledger)) == Decimal(paid)


def test_a_claim_corrected_twice_is_counted_once(books: Books) -> None:
    first, *later = (books.one(State.ACCEPTED, number) for number in range(3))
    books.put(first, State.ACCEPTED, status=Status.DENIED, control_number="N0")
    for number, claim_id in enumerate(later, start=1):
        books.put(claim_id, State.ACCEPTED, status=Status.DENIED, control_number=f"N{number}", corrects=first)
    assert [row["claims"] for row in figures.aging(books.ledger, books.clock.now())] == [1]


def test_a_claim_without_proof_ages_from_its_first_arm(books: Books) -> None:
    """It may have gone: the payer's clock may be running."""
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    books.clock.advance(40 * 86400)
    journal.record(State.UNKNOWN, sent=Sent.MAYBE)
    [row] = figures.aging(books.ledger, books.clock.now())
    assert row["age"] == "31-60"


def test_sent_is_what_left_and_confirmed_what_the_payer_showed_twice(books: Books) -> None:
    outcomes: list[tuple[State, dict[str, Any]]] = [
        (State.ACCEPTED, {"proof": Proof.BOTH, "control_number": "A1", "sent": Sent.ONCE}),
        (State.ACCEPTED, {"proof": Proof.RECEIPT, "control_number": "A2", "sent": Sent.ONCE}),
        (State.UNKNOWN, {"sent": Sent.MAYBE}),
        (State.QUEUED, {"sent": Sent.NEVER}),  # nothing left
    ]
    for number, (state, more) in enumerate(outcomes):
        journal = books.journal(books.one(number=number))
        journal.arm()
        journal.record(state, **more)
    assert figures.sent_since(books.ledger, NOON) == Sending(sent=3, accepted=2, confirmed=1)
    assert figures.sent_since(books.ledger, NOON + timedelta(seconds=1)) == Sending(0, 0, 0)


def test_learned_is_what_payers_said_since(books: Books) -> None:
    for number, (status, what, why) in enumerate(
        [
            (Status.PAID, "settled", ""),
            (Status.DENIED, "looked_up", "denied"),
            (Status.PAID, "looked_up", ""),  # nothing new
            (Status.PENDING, "looked_up", "not yet paid"),
        ]
    ):
        claim_id = books.one(State.ACCEPTED, number)
        books.put(claim_id, State.ACCEPTED, status=status, paid=Decimal("1.50"))
        with books.ledger.write() as connection:
            note(connection, what, books.act(why), claim_id=claim_id)
    found = figures.learned_since(books.ledger, NOON)
    assert {row["status"]: (row["claims"], row["paid"]) for row in found} == {
        "denied": (1, Decimal("1.50")),
        "paid": (1, Decimal("1.50")),
    }
    assert figures.learned_since(books.ledger, NOON + timedelta(seconds=1)) == []


def test_pressing_claims_are_those_still_here(books: Books) -> None:
    books.queue(CLAIMS[0], deadline=date(2026, 7, 3))
    books.queue(CLAIMS[1], deadline=date(2026, 7, 9))
    gone = books.queue(CLAIMS[2], deadline=date(2026, 7, 1))
    books.put(gone[0], State.ACCEPTED)
    assert [row["deadline"].day for row in figures.pressing(books.ledger, date(2026, 7, 8))] == [3]
    assert [row["claims"] for row in figures.before_the_payer(books.ledger)] == [2]


def test_a_run_is_remembered(books: Books) -> None:
    assert runs.last(books.ledger) is None
    run_id = runs.begin(books.ledger, runs.RUN, books.act(who="cron"), whole=True)
    runs.end(books.ledger, run_id, NOON + timedelta(minutes=1), {"accepted": 2})
    last = runs.last(books.ledger)
    assert last is not None
    assert (last.who, last.ended_at, last.failed, last.counts) == (
        "cron", NOON + timedelta(minutes=1), False, {"accepted": 2},
    )  # fmt: skip
    assert runs.at_work_since(books.ledger, NOON + timedelta(minutes=2)) == []


# Speed: asked as often for many claims as for few

QUESTIONS: dict[str, Callable[[Ledger], object]] = {
    "claims": views.claim_rows,
    "tasks": views.task_rows,
    "files": views.file_rows,
    "standing": figures.standing,
    "aging": lambda ledger: figures.aging(ledger, NOON),
    "sent": lambda ledger: figures.sent_since(ledger, NOON),
    "learned": lambda ledger: figures.learned_since(ledger, NOON),
    "still here": figures.before_the_payer,
}


def statements(books: Books, question: Callable[[Ledger], object]) -> int:
    """How many statements a question takes."""
    asked: list[str] = []

    def listen(*about: object) -> None:
        asked.append(str(about[2]))

    event.listen(books.database.engine, "before_cursor_execute", listen)
    try:
        question(books.ledger)
    finally:
        event.remove(books.database.engine, "before_cursor_execute", listen)
    return len(asked)


def test_no_question_is_asked_claim_by_claim(file_books: Books) -> None:
    few = {name: statements(file_books, question) for name, question in QUESTIONS.items()}
    volume.fill(file_books.ledger, 1_200, NOON)
    many = {name: statements(file_books, question) for name, question in QUESTIONS.items()}
    assert many == few
    assert max(many.values()) <= 4  # the two of a transaction among them
    assert len(views.task_rows(file_books.ledger)) == 24


# The audit


def counted(books: Books) -> dict[str, tuple[str, ...]]:
    """What the audit finds wrong."""
    store = EvidenceStore(books.folder, books.vault)
    return {check.what: check.faults for check in audit.audit(books.ledger, store) if check.faults}


def test_a_ledger_that_was_worked_with_adds_up(books: Books) -> None:
    for number, state in enumerate((State.ACCEPTED, State.UNKNOWN, State.REJECTED, State.QUEUED)):
        journal = books.journal(books.one(number=number))
        journal.arm()
        sent = {State.UNKNOWN: Sent.MAYBE, State.QUEUED: Sent.NEVER}.get(state, Sent.ONCE)
        number_given = "A1" if state is State.ACCEPTED else None
        journal.record(state, sent=sent, control_number=number_given)
    books.journal(books.one(number=5)).arm()
    assert counted(books) == {}


WRONGS: dict[str, tuple[str, str]] = {
    "a claim is gone": ("DELETE FROM claims WHERE id = 2", "every claim of every file"),
    "a line is gone": ("DELETE FROM lines WHERE claim_id = 1", "as many lines"),
    "a claim moved by itself": ("UPDATE claims SET state = 'held' WHERE id = 1", "its last event"),
    "a copy would be taken": ("UPDATE claims SET standing = NULL WHERE id = 1", "keeps its copies out"),
    "an attempt was left open": ("UPDATE attempts SET closed_at = NULL", "an attempt is open"),
    "an attempt is gone": ("DELETE FROM attempts", "an attempt is open"),
    "it says it was never sent": ("UPDATE claims SET sent = 'never'", "never left"),
    "the number is gone": ("UPDATE claims SET control_number = NULL", "no number is there twice"),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_what_does_not_add_up_is_named(file_books: Books, wrong: str) -> None:
    statement, what = WRONGS[wrong]
    accepted, _ = file_books.queue(*CLAIMS[:2])
    journal = file_books.journal(accepted)
    journal.arm()
    journal.accept("A1")
    assert counted(file_books) == {}
    with file_books.database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql(statement)
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.exec_driver_sql("BEGIN")
    assert any(what in check for check in counted(file_books))


def test_a_page_that_is_gone_or_changed_is_named(file_books: Books) -> None:
    store = EvidenceStore(file_books.folder, file_books.vault)
    kept = [store.keep_document(b"page", NOON) for _ in range(3)]
    journal = file_books.journal(file_books.one())
    journal.arm()
    journal.record(State.ACCEPTED, sent=Sent.ONCE, control_number="A1", evidence=tuple(kept))
    assert counted(file_books) == {}
    (file_books.folder / kept[0].path_name).unlink()
    file_books.vault.write(file_books.folder / kept[1].path_name, b"another page")
    [faults] = counted(file_books).values()
    assert [kept[0].path_name in faults[0], kept[1].path_name in faults[1], len(faults)] == [True, True, 2]
