"""Tasks are taken, handed on, put off and noted about, and none of that doubles or loses one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pytest

from bot.claims.vocabulary import State, Topic
from bot.errors import Refused, UnknownItem
from bot.ledger import chores, people, tasks, views
from bot.ledger.schema import tasks as task_table
from bot.ledger.tasks import Need
from tests.unit.ledger.books import NOON, Books, need

LATER = date(2026, 8, 1)


def _open(books: Books, wanted: Need, *claim_ids: int) -> int:
    with books.ledger.write() as connection:
        return tasks.open_task(connection, wanted, claim_ids, books.act(who="payerbot"))


def test_who_has_a_task_until_when_and_why_is_kept(books: Books) -> None:
    task_id = _open(books, need())
    chores.assign(books.ledger, [task_id], "Dana", books.act("she knows them"))
    chores.snooze(books.ledger, [task_id], LATER, books.act("they promised"))
    chores.remark(books.ledger, [task_id], books.act("left a message"))
    chores.seen(books.ledger, task_id, books.act(who="omar"))
    [task] = views.task_rows(books.ledger)
    assert (task["owner"], task["snoozed_until"]) == ("Dana", LATER)
    told = [
        (row["who"], row["what"], row["after"], row["why"]) for row in views.task_history(books.ledger, task_id)
    ]
    assert told == [
        ("payerbot", "task_opened", None, ""),
        ("ruth", "task_assigned", "Dana", "she knows them"),
        ("ruth", "task_snoozed", "2026-08-01", "they promised"),
        ("ruth", "task_noted", None, "left a message"),
        ("omar", "task_seen", None, ""),
    ]
    chores.assign(books.ledger, [task_id], None, books.act())
    assert views.task_rows(books.ledger)[0]["owner"] is None


@pytest.mark.parametrize("what", ["assign", "snooze", "remark"])
def test_all_of_them_or_none(books: Books, what: str) -> None:
    first, closed = _open(books, need("one")), _open(books, need("two"))
    people.done(books.ledger, closed, None, None, books.act())
    deed: Callable[[Sequence[int]], None] = {
        "assign": lambda ids: chores.assign(books.ledger, ids, "Dana", books.act()),
        "snooze": lambda ids: chores.snooze(books.ledger, ids, LATER, books.act()),
        "remark": lambda ids: chores.remark(books.ledger, ids, books.act("x")),
    }[what]
    before = books.everything()
    for second, error in ((closed, Refused), (99, UnknownItem)):
        with pytest.raises(error):
            deed([first, second])
        assert books.everything() == before


def test_the_same_said_again_changes_a_task_that_somebody_has_and_opens_none(books: Books) -> None:
    """A look-up finds the claim where it was: the task that Dana put off says how that stands now."""
    claim_id = books.one(State.ACCEPTED)
    first = _open(books, need("overdue:1", kind=tasks.OVERDUE, topic=Topic.PENDING, title="30 days"), claim_id)
    chores.assign(books.ledger, [first], "Dana", books.act())
    chores.snooze(books.ledger, [first], LATER, books.act())
    assert (
        _open(books, need("overdue:1", kind=tasks.OVERDUE, title="45 days", topic=Topic.PENDING), claim_id)
        == first
    )
    [task] = views.task_rows(books.ledger)
    assert (task["title"], task["owner"], task["snoozed_until"]) == ("45 days", "Dana", LATER)
    assert (task["round"], task["topic"]) == (1, "pending")


def test_a_claim_that_joins_brings_a_task_back(books: Books) -> None:
    """It was put off for what was known then."""
    one, two = books.one(State.ACCEPTED), books.one(State.ACCEPTED, number=1)
    task_id = _open(books, need("denied:x", kind="denied"), one)
    chores.snooze(books.ledger, [task_id], LATER, books.act())
    assert _open(books, need("denied:x", kind="denied"), two) == task_id
    assert views.task_rows(books.ledger)[0]["snoozed_until"] is None


def test_each_time_a_cause_comes_back_is_a_round_of_its_own(books: Books) -> None:
    for round_ in (1, 2, 3):
        task_id = _open(books, need("again"))
        assert [row["round"] for row in views.task_rows(books.ledger)] == [round_]
        people.done(books.ledger, task_id, None, None, books.act())
    assert sorted(row["round"] for row in books.rows(task_table)) == [1, 2, 3]
    _open(books, need("again", kind="other"))
    assert [row["round"] for row in views.task_rows(books.ledger)] == [1]


def test_several_tasks_close_together_or_not_at_all(books: Books) -> None:
    free, bound = _open(books, need("one")), _open(books, need("two", needs_answer=True), books.one(State.HELD))
    before = books.everything()
    with pytest.raises(Refused):
        people.done_together(books.ledger, [free, bound], None, None, books.act("done"))
    assert books.everything() == before
    people.done_together(books.ledger, [free, bound, free], "withdrawn", None, books.act("done"))
    assert views.task_rows(books.ledger) == []
    assert {row["closed_at"] for row in books.rows(task_table)} == {NOON}


def test_two_tasks_about_one_claim_close_with_one_answer(books: Books) -> None:
    claim_id = books.one(State.HELD)
    both = [_open(books, need(cause, needs_answer=True), claim_id) for cause in ("one", "two")]
    people.done_together(books.ledger, both, "withdrawn", None, books.act())
    assert (books.state(claim_id), views.task_rows(books.ledger)) == (State.WITHDRAWN, [])
