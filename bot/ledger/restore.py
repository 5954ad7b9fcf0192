"""What happens after an older ledger was put back: claims may have gone since of which it knows nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select

from bot.errors import ConfigurationError
from bot.ledger.journal import Item
from bot.ledger.schema import events, restores, sends
from bot.ledger.store import Act, Ledger, note


@dataclass(frozen=True, slots=True)
class Restore:
    """The last time that an older ledger was put back."""

    at: datetime
    #: The last thing that it, or one put back before it, knew.
    since: datetime

    def doubts(self, ledger: Ledger, item: Item) -> bool:
        """Whether a claim for services of that time may have gone unknown to the ledger: since then it was neither
        armed, nor did a person say that it may go."""
        if item.service_from > (self.at + timedelta(days=1)).date():
            return False
        settled = select(events.c.id).where(
            events.c.claim_id == item.id,
            events.c.at >= self.at,
            events.c.what.in_(["armed", "released", "not_there"]),
        )
        with ledger.read() as connection:
            return connection.execute(settled.limit(1)).first() is None


def refuse_older(ledger: Ledger) -> None:
    """Raises `ConfigurationError` when sends were armed of which this ledger knows nothing, or when a worker keeps
    its evidence apart from the others'."""
    last = ledger.tally.last()  # before the ledger is asked: others may be arming
    with ledger.read() as connection:
        known = connection.execute(select(func.max(sends.c.id))).scalar_one() or 0
    if known and not last and not ledger.database.embedded:
        raise ConfigurationError(
            "This home does not share the evidence folder of the other workers on its ledger."
        )
    if last > known:
        raise ConfigurationError(
            "This ledger is older than the work that was done with it: claims may have gone since. Run payerbot "
            "recover; then the payers are asked before anything is sent again."
        )


def accept_older(ledger: Ledger, act: Act) -> Restore:
    """A person says that an older ledger was put back: from now on, what may have gone since is looked up before
    it is sent."""
    with ledger.write() as connection:
        since = connection.execute(select(func.max(events.c.at))).scalar_one() or act.at
        connection.execute(insert(restores).values(at=act.at, since=since, who=act.who))
        note(connection, "restored", act)
        known = connection.execute(select(func.max(sends.c.id))).scalar_one() or 0
    ledger.tally.reset(known)
    return Restore(act.at, since)


def last_restore(ledger: Ledger) -> Restore | None:
    """The last one, if there ever was one."""
    with ledger.read() as connection:
        row = connection.execute(
            select(func.max(restores.c.at).label("at"), func.min(restores.c.since).label("since"))
        ).one()
    return Restore(row.at, row.since) if row.at else None
