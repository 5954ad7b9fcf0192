"""How fast claims may be begun at a payer, across every worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from bot.ledger.schema import paces
from bot.ledger.store import Ledger


def reserve(
    ledger: Ledger, payer: str, gap: timedelta, claims: int, now: datetime, until: datetime | None = None
) -> datetime:
    """Take the next turn at a payer where so much time passes from claim to claim; when it comes. What is reserved
    and not used is lost: never more claims than allowed. A turn that does not come before `until` is not taken."""
    with ledger.write() as connection:
        known = connection.execute(select(paces.c.next_at).where(paces.c.payer == payer)).scalar_one_or_none()
        turn = now if known is None else max(known, now)
        if until is not None and turn >= until:
            return turn
        after = turn + gap * claims
        if known is None:
            connection.execute(insert(paces).values(payer=payer, next_at=after))
        else:
            connection.execute(update(paces).where(paces.c.payer == payer).values(next_at=after))
    return turn
