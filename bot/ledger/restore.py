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
    #: The last thing that it knew.
    since: datetime

    def doubts(self, item: Item) -> bool:
        """Whether a claim may have gone unknown to the ledger: never armed, for services of that time."""
        return item.first_armed is None and item.service_from <= (self.at + timedelta(days=1)).date()


def refuse_older(ledger: Ledger) -> None:
    """Raises `ConfigurationError` when sends were armed of which this ledger knows nothing, or when a worker keeps
    its evidence apart from the others'."""
    with ledger.read() as connection:
        known = connection.execute(select(func.max(sends.c.id))).scalar_one() or 0
    last = ledger.tally.last()
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
    query = select(restores.c.at, restores.c.since).order_by(restores.c.id.desc()).limit(1)
    with ledger.read() as connection:
        row = connection.execute(query).first()
    return Restore(row.at, row.since) if row else None
