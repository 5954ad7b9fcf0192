"""The ledger in numbers: claims and money by where they stand, counted by the database and never one by one.

Each function asks once, however many claims there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, case, exists, func, literal, or_, select

from bot.claims.vocabulary import DECIDED, Proof, State, Status
from bot.ledger.journal import UNSENT, VOID
from bot.ledger.schema import attempts, claims, events, sends
from bot.ledger.store import Ledger
from bot.ledger.views import Rows, rows_of

#: Days since the payer got a claim, by the first day of each age; the last has no end.
AGES: Mapping[str, int] = {"0-30": 0, "31-60": 31, "61-90": 61, "91+": 91}
#: The payer has not decided, and has decided against us.
WAITING, AGAINST = "waiting", "against"
#: States in which the payer has the claim, or may have it.
AT_THE_PAYER = (State.ACCEPTED, State.RECEIVED, State.DISPUTED, State.DUPLICATE, State.UNKNOWN)
#: Decided, and no money of it is coming: somebody must see to it.
LOST = (Status.DENIED, Status.UNPROCESSABLE, Status.REVERSED)
#: Statuses of a correction that takes the place of the claim it corrects.
STANDS = frozenset(Status) - {Status.UNPROCESSABLE, Status.NOT_ON_FILE}
#: States in which a claim is not on its way yet.
BEFORE = (State.QUEUED, State.HELD, State.BLOCKED)


@dataclass(frozen=True, slots=True)
class Sending:
    """What went out in some time."""

    #: Claims that left for a payer, and of these the ones that the payer has, by its own receipt at least.
    sent: int
    accepted: int
    #: Of the accepted: those that the payer's own search or file has confirmed.
    confirmed: int


def standing(ledger: Ledger) -> Rows:
    """Claims, charge and payment by file, payer, state, status, and whether a correction has replaced them."""
    keys = (claims.c.file_id, claims.c.payer, claims.c.state, claims.c.status, _corrected().label("replaced"))
    return rows_of(ledger, select(*keys, *_sums()).group_by(*keys))


def total(ledger: Ledger) -> Rows:
    """Claims, charge and payment of the whole ledger, counted apart from everything else."""
    return rows_of(ledger, select(*_sums()).select_from(claims))


def aging(ledger: Ledger, now: datetime) -> Rows:
    """What the payer has and has not paid: claims and charge by payer, what it waits for, and days since the payer
    got it (of those without a proof of that: since they were first armed). What a correction has replaced is open
    as that correction only."""
    armed = (
        select(func.min(sends.c.armed_at))
        .join(attempts, attempts.c.send_id == sends.c.id)
        .where(attempts.c.claim_id == claims.c.id)
        .scalar_subquery()
    )
    since = func.coalesce(claims.c.accepted_at, armed, claims.c.updated_at)
    oldest_first = list(AGES.items())[:0:-1]
    age = case(
        *((since <= now - timedelta(days=first), name) for name, first in oldest_first), else_=next(iter(AGES))
    )
    what = case((claims.c.status.in_(LOST), AGAINST), else_=WAITING)
    keys = (claims.c.payer, what.label("what"), age.label("age"))
    unpaid = or_(claims.c.status.not_in(DECIDED), claims.c.status.in_(LOST))
    return rows_of(
        ledger,
        select(*keys, func.count().label("claims"), _money(claims.c.charge))
        .where(claims.c.state.in_(AT_THE_PAYER), unpaid, ~_corrected())
        .group_by(*keys),
    )


def sent_since(ledger: Ledger, since: datetime) -> Sending:
    """What left for payers since then and, as far as is known, arrived."""
    left = (
        select(attempts.c.claim_id.label("id"))
        .distinct()
        .join(sends, sends.c.id == attempts.c.send_id)
        .where(
            sends.c.armed_at >= since,
            or_(attempts.c.outcome.is_(None), attempts.c.outcome.not_in((UNSENT, VOID))),
        )
        .subquery()
    )
    there = and_(claims.c.state.in_((State.ACCEPTED, State.CLOSED)), claims.c.control_number.is_not(None))
    witnessed = and_(there, claims.c.proof.in_((Proof.BOTH, Proof.LOOK_UP)))
    query = select(
        func.count().label("sent"),
        func.coalesce(func.sum(case((there, 1), else_=0)), 0).label("accepted"),
        func.coalesce(func.sum(case((witnessed, 1), else_=0)), 0).label("confirmed"),
    ).select_from(left.join(claims, claims.c.id == left.c.id))
    with ledger.read() as connection:
        row = connection.execute(query).one()
    return Sending(int(row.sent), int(row.accepted), int(row.confirmed))


def learned_since(ledger: Ledger, since: datetime) -> Rows:
    """Claims of which a payer said something new since then, by where they stand now: claims, charge, payment."""
    told = select(events.c.claim_id).where(
        events.c.at >= since,
        or_(events.c.what == "settled", and_(events.c.what == "looked_up", events.c.why != "")),
    )
    news = claims.c.status.not_in((Status.NONE, Status.PENDING))
    return rows_of(
        ledger,
        select(claims.c.status, *_sums())
        .where(claims.c.id.in_(told), news)
        .group_by(claims.c.status)
        .order_by(claims.c.status),
    )


def before_the_payer(ledger: Ledger) -> Rows:
    """Claims that are still here, by payer, login, state and reason to wait: how many, their charge, and the first
    last day for filing."""
    keys = (claims.c.payer, claims.c.payer_named, claims.c.login, claims.c.state, claims.c.letter)
    return rows_of(
        ledger,
        select(
            *keys,
            func.count().label("claims"),
            _money(claims.c.charge),
            func.min(claims.c.deadline).label("first"),
        )
        .where(claims.c.state.in_(BEFORE))
        .group_by(*keys),
    )


def pressing(ledger: Ledger, until: date) -> Rows:
    """Claims that are still here and whose last day for filing comes until then: id, account, payer, login, state,
    deadline; the nearest first."""
    return rows_of(
        ledger,
        select(
            claims.c.id, claims.c.account, claims.c.payer, claims.c.login, claims.c.state, claims.c.deadline,
            claims.c.charge,
        )
        .where(claims.c.state.in_(BEFORE), claims.c.deadline <= until)
        .order_by(claims.c.deadline, claims.c.id),
    )  # fmt: skip


def _sums() -> tuple[ColumnElement[Any], ...]:
    # the payer takes back what it paid for a claim once it has decided on its correction
    nothing = literal(Decimal(0), claims.c.paid.type)
    paid = case((_corrected(STANDS & DECIDED), nothing), else_=claims.c.paid)
    together = func.coalesce(func.sum(paid), nothing).label("paid")
    return func.count().label("claims"), _money(claims.c.charge), together


def _corrected(by: frozenset[Status] = STANDS) -> ColumnElement[bool]:
    """Whether the payer has a later correction of a claim, or of the one that this one corrects too."""
    later = claims.alias()
    return (
        exists()
        .where(
            later.c.corrects == func.coalesce(claims.c.corrects, claims.c.id),
            later.c.id > claims.c.id,
            later.c.state.in_((State.ACCEPTED, State.CLOSED)),
            later.c.control_number.is_not(None),
            later.c.status.in_(by),
        )
        .correlate(claims)
    )


def _money(column: Column[Decimal]) -> ColumnElement[Decimal]:
    return func.coalesce(func.sum(column), literal(Decimal(0), column.type)).label(column.name)
