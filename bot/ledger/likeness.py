"""Claims for the same service: earlier ones that may stand at the payer, and the question which it is to be.

A claim that looks like a fix of such an earlier one is held until a person has answered, whatever else it waits
for; so is a correction beside another correction of the same claim.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from bot.claims.vocabulary import STANDING, Sent, State
from bot.ledger.schema import claims, events, likenesses
from bot.ledger.tasks import Need


def alike(connection: Connection, digests: Collection[str], *, but: int | None = None) -> Sequence[Any]:
    """Other claims for the same patient, payer, date and code, oldest first."""
    query = (
        select(claims.c.id, claims.c.state, claims.c.sent, claims.c.file_id)
        .join(likenesses, likenesses.c.claim_id == claims.c.id)
        .where(likenesses.c.digest.in_(sorted(digests)))
        .distinct()
        .order_by(claims.c.id)
    )
    if but is not None:
        query = query.where(claims.c.id != but)
    return connection.execute(query).all()


def first_open(rows: Sequence[Any]) -> int | None:
    """The first of them that is open, or was given up although it may have gone."""
    return next((row.id for row in rows if _may_stand_there(row)), None)


def corrections(
    connection: Connection, first: int | None, payer: str | None, number: str | None, *, but: int | None = None
) -> Sequence[Any]:
    """Claims that replace or void the same one, ours (`first`) or known by the payer's number for it alone: those
    that are at the payer, may be, or will go; oldest first."""
    query = select(claims).where(
        or_(
            claims.c.corrects == first if first is not None else false(),
            and_(claims.c.payer == payer, claims.c.corrects_number == number) if number else false(),
        ),
        claims.c.state.not_in((State.REJECTED, State.BLOCKED)),
        # given up although it may have gone, it may be there
        or_(claims.c.state != State.WITHDRAWN, and_(claims.c.sent != Sent.NEVER, ~was_sent_back())),
        # finished without a number, it was sent back and replaced
        or_(claims.c.state != State.CLOSED, claims.c.control_number.is_not(None)),
    )
    if but is not None:
        query = query.where(claims.c.id != but)
    return connection.execute(query.order_by(claims.c.id)).all()


def last_correction(
    connection: Connection, first: int | None, payer: str | None, number: str | None, *, but: int | None = None
) -> int | None:
    """The last of these, if there is one."""
    found = corrections(connection, first, payer, number, but=but)
    return found[-1].id if found else None


def was_sent_back() -> ColumnElement[bool]:
    """Of a withdrawn claim: the payer had sent it back before, so that nothing stands there."""
    query = select(events.c.id).where(events.c.claim_id == claims.c.id)
    return query.where(events.c.before == State.REJECTED, events.c.after == State.WITHDRAWN).exists()


def digests_of(connection: Connection, claim_id: int) -> Collection[str]:
    """The hashes by which a claim is recognised."""
    query = select(likenesses.c.digest).where(likenesses.c.claim_id == claim_id)
    return connection.execute(query).scalars().all()


def question(earlier: int) -> str:
    """What a person is asked about a claim."""
    return f"Looks like a fix of claim {earlier}: replace it, or send both?"


def need_of_answer(claim_id: int, account: str, earlier: int, payer: str | None) -> Need:
    """The task of the person who is to answer."""
    return Need(
        cause=f"looks-like:{earlier}:{claim_id}",
        kind="looks-like-a-fix",
        title=f"Account {account} looks like a fix of claim {earlier}",
        action=(
            "If both were done, release it. If it corrects the earlier one, withdraw it and queue a corrected "
            "claim (frequency 7) with the earlier number; if the earlier was never sent, withdraw that."
        ),
        payer=payer,
        needs_answer=True,
    )


def _may_stand_there(row: Any) -> bool:
    given_up = row.state == State.WITHDRAWN and row.sent != Sent.NEVER
    return given_up or (State(row.state) in STANDING and row.state != State.CLOSED)
