"""Files that wait for a person before any claim of theirs is sent, and what becomes of them as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.claims.vocabulary import Sent, State
from bot.errors import Refused, UnknownItem
from bot.ledger import people
from bot.ledger.papers import NEEDED
from bot.ledger.schema import claims, files, task_claims, tasks
from bot.ledger.store import Act, Ledger, move, note
from bot.ledger.tasks import HELD, WITH_FILE, close_by_cause, release_cause


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file's claims."""

    #: Those that were asked about and moved.
    moved: int
    #: The others, by the state in which they stay.
    left: Mapping[State, int]


def release(ledger: Ledger, file_id: int, act: Act, *, by_lead: bool) -> Outcome:
    """Let a file's claims go, but for those that wait for something else too: these go on waiting for that.

    Raises `UnknownItem`, or `Refused` when the file waits for nobody, or for a lead and this is none.
    """
    with ledger.write() as connection:
        for row in _waiting(connection, file_id, by_lead=by_lead):
            reason = row.reason.replace(WITH_FILE, "").strip()
            if row.state != State.HELD:
                connection.execute(update(claims).where(claims.c.id == row.id).values(with_file=False))
                continue
            stays = row.letter == NEEDED or row.looks_like is not None or _asked(connection, row.id)
            after = State.HELD if stays else State.QUEUED
            move(
                connection, row.id, after, act, rev=row.rev, what="released", with_file=False,
                reason=reason if stays else "",
            )  # fmt: skip
        close_by_cause(connection, release_cause(file_id), act, act.why or "released")
        connection.execute(
            update(files).where(files.c.id == file_id).values(released_at=act.at, released_by=act.who)
        )
        note(connection, "file_released", act, file_id=file_id)
        return _outcome(connection, file_id, State.QUEUED)


def refuse(ledger: Ledger, file_id: int, *, by_lead: bool) -> None:
    """Raise what `release` would raise now, if anything: nobody is asked about what cannot be."""
    with ledger.read() as connection:
        _waiting(connection, file_id, by_lead=by_lead)


def withdraw(ledger: Ledger, file_id: int, act: Act) -> Outcome:
    """Give up those claims of a file that are not, and will not be, at the payer; the others stay where they are.

    Raises `UnknownItem`, or `Refused` when there is none of these.
    """
    with ledger.write() as connection:
        _file(connection, file_id)
        unsent = connection.execute(
            select(claims.c.id).where(
                claims.c.file_id == file_id,
                claims.c.state.in_((State.BLOCKED, State.HELD, State.QUEUED, State.REJECTED)),
                (claims.c.sent == Sent.NEVER) | (claims.c.state == State.REJECTED),
            )
        ).scalars()
        ids = list(unsent)
        if not ids:
            raise Refused(f"File {file_id} has no claim left that is not at the payer, and may not be there.")
        for claim_id in ids:
            people.withdraw_within(connection, claim_id, act)
        note(connection, "file_withdrawn", act, file_id=file_id)
        found = _outcome(connection, file_id, State.WITHDRAWN)
        return Outcome(len(ids), found.left)


def _file(connection: Connection, file_id: int) -> Any:
    row = connection.execute(select(files).where(files.c.id == file_id)).one_or_none()
    if row is None:
        raise UnknownItem(f"There is no file {file_id}.")
    return row


def _waiting(connection: Connection, file_id: int, *, by_lead: bool) -> Sequence[Row[Any]]:
    """The claims of a file that wait for its release."""
    file = _file(connection, file_id)
    if file.needs_release and not by_lead:
        raise Refused(f"File {file_id} waits for a billing lead: payerbot files release {file_id} --by NAME.")
    waiting = connection.execute(
        select(claims).where(claims.c.file_id == file_id, claims.c.with_file).order_by(claims.c.id)
    ).all()
    if not waiting:
        raise Refused(f"File {file_id} does not wait for a release.")
    return waiting


def _asked(connection: Connection, claim_id: int) -> bool:
    """Whether a person is asked something else about a claim."""
    return (
        connection.execute(
            select(tasks.c.id)
            .join(task_claims, task_claims.c.task_id == tasks.c.id)
            .where(
                task_claims.c.claim_id == claim_id,
                task_claims.c.done_at.is_(None),
                tasks.c.closed_at.is_(None),
                tasks.c.needs_answer,
                tasks.c.kind != HELD,
            )
            .limit(1)
        ).first()
        is not None
    )


def _outcome(connection: Connection, file_id: int, moved: State) -> Outcome:
    found = Counter(
        State(state)
        for state in connection.execute(select(claims.c.state).where(claims.c.file_id == file_id)).scalars()
    )
    return Outcome(found.pop(moved, 0), found)
