"""What people do with tasks short of ending them: take one, hand it on, put it off, note what they learned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, update

from bot.errors import Refused, UnknownItem
from bot.ledger.schema import task_claims, tasks
from bot.ledger.store import Act, Ledger, note

#: What the history of a task calls these acts.
ASSIGNED, SNOOZED, NOTED, SEEN = "task_assigned", "task_snoozed", "task_noted", "task_seen"


def assign(ledger: Ledger, task_ids: Sequence[int], owner: str | None, act: Act) -> None:
    """Give tasks to somebody, or to nobody: all of them, or none. Raises `UnknownItem` or `Refused`."""
    with ledger.write() as connection:
        for task_id in task_ids:
            before = _open(connection, task_id).owner
            connection.execute(update(tasks).where(tasks.c.id == task_id).values(owner=owner))
            note(connection, ASSIGNED, act, task_id=task_id, before=_short(before), after=_short(owner))


def snooze(ledger: Ledger, task_ids: Sequence[int], until: date, act: Act) -> None:
    """Put tasks off until a day: all of them, or none. Raises `UnknownItem` or `Refused`."""
    with ledger.write() as connection:
        for task_id in task_ids:
            _open(connection, task_id)
            connection.execute(update(tasks).where(tasks.c.id == task_id).values(snoozed_until=until))
            note(connection, SNOOZED, act, task_id=task_id, after=until.isoformat())


def remark(ledger: Ledger, task_ids: Sequence[int], act: Act) -> None:
    """Note what somebody learned, which is the act's why, with tasks: all of them, or none."""
    with ledger.write() as connection:
        for task_id in task_ids:
            _open(connection, task_id)
            note(connection, NOTED, act, task_id=task_id)


def seen(ledger: Ledger, task_id: int, act: Act) -> None:
    """Note that somebody has looked at a task, so that the next one knows. Raises `UnknownItem`."""
    with ledger.write() as connection:
        _there(connection, task_id)
        note(connection, SEEN, act, task_id=task_id)


def put_off(connection: Connection, task_id: int, claim_id: int, until: date) -> None:
    """Let one claim behind a task wait for the payer until a day."""
    mine = (task_claims.c.task_id == task_id, task_claims.c.claim_id == claim_id)
    connection.execute(update(task_claims).where(*mine).values(next_on=until))


def _there(connection: Connection, task_id: int) -> Any:
    row = connection.execute(select(tasks.c.owner, tasks.c.closed_at).where(tasks.c.id == task_id)).one_or_none()
    if row is None:
        raise UnknownItem(f"There is no task {task_id}.")
    return row


def _open(connection: Connection, task_id: int) -> Any:
    row = _there(connection, task_id)
    if row.closed_at is not None:
        raise Refused(f"Task {task_id} is closed already.")
    return row


def _short(name: str | None) -> str | None:
    """As much of a name as an event keeps."""
    return name[:32] if name else None
