"""Which shifts are due, and their running side by side in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.async_api import async_playwright

from bot.clock import Clock
from bot.errors import ConfigurationError, Interrupted, Passing, UsageError
from bot.ledger import queue, views
from bot.ledger.journal import worker_name
from bot.ledger.store import BOT, Act, Ledger
from bot.ledger.tasks import open_task
from bot.portal.browser import PayerBrowser, find_browser
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


@dataclass(frozen=True, slots=True)
class Workshop:
    """What shifts work with."""

    office: Office
    ledger: Ledger
    store: EvidenceStore
    clock: Clock
    #: The browser's program; none: the first one found.
    executable: Path | None = None
    headed: bool = False
    #: How long a page may take to show what is awaited.
    patience: timedelta = timedelta(seconds=15)


async def run(workshop: Workshop, order: Order, progress: Progress) -> Summary:
    """Work everything the order asks for, then count from the ledger where its claims stand.

    To be called by one process at a time on an embedded ledger: whatever an earlier run left armed is taken for
    interrupted.
    """
    begun = workshop.clock.now()
    if order.payer is not None:
        workshop.office.payer(order.payer)
    if order.claim_id is not None:
        await asyncio.to_thread(queue.claim, workshop.ledger, order.claim_id)
    await asyncio.to_thread(queue.recover, workshop.ledger, begun)
    ids = await asyncio.to_thread(
        queue.scope, workshop.ledger, begun, order.payer, order.limit, order.claim_id, order.look_ups_only
    )
    due = await asyncio.to_thread(queue.logins, workshop.ledger, begun, ids, order.payer)
    plan = Plan(() if order.look_ups_only else ids, order.dry_run)
    shifts: list[Shift] = []
    owner = worker_name()
    for slug, login_name in due:
        payer = workshop.office.payers.get(slug)
        login = payer.login(login_name) if payer else None
        if payer is None or login is None:
            progress.stopped(slug, login_name, "This login is not set up any more.")
            await asyncio.to_thread(_missing, workshop, slug, login_name, ids)
            continue
        for _ in range(login.seats):
            shifts.append(
                Shift(payer, login, workshop.ledger, workshop.store, workshop.clock, owner, plan, progress)
            )
    if shifts:
        await _work(workshop, shifts, progress)
    await asyncio.to_thread(queue.recover, workshop.ledger, workshop.clock.now())
    return await asyncio.to_thread(summarise, workshop.ledger, ids, workshop.clock.now() - begun)


async def _work(workshop: Workshop, shifts: list[Shift], progress: Progress) -> None:
    executable = find_browser(workshop.executable, headed=workshop.headed)
    if executable is None:
        raise ConfigurationError("No browser is installed. Run: payerbot browser")

    async def at_seat(shift: Shift) -> None:
        """A browser of its own for each seat: its gate is shut while that seat sends."""
        try:
            async with PayerBrowser(
                playwright, executable, [shift.payer.host], headed=workshop.headed, timeout=workshop.patience
            ) as browser:
                await shift.work(browser)
        except Passing as error:
            progress.stopped(shift.payer.slug, shift.login.name, error.message)

    async with async_playwright() as playwright:
        await _all(*(at_seat(shift) for shift in shifts))


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
