"""Seats: how many sessions a login may have, held by one row each across every worker.

Whoever sits renews the seat; one that was not renewed for a while may be taken over, and what its last owner had
armed is then looked up. A worker that was asleep meanwhile finds its seat taken, and its arms closed.

A session that a person has signed in is one session at the portal's server, whatever browser shows it: while one
seat goes on with it, nobody else sits down at that login, lest the forms of two claims meet in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, select, update

from bot.ledger.schema import saved_sessions, seats
from bot.ledger.store import Ledger

#: How long a seat stays its owner's without being renewed, and how often it is renewed.
LEASE = timedelta(seconds=30)
RENEWAL = timedelta(seconds=10)

#: What the name of an owner begins with who may sit beside a run that works alone.
BESIDE = "beside-"


@dataclass(frozen=True, slots=True)
class Seat:
    """One of the sessions that a login may have."""

    payer: str
    login: str
    #: From 0, and how many there are.
    number: int
    of: int
    #: Who sits there: a name used for this sitting alone.
    owner: str

    def minds(self, claim_id: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether a claim is this seat's to work: no two seats of a login reach for the same one."""
        return claim_id % self.of == self.number


def take(ledger: Ledger, payer: str, login: str, of: int, owner: str, now: datetime) -> Seat | None:
    """Sit down; None when every seat of this login is taken, or somebody there has the session that a person has
    signed in."""
    with ledger.write() as connection:
        rows = connection.execute(
            select(seats.c.number, seats.c.renewed_at).where(seats.c.payer == payer, seats.c.login == login)
        )
        held = {row.number: row.renewed_at for row in rows}
        number = next((n for n in range(of) if n not in held or held[n] <= now - LEASE), None)
        if number is None or not take_session(connection, payer, login, owner, now):
            return None
        seat = Seat(payer, login, number, of, owner)
        if number in held:
            connection.execute(update(seats).where(_is(seat)).values(owner=owner, renewed_at=now))
        else:
            connection.execute(
                insert(seats).values(payer=payer, login=login, number=number, owner=owner, renewed_at=now)
            )
    return seat


def take_session(connection: Connection, payer: str, login: str, owner: str, now: datetime) -> bool:
    """Have the session that a person has signed in, if one is kept, for oneself; False while somebody else who
    sits somewhere has it."""
    kept = select(saved_sessions.c.owner).where(*_kept(payer, login))
    session = connection.execute(kept.with_for_update()).one_or_none()
    if session is None:
        return True
    if session.owner != owner and session.owner in set(connection.execute(owners(now)).scalars()):
        return False
    connection.execute(update(saved_sessions).where(*_kept(payer, login)).values(owner=owner))
    return True


def renew(ledger: Ledger, seat: Seat, now: datetime) -> bool:
    """Stay seated; False when somebody else has taken the seat."""
    with ledger.write() as connection:
        kept = connection.execute(
            update(seats).where(_is(seat), seats.c.owner == seat.owner).values(renewed_at=now)
        )
    return kept.rowcount == 1


def leave(ledger: Ledger, seat: Seat) -> None:
    """Free the seat, if it is still ours."""
    with ledger.write() as connection:
        connection.execute(delete(seats).where(_is(seat), seats.c.owner == seat.owner))


def clear(ledger: Ledger) -> None:
    """Free every seat but those beside a run. To be called where no other run can be at work."""
    with ledger.write() as connection:
        connection.execute(delete(seats).where(~seats.c.owner.startswith(BESIDE)))


def free(ledger: Ledger, payer: str, login: str, of: int, now: datetime) -> int:
    """How many could sit down at this login."""
    taken = select(func.count()).where(
        seats.c.payer == payer, seats.c.login == login, seats.c.renewed_at > now - LEASE
    )
    kept = select(saved_sessions.c.owner).where(*_kept(payer, login))
    with ledger.read() as connection:
        left = of - int(connection.execute(taken).scalar_one())
        session = connection.execute(kept).one_or_none()
        if session is None:
            return left
        return 0 if session.owner in set(connection.execute(owners(now)).scalars()) else min(left, 1)


def owners(now: datetime) -> Select[tuple[str]]:
    """Who sits somewhere."""
    return select(seats.c.owner).where(seats.c.renewed_at > now - LEASE)


def _kept(payer: str, login: str) -> tuple[ColumnElement[bool], ...]:
    """The session of this login that a person has signed in."""
    return saved_sessions.c.payer == payer, saved_sessions.c.login == login


def _is(seat: Seat) -> ColumnElement[bool]:
    return and_(seats.c.payer == seat.payer, seats.c.login == seat.login, seats.c.number == seat.number)
