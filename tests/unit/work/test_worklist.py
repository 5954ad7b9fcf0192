"""The list of what needs a person: its order, what is put off, and the deadlines of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from bot.claims.vocabulary import State, Status
from bot.errors import Refused
from bot.ledger import chores, tasks
from bot.ledger.journal import ClaimJournal
from bot.ledger.schema import task_claims
from bot.portal.adapter import FoundClaim
from bot.portal.submission import Outcome
from bot.work import worklist
from bot.work.deadlines import About, deadlines_of
from bot.work.follow_up import follow_up
from bot.work.payers import Office, Payer, Policy, find_adapters, policy_of
from bot.work.worklist import Channel, Wanted
from tests.unit.ledger.books import CLAIMS, NOON, Books, need

TODAY = NOON.date()
ADAPTER = find_adapters()["northstar"]
NORTHSTAR = Payer(ADAPTER("http://127.0.0.2:9"), policy_of(ADAPTER), (), timedelta(0))
OFFICE = Office([NORTHSTAR])


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def _task(books: Books, number: int, *, kind: str = "denied", payer: str = "northstar", **claim: Any) -> int:
    """A task about one claim, the columns of which are as they are given."""
    [claim_id] = books.queue(CLAIMS[number])
    books.put(claim_id, State.ACCEPTED, **{"status": Status.DENIED, **claim})
    wanted = need(f"{kind}:{number}", kind=kind, payer=payer)
    with books.ledger.write() as connection:
        return tasks.open_task(connection, wanted, [claim_id], books.act())


def _ids(books: Books, wanted: Wanted | None = None, today: date = TODAY) -> list[int]:
    return [one.id for one in worklist.worklist(OFFICE, books.ledger, today, wanted)]


def test_nearest_deadline_first_then_most_money(books: Books) -> None:
    none, poor, rich, near = (
        _task(books, 0, status=Status.PENDING),
        _task(books, 1, decided_on=day(-10), charge=Decimal("10.00")),
        _task(books, 2, decided_on=day(-10), charge=Decimal("99.00")),
        _task(books, 3, decided_on=day(-50)),
    )
    assert _ids(books) == [near, rich, poor, none]


def test_an_appeal_runs_from_the_decision_and_says_where_that_is_written(books: Books) -> None:
    task_id = _task(books, 0, decided_on=day(-10))
    one = worklist.task(OFFICE, books.ledger, task_id, TODAY)
    assert one.deadline is not None
    assert (one.deadline.about, one.deadline.on, one.deadline.known) == (About.APPEAL, day(50), True)
    assert "chapter 11" in one.deadline.source
    assert one.document()["deadline"]["on"] == day(50)


def test_what_nobody_has_written_down_is_assumed_and_said(books: Books) -> None:
    payer = Payer(NORTHSTAR.adapter, Policy(), (), timedelta(0))
    row = {"state": "accepted", "status": "denied", "decided_on": TODAY, "deadline": day(1), "answer_by": None}
    [last] = deadlines_of(row, payer, TODAY)
    assert (last.on, last.known) == (day(30), False)


@pytest.mark.parametrize(
    ("state", "status", "about"),
    [
        (State.QUEUED, Status.NONE, [About.FILING]),
        (State.REJECTED, Status.NONE, [About.FILING]),
        (State.UNKNOWN, Status.NONE, [About.FILING]),
        (State.ACCEPTED, Status.PENDING, []),
        (State.ACCEPTED, Status.INFO_REQUESTED, [About.ANSWER]),
        (State.ACCEPTED, Status.DENIED, [About.APPEAL]),
        (State.ACCEPTED, Status.PAID_PART, [About.APPEAL]),
        (State.ACCEPTED, Status.PAID, []),
        # no appeal, and the time to file runs on
        (State.ACCEPTED, Status.UNPROCESSABLE, [About.FILING]),
    ],
)
def test_only_what_still_counts_is_a_deadline(state: State, status: Status, about: list[About]) -> None:
    row = {"state": state, "status": status, "decided_on": TODAY, "deadline": day(9), "answer_by": day(5)}
    assert [last.about for last in deadlines_of(row, NORTHSTAR, TODAY)] == about


def test_a_last_day_that_has_passed_is_told_as_such() -> None:
    row = {"state": "queued", "status": "none", "decided_on": None, "deadline": TODAY, "answer_by": None}
    [today], [over] = (deadlines_of(row, NORTHSTAR, one) for one in (TODAY, day(1)))
    assert (today.passed, over.passed) == (False, True)
    assert today.words.startswith(f"last day to file it: {TODAY} (Northstar")
    assert over.words.startswith(f"the last day to file it was {TODAY} (Northstar")


def test_put_off_is_out_of_the_list_until_its_day(books: Books) -> None:
    task_id = _task(books, 0)
    worklist.snooze(OFFICE, books.ledger, [task_id], day(3), books.act())
    assert _ids(books) == []
    assert _ids(books, Wanted(snoozed=True)) == [task_id]
    assert _ids(books, today=day(3)) == [task_id]


def test_nothing_is_put_off_past_its_deadline(books: Books) -> None:
    free, bound = _task(books, 0), _task(books, 1, decided_on=day(-50))
    before = books.everything()
    for until in (day(11), day(0), day(-1)):
        with pytest.raises(Refused):
            worklist.snooze(OFFICE, books.ledger, [free, bound], until, books.act())
    assert books.everything() == before
    worklist.snooze(OFFICE, books.ledger, [free, bound], day(10), books.act())
    assert _ids(books) == []


def test_a_deadline_that_comes_nearer_brings_a_task_back(books: Books) -> None:
    task_id = _task(books, 0)
    worklist.snooze(OFFICE, books.ledger, [task_id], day(30), books.act())
    books.put(1, State.ACCEPTED, status=Status.INFO_REQUESTED, answer_by=day(7))
    assert _ids(books) == [task_id]


def test_a_task_waits_for_the_payer_only_when_all_its_claims_do(books: Books) -> None:
    ids = books.queue(*CLAIMS[:2])
    for claim_id in ids:
        books.put(claim_id, State.ACCEPTED, status=Status.DENIED)
    with books.ledger.write() as connection:
        task_id = tasks.open_task(connection, need("denied:1", kind="denied"), ids, books.act())
        chores.put_off(connection, task_id, ids[0], day(5))
    assert _ids(books) == [task_id]
    with books.ledger.write() as connection:
        connection.execute(update(task_claims).values(next_on=day(5)))
    assert (_ids(books), _ids(books, today=day(5))) == ([], [task_id])


def test_each_filter(books: Books) -> None:
    dear = _task(books, 0, charge=Decimal("500.00"), decided_on=day(-55))
    cheap = _task(books, 1, kind="overdue", charge=Decimal("5.00"), status=Status.PENDING)
    other = _task(books, 2, payer="lakeshore", charge=Decimal("50.00"), decided_on=day(-1))
    chores.assign(books.ledger, [dear], "Dana Price", books.act())
    assert _ids(books, Wanted(payer="lakeshore")) == [other]
    assert _ids(books, Wanted(owner="dana price")) == [dear]
    assert set(_ids(books, Wanted(owner=""))) == {cheap, other}
    assert _ids(books, Wanted(kind="overdue")) == [cheap]
    assert _ids(books, Wanted(amount_over=Decimal(50))) == [dear]
    # due when opened, but where a deadline leaves time
    assert _ids(books, Wanted(due=TODAY)) == [dear, cheap]
    assert set(_ids(books, Wanted(due=day(60)))) == {dear, cheap, other}


def test_where_a_task_is_done(books: Books) -> None:
    call = need("a", kind="received", topic="no_verdict")
    with books.ledger.write() as connection:
        for wanted in (call, need("b", kind="papers"), need("c", kind="fix-claims"), need("d", kind="unknown")):
            tasks.open_task(connection, wanted, [], books.act())
    found = [one.channel for one in worklist.worklist(OFFICE, books.ledger, TODAY)]
    assert found == [Channel.CALL, Channel.FAX, Channel.OFFICE, Channel.PORTAL]


def test_a_denial_has_its_task_before_the_time_to_appeal_is_over(books: Books) -> None:
    """From the look-up that shows it."""
    [claim_id] = books.queue(CLAIMS[0])
    journal = books.journal(claim_id)
    journal.arm()
    journal.accept("20261820000000001")
    books.clock.advance(40 * 86400)
    item = books.item(claim_id)
    shown = FoundClaim(item.control_number, None, None, None, None, None, None, "Denied", reasons=("CO-50",))
    outcome = Outcome(State.ACCEPTED, status=Status.DENIED, sent=item.sent, proof=item.proof, shown=shown)
    outcome = replace(outcome, control_number=item.control_number)
    outcome, said = follow_up(item, outcome, NORTHSTAR, books.clock.now())
    books.run(ClaimJournal(books.ledger, item, "one", books.clock).record(outcome, None, said))
    now = books.clock.now().date()
    assert books.row(claim_id)["decided_on"] == now
    [one] = worklist.worklist(OFFICE, books.ledger, now)
    assert one.deadline is not None
    assert (one.deadline.about, one.deadline.on) == (About.APPEAL, now + timedelta(days=60))
    assert now < one.due < one.deadline.on
