"""When payerbot worked: what was begun, and whether it came to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update

from bot.ledger.schema import events, files, runs
from bot.ledger.store import Act, Ledger, note

RUN, FOLLOW_UP, SERVE = "run", "follow-up", "serve"
#: The event that says that a morning's report was given to the office.
TOLD = "report_told"


@dataclass(frozen=True, slots=True)
class Run:
    """One time that payerbot worked."""

    id: int
    kind: str
    who: str
    #: About everything that waited, not about one payer or some claims.
    whole: bool
    began_at: datetime
    #: When it was last known to be at work.
    seen_at: datetime
    #: None while it works, and for good when it was killed.
    ended_at: datetime | None
    #: Something stopped it before its end.
    failed: bool
    counts: Mapping[str, Any] | None


def begin(ledger: Ledger, kind: str, act: Act, *, whole: bool) -> int:
    """Note that somebody has begun; the number of the run."""
    with ledger.write() as connection:
        return int(
            connection.execute(
                insert(runs)
                .values(kind=kind, who=act.who, whole=whole, began_at=act.at, seen_at=act.at)
                .returning(runs.c.id)
            ).scalar_one()
        )


def seen(ledger: Ledger, run_id: int, now: datetime) -> None:
    """Note that it is still at work."""
    with ledger.write() as connection:
        connection.execute(update(runs).where(runs.c.id == run_id).values(seen_at=now))


def end(
    ledger: Ledger, run_id: int, now: datetime, counts: Mapping[str, Any] | None = None, *, failed: bool = False
) -> None:
    """Note that it has ended, and with what."""
    with ledger.write() as connection:
        connection.execute(
            update(runs)
            .where(runs.c.id == run_id)
            .values(seen_at=now, ended_at=now, failed=failed, counts=dict(counts) if counts is not None else None)
        )


def last(ledger: Ledger) -> Run | None:
    """The last one that was begun."""
    with ledger.read() as connection:
        row = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(1)).one_or_none()
    return Run(**row._mapping) if row else None


def at_work_since(ledger: Ledger, moment: datetime) -> list[Run]:
    """Those that were last known to be at work at that time or later, in their order."""
    with ledger.read() as connection:
        rows = connection.execute(select(runs).where(runs.c.seen_at >= moment).order_by(runs.c.id)).all()
    return [Run(**row._mapping) for row in rows]


def anything_queued(ledger: Ledger, before: datetime) -> bool:
    """Whether there was any claim at that time."""
    with ledger.read() as connection:
        query = select(files.c.id).where(files.c.queued_at < before).limit(1)
        return connection.execute(query).first() is not None


def tell(ledger: Ledger, act: Act, since: datetime | None = None) -> bool:
    """Note that the office is told its report now; False when, by another worker, it was told `since` then."""
    with ledger.write() as connection:
        if since is not None and connection.execute(_told(since)).first() is not None:
            return False
        note(connection, TOLD, act)
    return True


def is_told(ledger: Ledger, since: datetime) -> bool:
    """Whether the office was told its report since then."""
    with ledger.read() as connection:
        return connection.execute(_told(since)).first() is not None


def _told(since: datetime) -> Select[tuple[int]]:
    return select(events.c.id).where(events.c.what == TOLD, events.c.at >= since).limit(1)
