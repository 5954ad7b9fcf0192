"""What waits: the claims in scope of a run, each login's next claim and its look-ups that are due."""

from __future__ import annotations

import json
from base64 import b32encode
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Flag, auto
from typing import Any

from sqlalchemy import ColumnElement, and_, func, nulls_last, or_, select

from bot.claims.vocabulary import DECIDED, Proof, Sent, State, Status
from bot.errors import LostClaim, UnknownItem
from bot.ledger import seats
from bot.ledger.journal import RETRY, UNSENT, Item
from bot.ledger.schema import QUEUE_ORDER, attempts, claims, pauses, sends
from bot.ledger.seats import Seat
from bot.ledger.store import BOT, Act, Ledger, move
from bot.ledger.tasks import Need, open_task
from bot.portal.adapter import SentAs


@dataclass(frozen=True, slots=True)
class Armed:
    """What the attempts at a claim that may have arrived left behind."""

    #: When the first was armed: nothing that the payer received before is ours.
    at: datetime
    #: When the last was: until some time after, "not there" means nothing.
    last: datetime
    sent_as: SentAs


class LookUps(Flag):
    """Which claims the payer is asked about."""

    #: Those of which it is not proved that they arrived.
    UNPROVED = auto()
    #: Those that arrived, and of which nothing is decided.
    UNDECIDED = auto()
    ALL = UNPROVED | UNDECIDED


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a payer, or one of its logins, does not work."""

    payer: str
    login: str | None
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Scope:
    """The claims that a run, or a shift, may send."""

    #: When it began: what failed since then is not tried again.
    begun: datetime
    #: These alone; none: all that wait for their turn.
    ids: Collection[int] | None = None
    #: The last claim there was when it began; none: those that come later, too.
    newest: int | None = None
    #: Whether what failed lately waits, as it does when nobody asked for it.
    patient: bool = False


def recover(ledger: Ledger, now: datetime) -> int:
    """Claims that were being sent by somebody who sits nowhere any more: they may have gone. How many there
    were."""
    act = Act(BOT, now, "payerbot stopped while this claim was being sent")
    with ledger.write() as connection:
        at_work = (
            select(attempts.c.claim_id)
            .join(sends, sends.c.id == attempts.c.send_id)
            .where(attempts.c.closed_at.is_(None), sends.c.owner.in_(seats.owners(now)))
        )
        found = connection.execute(
            select(claims.c.id, claims.c.rev).where(
                claims.c.state == State.SUBMITTING, claims.c.id.not_in(at_work)
            )
        ).all()
        for row in found:
            move(
                connection,
                row.id,
                State.UNKNOWN,
                act,
                rev=row.rev,
                what="recovered",
                reason="payerbot stopped while this claim was being sent.",
                due_at=now,
            )
    return len(found)


def scope(
    ledger: Ledger,
    now: datetime,
    payer: str | None,
    limit: int | None,
    claim_id: int | None,
    look_ups_only: bool,
) -> list[int]:
    """The claims a run is about, deadline first: those waiting for their turn and the unknown ones that are due,
    or all whose look-up is due."""
    to_send = or_(claims.c.state == State.QUEUED, and_(claims.c.state == State.UNKNOWN, claims.c.due_at <= now))
    query = (
        select(claims.c.id)
        .where(_look_up_due(now, LookUps.ALL) if look_ups_only else to_send)
        .order_by(nulls_last(claims.c.deadline), claims.c.id)
    )
    if payer is not None:
        query = query.where(claims.c.payer == payer)
    if claim_id is not None:
        query = query.where(claims.c.id == claim_id)
    if limit is not None:
        query = query.limit(limit)
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def logins(
    ledger: Ledger, now: datetime, ids: Collection[int] | None, payer: str | None, which: LookUps
) -> list[tuple[str, str]]:
    """The logins that have work: claims among `ids`, or look-ups due."""
    with ledger.read() as connection:
        query = select(claims.c.payer, claims.c.login).distinct().where(claims.c.login.is_not(None))
        if payer is not None:
            query = query.where(claims.c.payer == payer)
        due = {tuple(row) for row in connection.execute(query.where(_look_up_due(now, which)))}
        for some in _batches(list(ids or ())):
            due |= {tuple(row) for row in connection.execute(query.where(claims.c.id.in_(some)))}
    return sorted((str(payer_), str(login)) for payer_, login in due)


def has_work(ledger: Ledger, payer: str, login: str, now: datetime) -> bool:
    """Whether a login has work that nobody needs to ask for: a claim whose turn it is, or a look-up due."""
    mine = select(claims.c.id).where(claims.c.payer == payer, claims.c.login == login).limit(1)
    its_turn = and_(claims.c.state == State.QUEUED, or_(claims.c.due_at.is_(None), claims.c.due_at <= now))
    with ledger.read() as connection:
        return any(
            connection.execute(mine.where(which)).first() for which in (its_turn, _look_up_due(now, LookUps.ALL))
        )


def next_claim(
    ledger: Ledger, seat: Seat, scope: Scope, now: datetime, passed: Collection[int] = ()
) -> Item | None:
    """The next claim to send from this seat: in scope, not among those passed."""
    query = (
        select(claims)
        .where(
            claims.c.payer == seat.payer,
            claims.c.login == seat.login,
            claims.c.state == State.QUEUED,
            seat.minds(claims.c.id),
            or_(claims.c.failures == 0, claims.c.updated_at < scope.begun),
            claims.c.id.not_in(passed),
        )
        # those the portal keeps us from do not keep us from the others
        .order_by(*QUEUE_ORDER)
        .limit(1)
    )
    if scope.newest is not None:
        query = query.where(claims.c.id <= scope.newest)
    if scope.patient:
        query = query.where(or_(claims.c.due_at.is_(None), claims.c.due_at <= now))
    with ledger.read() as connection:
        for some in [None] if scope.ids is None else _batches(list(scope.ids)):
            among = query if some is None else query.where(claims.c.id.in_(some))
            row = connection.execute(among).first()
            if row is not None:
                return _item(ledger, row)
    return None


def next_look_up(
    ledger: Ledger, seat: Seat, now: datetime, which: LookUps, passed: Collection[int] = ()
) -> tuple[Item, Armed | None] | None:
    """The next claim that the payer must be asked about from this seat; it was armed unless a person entered it,
    or the ledger in which it was is gone."""
    with ledger.read() as connection:
        query = (
            select(claims)
            .where(
                claims.c.payer == seat.payer,
                claims.c.login == seat.login,
                seat.minds(claims.c.id),
                _look_up_due(now, which),
            )
            .order_by(claims.c.failures, claims.c.due_at, claims.c.id)
        )
        row = connection.execute(query.where(claims.c.id.not_in(passed)).limit(1)).first()
        if row is None:
            return None
        armed = connection.execute(
            select(sends.c.armed_at, attempts.c.sent_as)
            .join(attempts, attempts.c.send_id == sends.c.id)
            .where(attempts.c.claim_id == row.id, _may_have_arrived())
            .order_by(attempts.c.id)
        ).all()
    if not armed:
        return _item(ledger, row), None
    sent_as = SentAs(**json.loads(ledger.vault.decrypt(armed[0].sent_as)))
    times = [one.armed_at for one in armed]
    return _item(ledger, row), Armed(times[0], max(times), sent_as)


def first_due(ledger: Ledger, payer: str | None = None) -> datetime | None:
    """When a payer is to be asked about a claim next, if any is."""
    query = select(func.min(claims.c.due_at)).where(_asked_about(LookUps.ALL), claims.c.login.is_not(None))
    if payer is not None:
        query = query.where(claims.c.payer == payer)
    with ledger.read() as connection:
        first: datetime | None = connection.execute(query).scalar_one()
    return first


def claim(ledger: Ledger, claim_id: int) -> Item:
    """One claim as it stands. Raises `UnknownItem`."""
    with ledger.read() as connection:
        row = connection.execute(select(claims).where(claims.c.id == claim_id)).one_or_none()
    if row is None:
        raise UnknownItem(f"There is no claim {claim_id}.")
    return _item(ledger, row)


def recent(ledger: Ledger, payer: str, login: str, most: int) -> list[Item]:
    """The newest claims of a login, as far as they are more than what a person entered."""
    query = (
        select(claims)
        .where(claims.c.payer == payer, claims.c.login == login, claims.c.body.is_not(None))
        .order_by(claims.c.id.desc())
        .limit(most)
    )
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return [_item(ledger, row) for row in rows]


def pause_of(ledger: Ledger, payer: str, login: str) -> Pause | None:
    """What stops this login now, if anything."""
    with ledger.read() as connection:
        row = connection.execute(
            select(pauses)
            .where(
                pauses.c.payer == payer,
                or_(pauses.c.login.is_(None), pauses.c.login == login),
                pauses.c.lifted_at.is_(None),
            )
            .order_by(pauses.c.id)
            .limit(1)
        ).first()
    return Pause(row.payer, row.login, row.kind, row.why) if row else None


def paces(ledger: Ledger) -> dict[str, float]:
    """How many seconds a claim takes, by payer, as measured so far."""
    query = (
        select(sends.c.payer, func.avg(attempts.c.seconds).label("seconds"))
        .join(attempts, attempts.c.send_id == sends.c.id)
        .where(attempts.c.seconds.is_not(None))
        .group_by(sends.c.payer)
    )
    with ledger.read() as connection:
        return {row.payer: float(row.seconds) for row in connection.execute(query)}


def _may_have_arrived() -> ColumnElement[bool]:
    return or_(attempts.c.outcome.is_(None), attempts.c.outcome != UNSENT)


def _first_armed(ledger: Ledger, claim_id: int) -> datetime | None:
    with ledger.read() as connection:
        armed: datetime | None = connection.execute(
            select(sends.c.armed_at)
            .join(attempts, attempts.c.send_id == sends.c.id)
            .where(attempts.c.claim_id == claim_id, _may_have_arrived())
            .order_by(attempts.c.id)
            .limit(1)
        ).scalar_one_or_none()
    return armed


def _look_up_due(now: datetime, which: LookUps) -> ColumnElement[bool]:
    return and_(claims.c.due_at <= now, _asked_about(which))


def _asked_about(which: LookUps) -> ColumnElement[bool]:
    unproved = or_(
        claims.c.state.in_((State.UNKNOWN, State.RECEIVED)),
        and_(claims.c.state == State.ACCEPTED, claims.c.proof == Proof.RECEIPT),
    )
    undecided = and_(
        claims.c.state == State.ACCEPTED,
        claims.c.proof != Proof.RECEIPT,
        claims.c.status.not_in(DECIDED),
        # what a person entered and no form could hold cannot be asked for
        claims.c.body.is_not(None),
        claims.c.service_from.is_not(None),
    )
    wanted = [unproved] if LookUps.UNPROVED in which else []
    wanted += [undecided] if LookUps.UNDECIDED in which else []
    return or_(*wanted)


def _item(ledger: Ledger, row: Any) -> Item:
    return Item(
        id=row.id,
        rev=row.rev,
        state=State(row.state),
        account=row.account,
        drawn=b32encode(bytes.fromhex(ledger.vault.digest(f"{row.id} {row.fingerprint}")))[:16].decode(),
        claim=ledger.unseal(row.body),
        payer=row.payer,
        login=row.login,
        sent=Sent(row.sent),
        first_armed=_first_armed(ledger, row.id) if row.attempts else None,
        failures=row.failures,
        proof=Proof(row.proof),
        status=Status(row.status),
        control_number=row.control_number,
        tracking_number=row.tracking_number,
        charge=row.charge,
        service_from=row.service_from,
        service_to=row.service_to,
        deadline=row.deadline,
        answer_by=row.answer_by,
        accepted_at=row.accepted_at,
        payer_words=row.payer_words,
        payer_reasons=tuple(row.payer_reasons),
    )


def _batches(ids: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    """In pieces that fit a statement."""
    return [ids[at : at + size] for at in range(0, len(ids), size)]


def failed(ledger: Ledger, item: Item, act: Act, need: Need | None) -> None:
    """Note why a claim could not be worked this time: it stays where it is, later in the order, and with a task
    when this has gone on too long. A claim that moved meanwhile is left alone."""
    failures = item.failures + 1
    with ledger.write() as connection, suppress(LostClaim):
        changes: dict[str, Any] = {"failures": failures, "due_at": act.at + failures * RETRY}
        if item.state is State.QUEUED:
            changes["reason"] = act.why
        move(connection, item.id, item.state, act, rev=item.rev, what="passed", **changes)
        if need is not None:
            open_task(connection, need, [item.id], act)
