"""One cause, one task, closed by what resolves it, and never in silence."""

from __future__ import annotations

import pytest

from bot.claims.vocabulary import State
from bot.errors import Actor, Refused, UnknownItem
from bot.ledger import people, queue, tasks, views
from bot.ledger.schema import events, task_claims
from bot.ledger.schema import tasks as task_table
from bot.ledger.tasks import Need
from tests.unit.ledger.books import NOON, Books, need

NUMBER = "20261820000000001"


def _open(books: Books, wanted: Need, *claim_ids: int) -> int:
    with books.ledger.write() as connection:
        return tasks.open_task(connection, wanted, claim_ids, books.act(who="payerbot"))


def _unknown(books: Books, number: int = 0) -> int:
    claim_id = books.one(number=number)
    books.journal(claim_id).arm()
    queue.recover(books.ledger, books.clock.now())
    return claim_id


def test_one_cause_is_one_task_and_claims_join_it(books: Books) -> None:
    ids = [books.one(State.HELD, number) for number in range(3)]
    first = _open(books, need("one", title="first"), ids[0])
    assert _open(books, need("one", title="again"), ids[0], ids[1]) == first
    assert _open(books, need("one"), ids[2]) == first
    [task] = views.task_rows(books.ledger)
    assert (task["title"], [one["id"] for one in task["claims"]]) == ("first", ids)
    assert len(books.rows(task_claims)) == 3
    assert _open(books, need("two")) != first


def test_a_cause_of_which_something_else_is_the_matter_opens_another_task(books: Books) -> None:
    claim_id = books.one(State.RECEIVED)
    first = _open(books, need("one", kind="received"), claim_id)
    assert [one["id"] for one in views.task_rows(books.ledger)[0]["claims"]] == [claim_id]
    books.put(claim_id, State.REJECTED)
    second = _open(books, need("one", kind="rejected", title="sent back"), claim_id)
    assert first != second
    [task] = views.task_rows(books.ledger)
    assert (task["id"], task["title"], [one["id"] for one in task["claims"]]) == (second, "sent back", [claim_id])


def test_a_task_says_what_who_and_when(books: Books) -> None:
    _open(books, need(kind="disputed", payer="northstar", login="main", actor=Actor.LEAD, needs_answer=True))
    [task] = views.task_rows(books.ledger)
    assert {key: task[key] for key in ("kind", "payer", "login", "actor", "opened_at", "needs_answer")} == {
        "kind": "disputed",
        "payer": "northstar",
        "login": "main",
        "actor": "lead",
        "opened_at": NOON,
        "needs_answer": True,
    }
    assert [(row["what"], row["task_id"]) for row in books.rows(events)] == [("task_opened", task["id"])]


def test_a_cause_that_comes_back_opens_another_task(books: Books) -> None:
    first = _open(books, need())
    people.done(books.ledger, first, None, None, books.act())
    second = _open(books, need())
    assert second != first
    assert [row["id"] for row in views.task_rows(books.ledger)] == [second]
    assert [row["id"] for row in views.task_rows(books.ledger, every=True)] == [first, second]


def test_a_task_closes_when_the_last_of_its_claims_moved_on(books: Books) -> None:
    ids = [books.one(State.HELD, number) for number in range(2)]
    _open(books, need(), *ids)
    people.release(books.ledger, [ids[0]], books.act())
    assert len(views.task_rows(books.ledger)) == 1
    people.withdraw(books.ledger, [ids[1]], books.act("not ours"))
    assert views.task_rows(books.ledger) == []
    [task] = books.rows(task_table)
    assert (task["closed_by"], task["answer"], task["open_cause"]) == ("ruth", "not ours", None)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.HELD])
def test_a_task_that_needs_an_answer_does_not_close_without_one(books: Books, state: State) -> None:
    claim_id = _unknown(books) if state is State.UNKNOWN else books.one(state)
    task_id = _open(books, need(needs_answer=True), claim_id)
    before = books.everything()
    for answer in (None, "", "looked"):
        with pytest.raises(Refused):
            people.done(books.ledger, task_id, answer, None, books.act("done"))
    assert books.everything() == before


def test_entered_by_hand_needs_one_claim_and_its_number(books: Books) -> None:
    ids = [_unknown(books), _unknown(books, 1)]
    one, both = _open(books, need("one", needs_answer=True), ids[0]), _open(books, need("both"), *ids)
    before = books.everything()
    with pytest.raises(Refused, match="number"):
        people.done(books.ledger, one, "entered-by-hand", None, books.act())
    with pytest.raises(Refused, match="one claim"):
        people.done(books.ledger, both, "entered-by-hand", NUMBER, books.act())
    assert books.everything() == before
    people.done(books.ledger, one, "entered-by-hand", NUMBER, books.act())
    assert (books.state(ids[0]), books.row(ids[0])["control_number"]) == (State.ACCEPTED, NUMBER)
    assert [row["id"] for row in views.task_rows(books.ledger)] == [both]


@pytest.mark.parametrize(("answer", "after"), [("not-there", State.QUEUED), ("withdrawn", State.WITHDRAWN)])
def test_an_answer_is_for_every_claim_behind_the_task(books: Books, answer: str, after: State) -> None:
    ids = [_unknown(books), _unknown(books, 1)]
    task_id = _open(books, need(needs_answer=True), *ids)
    people.done(books.ledger, task_id, answer, None, books.act("called them"))
    assert [books.state(claim_id) for claim_id in ids] == [after, after]
    assert views.task_rows(books.ledger) == []


@pytest.mark.parametrize("why", ["", "called them"])
def test_a_closed_task_keeps_its_answer_and_closes_once(books: Books, why: str) -> None:
    task_id = _open(books, need(needs_answer=True), _unknown(books))
    people.done(books.ledger, task_id, "not-there", None, books.act(why))
    [task] = books.rows(task_table)
    closings = [row for row in books.rows(events) if row["what"] == "task_closed"]
    assert len(closings) == 1
    assert (task["answer"], task["closed_by"], task["closed_at"]) == ("not-there", "ruth", NOON)


def test_an_answer_that_one_claim_refuses_changes_none(books: Books) -> None:
    """`Refused` ends with exit code 2, and that says: nothing changed."""
    ids = [_unknown(books), books.one(State.DISPUTED, number=1)]
    task_id = _open(books, need(needs_answer=True), *ids)
    before = books.everything()
    with pytest.raises(Refused):
        people.done(books.ledger, task_id, "not-there", None, books.act())
    assert books.everything() == before


def test_a_claim_sent_twice_can_be_answered_as_not_there(books: Books) -> None:
    """A task that needs an answer takes each of the three, whatever state its claim waits in."""
    claim_id = books.one(State.HELD)
    task_id = _open(books, need(kind="sent-twice", needs_answer=True), claim_id)
    people.done(books.ledger, task_id, "not-there", None, books.act())
    assert books.state(claim_id) is State.QUEUED
    assert views.task_rows(books.ledger) == []


def test_a_task_whose_claims_have_moved_on_needs_no_answer(books: Books) -> None:
    claim_id = books.one(State.QUEUED)
    task_id = _open(books, need(needs_answer=True), claim_id)
    people.done(books.ledger, task_id, None, None, books.act("seen"))
    [task] = books.rows(task_table)
    assert (task["answer"], books.state(claim_id)) == ("seen", State.QUEUED)


def test_a_task_closes_once(books: Books) -> None:
    task_id = _open(books, need())
    people.done(books.ledger, task_id, None, None, books.act())
    with pytest.raises(Refused, match="closed already"):
        people.done(books.ledger, task_id, None, None, books.act())
    with pytest.raises(UnknownItem):
        people.done(books.ledger, 99, None, None, books.act())


def test_close_by_cause(books: Books) -> None:
    _open(books, need("one"))
    _open(books, need("two"))
    with books.ledger.write() as connection:
        tasks.close_by_cause(connection, "one", books.act(), "over")
        tasks.close_by_cause(connection, "nothing", books.act(), "over")
    assert [row["cause"] for row in views.task_rows(books.ledger)] == ["two"]


def test_open_tasks_are_counted_once_for_their_claims_or_their_payer(books: Books) -> None:
    ids = [books.one(State.HELD, number) for number in range(3)]
    _open(books, need("one", payer="northstar"), *ids[:2])
    _open(books, need("two", payer="northstar"), ids[2])
    _open(books, need("three", payer="northstar"))
    _open(books, need("four", payer="lakeshore"))
    count = views.open_tasks_about
    assert count(books.ledger, ids[:2], ()) == 1
    assert count(books.ledger, ids[:1], {"northstar"}) == 2
    assert count(books.ledger, (), {"lakeshore"}) == 1
    assert count(books.ledger, (), ()) == 0
