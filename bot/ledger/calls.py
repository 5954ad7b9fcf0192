"""What payers say on the telephone: kept with the claim, and noted with the tasks behind which it waits.

It is the payer's word to a person, and no proof: it moves no claim and gives none a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from bot.claims.vocabulary import DECIDED, Sent, State, Status
from bot.errors import Refused, UnknownItem
from bot.ledger.chores import NOTED, put_off
from bot.ledger.schema import calls, claims, task_claims, tasks
from bot.ledger.store import Act, Ledger, note
from bot.ledger.tasks import close_if_nothing_waits

#: Nothing of it has left.
_HERE = frozenset({State.BLOCKED, State.HELD, State.QUEUED, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one claim in one call."""

    claim_id: int
    said: str
    #: Where it stands by that.
    status: Status | None = None
    #: The payer's number for the call, and the name of whoever answered it.
    reference: str | None = None
    name: str | None = None
    promised_on: date | None = None
    #: When it is followed up next; none: nobody waits for anything any more.
    next_on: date | None = None
    #: The number under which the payer says that it has the claim.
    control_number: str | None = None
    minutes_on_hold: int | None = None


def record(ledger: Ledger, told: Sequence[tuple[Told, datetime | None]], act: Act) -> None:
    """Keep what was told in calls: all of it, or nothing.

    A claim of which nothing is decided is looked up at the time that comes with it, at the latest; one that may
    have gone, and has a number now, at once. Raises `UnknownItem`, or `Refused` when a task behind
    which a claim waits needs another answer.
    """
    with ledger.write() as connection:
        for one, look_up_at in told:
            row = connection.execute(
                select(claims.c.state, claims.c.status, claims.c.due_at, claims.c.sent).where(
                    claims.c.id == one.claim_id
                )
            ).one_or_none()
            if row is None:
                raise UnknownItem(f"There is no claim {one.claim_id}.")
            if row.sent == Sent.NEVER and row.state in _HERE:
                raise Refused(f"Claim {one.claim_id} was never sent: no payer can say anything of it.")
            values = {field.name: getattr(one, field.name) for field in fields(one)}
            connection.execute(insert(calls).values(at=act.at, who=act.who, **values))
            said = Act(act.who, act.at, one.said)
            note(connection, "called", said, claim_id=one.claim_id)
            due = row.due_at
            if one.control_number and row.state in (State.UNKNOWN, State.RECEIVED):
                due = act.at
            elif look_up_at and due and row.state == State.ACCEPTED and row.status not in DECIDED:
                due = min(due, look_up_at)
            connection.execute(update(claims).where(claims.c.id == one.claim_id).values(due_at=due))
            _tell_tasks(connection, one, said)


def _tell_tasks(connection: Connection, one: Told, act: Act) -> None:
    """Note the call with the open tasks behind which the claim waits, and put it off there, or end it."""
    waiting = connection.execute(
        select(tasks.c.id, tasks.c.needs_answer)
        .join(task_claims, task_claims.c.task_id == tasks.c.id)
        .where(
            task_claims.c.claim_id == one.claim_id,
            task_claims.c.done_at.is_(None),
            tasks.c.closed_at.is_(None),
        )
    ).all()
    for task in waiting:
        note(connection, NOTED, act, task_id=task.id)
        if one.next_on is not None:
            put_off(connection, task.id, one.claim_id, one.next_on)
        elif task.needs_answer:
            raise Refused(
                f"Task {task.id} about claim {one.claim_id} needs an answer: payerbot tasks done {task.id}."
            )
        else:
            connection.execute(
                update(task_claims)
                .where(task_claims.c.task_id == task.id, task_claims.c.claim_id == one.claim_id)
                .values(done_at=act.at)
            )
            close_if_nothing_waits(connection, task.id, act)
