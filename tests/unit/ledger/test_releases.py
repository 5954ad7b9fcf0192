"""A file that waits is sent when a person lets it go, and by no other door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from bot.claims.model import Problem, Severity
from bot.claims.vocabulary import Sent, State
from bot.errors import Refused, UnknownItem
from bot.ledger import overrides, papers, people, releases, tasks, views
from bot.ledger.intake import queue_file
from bot.ledger.papers import NEEDED, SIGNED
from bot.ledger.schema import claims, events
from tests.unit.ledger.books import CLAIMS, Books, dearer, need


def _file(books: Books, *states: State, strict: bool = True) -> list[int]:
    """A file that waits, with claims in these states."""
    before = {row["id"] for row in views.claim_rows(books.ledger)}
    block = Problem(severity=Severity.BLOCK, rule="CCM-14", message="no copy")
    warn = Problem(severity=Severity.WARN, rule="UL-10", message="look")
    entries = [
        books.entry(CLAIMS[number], state, with_file=True, problems=(block if state is State.BLOCKED else warn,))
        for number, state in enumerate(states)
    ]
    queue_file(books.ledger, "june.837", "0" * 64, entries, books.act(), needs_release=strict)
    return [row["id"] for row in views.claim_rows(books.ledger) if row["id"] not in before]


def _kinds(books: Books) -> list[str]:
    return [task["kind"] for task in views.task_rows(books.ledger)]


def _balanced(books: Books) -> bool:
    return all(row["balanced"] for row in views.file_rows(books.ledger))


def test_a_file_waits_as_a_whole_and_goes_as_a_whole(books: Books) -> None:
    ids = _file(books, State.QUEUED, State.QUEUED, State.BLOCKED)
    assert [books.state(one) for one in ids] == [State.HELD, State.HELD, State.BLOCKED]
    assert _kinds(books) == ["held"]
    [warning] = views.file_warnings(books.ledger, 1)
    assert (warning["rule"], warning["claims"]) == ("UL-10", 2)
    outcome = releases.release(books.ledger, 1, books.act("seen", who="Dana"), by_lead=True)
    assert (outcome.moved, outcome.left) == (2, {State.BLOCKED: 1})
    assert [books.state(one) for one in ids] == [State.QUEUED, State.QUEUED, State.BLOCKED]
    assert [books.row(one)["reason"] for one in ids[:2]] == ["", ""]
    assert _kinds(books) == []
    [file] = views.file_rows(books.ledger)
    assert (file["released_by"], file["released_at"], file["balanced"]) == ("Dana", books.clock.now(), True)
    assert [row["why"] for row in books.rows(events) if row["what"] == "file_released"] == ["seen"]


def test_a_file_goes_once(books: Books) -> None:
    _file(books, State.QUEUED)
    releases.release(books.ledger, 1, books.act(), by_lead=True)
    before = books.everything()
    with pytest.raises(Refused, match="does not wait"):
        releases.release(books.ledger, 1, books.act(), by_lead=True)
    with pytest.raises(UnknownItem):
        releases.release(books.ledger, 9, books.act(), by_lead=True)
    assert books.everything() == before


DOORS: dict[str, Callable[[Books, int], object]] = {
    "nobody named": lambda b, _: releases.release(b.ledger, 1, b.act(), by_lead=False),
    "claims release": lambda b, one: people.release(b.ledger, [one], b.act()),
    "not there": lambda b, one: people.not_there(b.ledger, one, b.act()),
    "tasks done": lambda b, _: people.done(b.ledger, 1, "not-there", None, b.act()),
    "tasks done without a word": lambda b, _: people.done(b.ledger, 1, None, None, b.act()),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_other_door(books: Books, door: str) -> None:
    [claim_id] = _file(books, State.QUEUED)
    before = books.everything()
    with pytest.raises(Refused):
        DOORS[door](books, claim_id)
    assert books.everything() == before


def test_what_a_lead_sets_aside_waits_for_the_file(books: Books) -> None:
    [claim_id] = _file(books, State.BLOCKED)
    state = overrides.override(books.ledger, claim_id, "CCM-14", {"CCM-14"}, None, books.act("ok"))
    assert (state, books.state(claim_id), _kinds(books)) == (State.HELD, State.HELD, ["held"])
    releases.release(books.ledger, 1, books.act(), by_lead=True)
    assert books.state(claim_id) is State.QUEUED


def test_what_waits_for_something_else_too_goes_on_waiting(books: Books) -> None:
    first = books.queue(CLAIMS[1])[0]
    asked, free, lettered, fix = _file(books, State.QUEUED) + _file_of_three(books)
    with books.ledger.write() as connection:
        wanted = need(f"claim:{asked}", kind="at-the-payer", needs_answer=True)
        tasks.open_task(connection, wanted, [asked], books.act())
    releases.release(books.ledger, 2, books.act(), by_lead=True)
    releases.release(books.ledger, 3, books.act(), by_lead=True)
    assert [books.state(one) for one in (asked, free, lettered, fix)] == [
        State.HELD, State.QUEUED, State.HELD, State.HELD,
    ]  # fmt: skip
    assert books.row(lettered)["reason"] == "Letter needs Dr. Lee's signature."
    assert books.row(fix)["reason"] == f"Looks like a fix of claim {first}: replace it, or send both?"
    assert "held" not in _kinds(books)
    assert _balanced(books)


def _file_of_three(books: Books) -> list[int]:
    """A file with a claim that may go, one that needs a letter, and one that looks like a fix of claim 1's."""
    before = {row["id"] for row in views.claim_rows(books.ledger)}
    letter = "Letter needs Dr. Lee's signature."
    entries = [
        books.entry(CLAIMS[5], with_file=True),
        books.entry(CLAIMS[6], State.HELD, with_file=True, letter=NEEDED, reason=letter),
        books.entry(dearer(CLAIMS[1]), with_file=True),
    ]
    queue_file(books.ledger, "july.837", "1" * 64, entries, books.act(), needs_release=True)
    return [row["id"] for row in views.claim_rows(books.ledger) if row["id"] not in before]


def test_without_the_setting_anybody_lets_it_go_claim_by_claim_too(books: Books) -> None:
    one, two = _file(books, State.QUEUED, State.QUEUED, strict=False)
    people.release(books.ledger, [one], books.act())
    assert (books.state(one), books.state(two), _kinds(books)) == (State.QUEUED, State.HELD, ["held"])
    releases.release(books.ledger, 1, books.act(), by_lead=False)
    assert (books.state(two), _kinds(books)) == (State.QUEUED, [])


def test_withdrawn_is_only_what_is_not_and_will_not_be_at_the_payer(books: Books) -> None:
    ids = books.queue(*CLAIMS[:10])
    stands = (
        (State.QUEUED, Sent.NEVER), (State.HELD, Sent.NEVER), (State.BLOCKED, Sent.NEVER),
        (State.REJECTED, Sent.ONCE), (State.HELD, Sent.MAYBE), (State.SUBMITTING, Sent.MAYBE),
        (State.UNKNOWN, Sent.MAYBE),
        (State.RECEIVED, Sent.ONCE), (State.ACCEPTED, Sent.ONCE), (State.DISPUTED, Sent.ONCE),
    )  # fmt: skip
    for claim_id, (state, sent) in zip(ids, stands, strict=True):
        books.put(claim_id, state, sent=sent)
    outcome = releases.withdraw(books.ledger, 1, books.act("wrong month"))
    assert [books.state(one) for one in ids[:4]] == [State.WITHDRAWN] * 4
    assert [books.state(one) for one in ids[4:]] == [state for state, _ in stands[4:]]
    assert (outcome.moved, sum(outcome.left.values())) == (4, 6)
    assert _balanced(books)
    before = books.everything()
    with pytest.raises(Refused, match="no claim left"):
        releases.withdraw(books.ledger, 1, books.act())
    assert books.everything() == before


def test_a_signed_letter_waits_for_the_file(books: Books) -> None:
    _, lettered, _ = _file_of_three(books)
    with books.ledger.write() as connection:
        row = connection.execute(select(claims).where(claims.c.id == lettered)).one()
        assert papers.let_go(connection, row, books.act(), "letter_signed", letter=SIGNED) is State.HELD
    assert books.row(lettered)["reason"] == tasks.WITH_FILE
    releases.release(books.ledger, 1, books.act(), by_lead=True)
    assert books.state(lettered) is State.QUEUED
