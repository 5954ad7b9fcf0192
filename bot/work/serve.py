"""Unattended work: due shifts start by themselves, in this process or shared out among many."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError

from bot.errors import Passing
from bot.ledger import queue, runs, seats
from bot.ledger.queue import LookUps, Scope
from bot.ledger.restore import refuse_older
from bot.ledger.store import BOT, Act
from bot.log import get
from bot.portal.desk import Desk
from bot.work.dispatch import Workshop
from bot.work.morning import PULSE
from bot.work.report import Herald
from bot.work.shift import Plan, Progress, Shift, admitted

#: How often the ledger is asked what is due.
TICK = timedelta(seconds=10)
#: How long a login rests after something stopped it.
REST = timedelta(minutes=5)
log = get()


@dataclass(slots=True)
class Unattended:
    """One process that works whatever is due until it is told to stop."""

    workshop: Workshop
    progress: Progress
    #: Set, no new claim is begun; those in hand are brought to their end.
    stopping: asyncio.Event
    #: Tells the office its report once a morning, where it wants to be told.
    herald: Herald | None = None
    #: What ended it before it was told to stop.
    failure: Exception | None = None
    _run: int | None = None
    _seen_at: datetime | None = None
    _told: dict[tuple[str, str], str] = field(default_factory=dict)
    _not_before: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def due(self) -> list[tuple[str, str]]:
        """A payer and login for every shift that should begin now: where there is work, as many as seats are
        free."""
        ledger, clock = self.workshop.ledger, self.workshop.clock
        await self._show_itself()
        await asyncio.to_thread(queue.recover, ledger, clock.now())
        found = []
        for slug, payer in self.workshop.office.payers.items():
            for login in payer.logins:
                waits = self._not_before.get((slug, login.name), clock.now()) > clock.now()
                if waits or not await asyncio.to_thread(queue.has_work, ledger, slug, login.name, clock.now()):
                    continue
                if (why := await admitted(ledger, payer, clock.now())) is not None:
                    self._tell_once(slug, login.name, why)
                    continue
                about = (ledger, slug, login.name, login.seats, clock.now())
                found += [(slug, login.name)] * await asyncio.to_thread(seats.free, *about)
        return found

    async def shift(self, desk: Desk, slug: str, name: str) -> None:
        """Work one shift, if a seat is still free."""
        payer = self.workshop.office.payers[slug]
        login = payer.login(name)
        if login is None or self.stopping.is_set():
            return
        scope = Scope(self.workshop.clock.now(), patient=True)
        plan = Plan(scope, LookUps.ALL, stopping=self.stopping)
        shift = Shift(
            payer, login, self.workshop.ledger, self.workshop.store, self.workshop.clock, plan, _Once(self)
        )
        try:
            await shift.work(desk)
        except Passing as error:
            self.tell(slug, name, error.message)
        except OperationalError as error:
            log.warning("database_lost", payer=slug, login=name, error=type(error).__name__)
        except Exception as error:  # the other shifts bring their claims to an end first
            self.failure = self.failure or error
            self.stopping.set()

    async def begin(self, who: str) -> None:
        """Note that this process is at work."""
        act = Act(who, self.workshop.clock.now())
        self._run = await asyncio.to_thread(runs.begin, self.workshop.ledger, runs.SERVE, act, whole=True)

    async def end(self) -> None:
        """Note that it is no more."""
        if self._run is not None:
            now, failed = self.workshop.clock.now(), self.failure is not None
            with suppress(OperationalError):
                await asyncio.to_thread(runs.end, self.workshop.ledger, self._run, now, failed=failed)

    async def _show_itself(self) -> None:
        """Note once in a while that this process is at work, and tell the office its report when it is time."""
        now = self.workshop.clock.now()
        if self._run is None or (self._seen_at is not None and now < self._seen_at + PULSE):
            return
        self._seen_at = now
        await asyncio.to_thread(runs.seen, self.workshop.ledger, self._run, now)
        if self.herald is not None:
            try:
                await asyncio.to_thread(self.herald.tell, now)
            except Exception as error:  # the claims matter more than what is told of them
                log.warning("report_failed", error=type(error).__name__)

    async def pause(self) -> None:
        """Wait for the next tick, or for the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK.total_seconds()):
                await self.stopping.wait()

    def tell(self, slug: str, name: str, why: str) -> None:
        """Say why a login stopped, once, and let it rest: a portal that is down is not asked at every tick."""
        self._not_before[slug, name] = self.workshop.clock.now() + REST
        self._tell_once(slug, name, why)

    def _tell_once(self, slug: str, name: str, why: str) -> None:
        if self._told.get((slug, name)) != why:
            self._told[slug, name] = why
            self.progress.stopped(slug, name, why)


class _Once:
    """Watches a shift for `Unattended`."""

    def __init__(self, unattended: Unattended) -> None:
        self._unattended = unattended
        self.moved = unattended.progress.moved

    def stopped(self, payer: str, login: str, why: str) -> None:
        """See `Progress`."""
        self._unattended.tell(payer, login, why)


async def serve(
    workshop: Workshop,
    progress: Progress,
    stopping: asyncio.Event,
    herald: Herald | None = None,
    who: str = BOT,
) -> None:
    """Work whatever is due until `stopping` is set; then bring the claims in hand to their end."""
    unattended = Unattended(workshop, progress, stopping, herald)
    await asyncio.to_thread(refuse_older, workshop.ledger)
    await unattended.begin(who)
    try:
        async with workshop.desk() as desk:
            if workshop.ledger.database.embedded:
                await asyncio.to_thread(seats.clear, workshop.ledger)
                await _alone(unattended, desk)
            else:
                from bot.work import engine  # its packages are an extra

                await engine.serve(unattended, desk)
    except Exception as error:
        unattended.failure = unattended.failure or error
        raise
    finally:
        await unattended.end()
    if unattended.failure is not None:
        raise unattended.failure


async def _alone(unattended: Unattended, desk: Desk) -> None:
    """All shifts in this process."""
    async with asyncio.TaskGroup() as shifts:
        while not unattended.stopping.is_set():
            with suppress(OperationalError):  # locked for too long: the next tick may get through
                for slug, name in await unattended.due():
                    shifts.create_task(unattended.shift(desk, slug, name))
            await unattended.pause()
