"""A claim goes to its payer once more: as a new one where none stands there, or as the correction of the one that
does. What takes another's place does so in one transaction, so that never both are on their way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from bot.claims.vocabulary import State
from bot.errors import LostClaim, Refused
from bot.ledger import intake, people, tasks
from bot.ledger.intake import Entry, Queued
from bot.ledger.likeness import alike, digests_of, first_open, need_of_answer, question, was_sent_back
from bot.ledger.likeness import corrections as corrections_of
from bot.ledger.schema import claims
from bot.ledger.store import Act, Ledger, move, note
from bot.ledger.tasks import Need
from bot.ledger.views import Row


def copies(ledger: Ledger, first: int) -> Sequence[Any]:
    """The claims that wait for an answer whether they are fixes of this one, oldest first."""
    query = select(claims).where(claims.c.looks_like == first, claims.c.state == State.HELD).order_by(claims.c.id)
    with ledger.read() as connection:
        return connection.execute(query).all()


def sealed(ledger: Ledger, claim_id: int) -> Row:
    """A claim itself, and what its records say for it, both sealed; None where there is none."""
    query = select(claims.c.body, claims.c.support).where(claims.c.id == claim_id)
    with ledger.read() as connection:
        return dict(connection.execute(query).one()._mapping)


def sent_back(ledger: Ledger, claim_id: int) -> bool:
    """Whether a claim was withdrawn after the payer had sent it back."""
    with ledger.read() as connection:
        query = select(claims.c.id).where(claims.c.id == claim_id, was_sent_back())
        return connection.execute(query).first() is not None


def corrections(ledger: Ledger, first: Row) -> Sequence[Any]:
    """The claims that correct this one, and were neither given up nor sent back; oldest first."""
    with ledger.read() as connection:
        return _corrections(connection, first)


def release_copy(ledger: Ledger, first: Row, copy: int, act: Act) -> State:
    """Let the copy that waits take the place of a claim that does not stand at the payer; where the copy stands
    then: it goes on waiting where it looks like another open claim too. Raises `LostClaim` when the first has
    moved, `Refused` when the copy does not wait any more."""
    with ledger.write() as connection:
        _give_up(connection, first, copy, act)
        other = first_open(alike(connection, digests_of(connection, copy), but=copy))
        if other is None:
            people.release_within(connection, copy, act)
        else:
            _ask_about(connection, copy, first["id"], other, act)
        return State(connection.execute(select(claims.c.state).where(claims.c.id == copy)).scalar_one())


def put_in_place(
    ledger: Ledger,
    first: Row,
    entry: Entry,
    name: str,
    sha256: str,
    act: Act,
    *,
    as_new: bool,
    needs_release: bool,
    copy: Any | None = None,
) -> tuple[int, State]:
    """Queue a claim in the place of another (`as_new`), or as its correction; its number, and where it stands.

    `copy` waited to be asked about, and is given up for it. Raises `LostClaim` when the first or the copy has
    moved, `Refused` when the same is under way already; then nothing has changed.
    """
    with ledger.write() as connection:
        if copy is not None:
            why = Act(act.who, act.at, f"corrects claim {first['id']} under another number")
            people.withdraw_within(connection, copy.id, why, rev=copy.rev)
        if not as_new:
            _unmoved(connection, first)
            if open_ := _corrections(connection, first):
                raise Refused(f"Claim {open_[-1].id} corrects claim {first['id']} already: one at a time.")
            note(connection, "corrected", act, claim_id=first["id"])
        else:
            _give_up(connection, first, None, act)
        other = intake.standing(connection, entry)
        if other is not None:
            raise Refused(f"The same claim is under way already: it is claim {other.id}.")
        file_id = intake.new_file(connection, name, sha256, [entry], act, needs_release=needs_release)
        result = Queued(file_id)
        new = intake.put_in(ledger, connection, result, entry, act)
        intake.ask_for_release(connection, file_id, name, act, by_lead=needs_release)
        # what was to be done about the first is done by this
        told = Act(act.who, act.at, f"{'sent as new' if as_new else 'corrected'} by claim {new}")
        tasks.answered(connection, first["id"], (), told)
        return new, State(connection.execute(select(claims.c.state).where(claims.c.id == new)).scalar_one())


def ask(ledger: Ledger, first: Row, need: Need, act: Act) -> int:
    """Open the task of whoever corrects a claim that cannot be sent as a correction; its number."""
    with ledger.write() as connection:
        _unmoved(connection, first)
        task_id = tasks.open_task(connection, need, [first["id"]], act)
        told = Act(act.who, act.at, f"it is corrected: task {task_id}")
        tasks.answered(connection, first["id"], (need.cause,), told)
        return task_id


def _give_up(connection: Connection, first: Row, by: int | None, act: Act) -> None:
    """Finish a claim that does not stand at the payer, and free its place."""
    words = f"Sent as new by claim {by}." if by else "Sent as new."
    why = Act(act.who, act.at, act.why or words)
    move(
        connection,
        first["id"],
        State.CLOSED,
        why,
        rev=first["rev"],
        what="sent_as_new",
        stands=False,
        reason=words,
        due_at=None,
    )
    tasks.settle_claim(connection, first["id"], why)
    tasks.answered(connection, first["id"], (), why)


def _ask_about(connection: Connection, copy: int, first: int, other: int, act: Act) -> None:
    """A copy that waited to be asked about one claim is asked about another now."""
    row = connection.execute(select(claims).where(claims.c.id == copy)).one()
    if row.state != State.HELD or row.looks_like != first:
        raise LostClaim(f"Claim {copy} was changed by somebody else.")
    reason = row.reason.replace(question(first), question(other))
    move(connection, copy, State.HELD, act, rev=row.rev, what="answered", looks_like=other, reason=reason)
    tasks.settle_claim(connection, copy, act, kind="looks-like-a-fix")
    tasks.open_task(connection, need_of_answer(copy, row.account, other, row.payer), [copy], act)


def _unmoved(connection: Connection, first: Row) -> None:
    rev = connection.execute(select(claims.c.rev).where(claims.c.id == first["id"])).scalar_one()
    if rev != first["rev"]:
        raise LostClaim(f"Claim {first['id']} was changed by somebody else.")


def _corrections(connection: Connection, first: Row) -> Sequence[Any]:
    """Those beside which there is no other. What was given up although it may have gone is not among them: beside
    that, another waits for an answer."""
    found = corrections_of(connection, first["id"], first["payer"], first["control_number"])
    return [one for one in found if one.state != State.WITHDRAWN]
