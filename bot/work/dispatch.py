"""Which shifts are due, and their running side by side in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import OperationalError

from bot.clock import Clock
from bot.errors import Interrupted, Passing, UsageError
from bot.ledger import queue, runs, seats, views
from bot.ledger.queue import LookUps, Scope
from bot.ledger.restore import refuse_older
from bot.ledger.store import BOT, Act, Ledger
from bot.ledger.tasks import open_task
from bot.portal.desk import Desk
from bot.portal.evidence import EvidenceStore
from bot.work.payers import Office
from bot.work.shift import Plan, Progress, Shift
from bot.work.summary import Summary, summarise
from bot.work.tasks import need_of_login


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is asked to do."""

    #: Only this payer.
    payer: str | None = None
    #: At most so many claims.
    limit: int | None = None
    #: Only this claim.
    claim_id: int | None = None
    #: Show how far each claim would go, and send nothing.
    dry_run: bool = False
    #: Ask the payers what is due to be asked, and send nothing.
    look_ups_only: bool = False
    #: Who asks.
    who: str = BOT


@dataclass(frozen=True, slots=True)
class Workshop:
    """What shifts work with."""

    office: Office
    ledger: Ledger
    store: EvidenceStore
    clock: Clock
    #: Opens the desk that shifts sit at.
    desk: Callable[[], AbstractAsyncContextManager[Desk]]


async def run(workshop: Workshop, order: Order, progress: Progress) -> Summary:
    """Work everything the order asks for, then count from the ledger where its claims stand.

    On an embedded ledger to be called by one process at a time: whatever an earlier run left armed is taken for
    interrupted.
    """
    ledger, begun = workshop.ledger, workshop.clock.now()
    if order.payer is not None:
        workshop.office.payer(order.payer)
    if order.claim_id is not None:
        await asyncio.to_thread(queue.claim, ledger, order.claim_id)
    await asyncio.to_thread(refuse_older, ledger)
    if order.dry_run:
        return await _work(workshop, order, progress, begun)
    kind = runs.FOLLOW_UP if order.look_ups_only else runs.RUN
    whole = (order.payer, order.limit, order.claim_id) == (None, None, None)
    run_id = await asyncio.to_thread(runs.begin, ledger, kind, Act(order.who, begun), whole=whole)
    try:
        summary = await _work(workshop, order, progress, begun)
    except BaseException:
        with suppress(OperationalError):  # what stopped it matters more
            await asyncio.to_thread(runs.end, ledger, run_id, workshop.clock.now(), failed=True)
        raise
    await asyncio.to_thread(
        runs.end, ledger, run_id, workshop.clock.now(), summary.document(), failed=not summary.balanced
    )
    return summary


async def _work(workshop: Workshop, order: Order, progress: Progress, begun: datetime) -> Summary:
    ledger = workshop.ledger
    if ledger.database.embedded:
        await asyncio.to_thread(seats.clear, ledger)
    await asyncio.to_thread(queue.recover, ledger, begun)
    ids = await asyncio.to_thread(
        queue.scope, ledger, begun, order.payer, order.limit, order.claim_id, order.look_ups_only
    )
    # what has arrived is followed up when that is asked for, or by those who work unattended
    look_ups = LookUps.ALL if order.look_ups_only else LookUps.UNPROVED
    due = await asyncio.to_thread(queue.logins, ledger, begun, ids, order.payer, look_ups)
    plan = Plan(None if order.look_ups_only else _scope(order, begun, ids), look_ups, order.dry_run)
    shifts: list[Shift] = []
    for slug, login_name in due:
        payer = workshop.office.payers.get(slug)
        login = payer.login(login_name) if payer else None
        if payer is None or login is None:
            progress.stopped(slug, login_name, "This login is not set up any more.")
            await asyncio.to_thread(_missing, workshop, slug, login_name, ids)
            continue
        for _ in range(login.seats):
            shifts.append(Shift(payer, login, ledger, workshop.store, workshop.clock, plan, progress))
    if shifts:
        async with workshop.desk() as desk:
            await _all(*(_at(desk, shift, progress) for shift in shifts))
    await asyncio.to_thread(queue.recover, ledger, workshop.clock.now())
    took = workshop.clock.now() - begun
    return await asyncio.to_thread(summarise, ledger, ids, took, begun if order.look_ups_only else None)


def _scope(order: Order, begun: datetime, ids: Sequence[int]) -> Scope:
    """Few claims by their numbers; all that wait by the last of them, for there may be many."""
    if order.limit is not None or order.claim_id is not None:
        return Scope(begun, ids)
    return Scope(begun, newest=max(ids, default=0))


async def _at(desk: Desk, shift: Shift, progress: Progress) -> None:
    try:
        await shift.work(desk)
    except Passing as error:
        progress.stopped(shift.payer.slug, shift.login.name, error.message)


async def _all(*works: Coroutine[None, None, None]) -> None:
    """Let every one of them end; then raise what the first of them raised."""
    for result in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(result, UsageError):
            raise Interrupted(result.message) from result  # others may have worked: something has changed
        if isinstance(result, BaseException):
            raise result


def _missing(workshop: Workshop, slug: str, login: str, ids: Sequence[int]) -> None:
    """Claims wait for a login that is gone: somebody must know."""
    act = Act(BOT, workshop.clock.now())
    waiting = [
        row["id"] for row in views.states_of(workshop.ledger, ids) if (row["payer"], row["login"]) == (slug, login)
    ]
    with workshop.ledger.write() as connection:
        open_task(connection, need_of_login(slug, login), waiting, act)
