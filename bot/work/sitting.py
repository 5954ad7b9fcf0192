"""A seat of a login, held as long as somebody sits on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.ledger import seats
from bot.ledger.seats import Seat
from bot.ledger.store import Ledger
from bot.work.payers import Login

#: Why a login with free seats may have no session to give.
ALONE = "While one goes on that a person has signed in, it is the login's only one."


@asynccontextmanager
async def seated(ledger: Ledger, payer: str, login: Login, owner: str, clock: Clock) -> AsyncIterator[Seat | None]:
    """A seat of this login, renewed until the block ends; None when there is none to have."""
    seat = await asyncio.to_thread(seats.take, ledger, payer, login.name, login.seats, owner, clock.now())
    if seat is None:
        yield None
        return
    renewing = asyncio.create_task(_renew(ledger, seat, clock))
    try:
        yield seat
    finally:
        renewing.cancel()
        await asyncio.to_thread(seats.leave, ledger, seat)


async def _renew(ledger: Ledger, seat: Seat, clock: Clock) -> None:
    while True:
        await asyncio.sleep(seats.RENEWAL.total_seconds())
        with suppress(DBAPIError):  # the next one may get through
            await asyncio.to_thread(seats.renew, ledger, seat, clock.now())
