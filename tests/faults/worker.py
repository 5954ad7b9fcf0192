"""A worker process that dies, or falls asleep, where it is told to. Started by `tests.faults.soak`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.clock import SystemClock
from bot.home import Home
from bot.ledger import seats
from bot.ledger.database import Database
from bot.ledger.journal import ClaimJournal, LoginJournal
from bot.ledger.store import Ledger
from bot.ledger.tally import Tally
from bot.portal import batch, submission
from bot.portal.adapter import Credentials
from bot.portal.desk import Desk, browser_desk
from bot.portal.evidence import EvidenceStore
from bot.portal.send_once import Guard
from bot.testing import FakeAdapter, FakeDesk
from bot.vault import Vault
from bot.work import dispatch, engine, serve, shift
from bot.work.automation import Automation
from bot.work.dispatch import Order, Workshop
from bot.work.payers import Filing, Login, Office, Payer, Policy, find_adapters

#: Where a worker can be struck: every point of the submission protocol that a crash could tell from the next.
POINTS = (
    "sign-in armed",
    "signed in",
    "claim picked",
    "filled",
    "saved",
    "armed together",
    "arming",
    "armed",
    "permitted",
    "read again",
    "leaving",
    "answered",
    "receipt read",
    "page kept",
    "recording",
    "recorded",
    "looked up",
)

#: Those that every claim passes, however its payer takes it.
EVERY_CLAIM = ("claim picked", "filled", "arming", "armed", "recording", "recorded")


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker process does."""

    home: Path
    database: str
    portal: str
    #: The fake portal, or a mock portal in a real browser.
    slug: str
    username: str
    password: str
    tin: str
    npi: str
    #: The authenticator's secret, where the portal asks for codes.
    totp_secret: str | None = None
    #: What the adapter is told about the office.
    options: Mapping[str, object] = field(default_factory=dict)
    #: When the payer's verdicts come, in seconds after the receipt.
    verdict_after: float = 0.0
    seats: int = 2
    #: Claims that go together at most.
    together: int = 1
    #: What is queued and then what is to be followed up, or unattended until killed.
    unattended: bool = False
    #: Where to be struck, and at which passing; nothing: nowhere.
    point: str | None = None
    passing: int = 1
    how: signal.Signals = signal.SIGKILL
    #: How far the clock is ahead, in seconds.
    ahead: float = 0.0


class Ahead(SystemClock):
    """The machine's clock, some seconds ahead."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._ahead


class Nobody:
    """Watches nothing."""

    def moved(self, *_: object) -> None:
        """Nobody looks."""

    def stopped(self, *_: object) -> None:
        """Nobody looks."""


class Strike:
    """Counts passings of one point, and strikes at the one that was asked for."""

    def __init__(self, assignment: Assignment) -> None:
        self._point = assignment.point
        self._left = assignment.passing
        self._how = assignment.how

    def at(self, point: str) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), self._how)


def work(assignment: Assignment) -> None:
    """The process's whole life."""
    seats.LEASE, seats.RENEWAL = timedelta(seconds=3), timedelta(seconds=0.5)
    serve.TICK = serve.REST = timedelta(seconds=0.5)
    engine.SIDE_BY_SIDE = 2
    os.dup2(os.open(assignment.home / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    _arrange(Strike(assignment))
    asyncio.run(_work(assignment))


async def _work(assignment: Assignment) -> None:
    home = Home(assignment.home)
    database = Database(assignment.database)
    adapter = FakeAdapter if assignment.slug == "fake" else find_adapters()[assignment.slug]
    totp_secret = SecretStr(assignment.totp_secret) if assignment.totp_secret else None
    credentials = Credentials(assignment.username, SecretStr(assignment.password), totp_secret)
    login = Login("main", credentials, assignment.tin, (assignment.npi,), assignment.seats)
    policy = Policy(
        filing=Filing(days=365, source="invented", verified=date(2026, 1, 1)),
        automation=Automation(allowed="yes", source="invented", verified=date(2026, 1, 1)),
    )
    payer = Payer(
        adapter(assignment.portal, assignment.options),
        policy,
        (login,),
        timedelta(0),
        timedelta(seconds=assignment.verdict_after),
        assignment.together,
    )
    vault = Vault.open(home)
    workshop = Workshop(
        Office([payer]),
        Ledger(database, vault, Tally(home.evidence)),
        EvidenceStore(home.evidence, vault),
        Ahead(assignment.ahead),
        _fake_desk if assignment.slug == "fake" else partial(browser_desk, patience=timedelta(seconds=8)),
    )
    try:
        if assignment.unattended:
            await serve.serve(workshop, Nobody(), asyncio.Event())
        else:
            with home.locked() if database.embedded else nullcontext():
                for look_ups_only in (False, True):
                    await dispatch.run(workshop, Order(look_ups_only=look_ups_only), Nobody())
    finally:
        database.close()


@asynccontextmanager
async def _fake_desk() -> AsyncIterator[Desk]:
    yield FakeDesk()


def _arrange(strike: Strike) -> None:
    """Put a strike at every point."""
    _after(LoginJournal, "arm", "sign-in armed", strike)
    _after(LoginJournal, "ended", "signed in", strike)
    _before(shift, "submit", "claim picked", strike)
    _before(shift, "submit_together", "claim picked", strike)
    _after(submission, "_enter", "filled", strike)
    _after(submission.Submission, "save", "saved", strike)
    _after(batch.Together, "arm", "armed together", strike)
    _within(ClaimJournal, "_arm", "arming", strike)
    _after(ClaimJournal, "arm", "armed", strike)
    _after_sync(Guard, "permit", "permitted", strike)
    _after(ClaimJournal, "still_mine", "read again", strike)
    _after_sync(HTTPConnection, "request", "leaving", strike)
    _after(Guard, "answered", "answered", strike)
    _before(submission.Submission, "_judge", "receipt read", strike)
    _after(EvidenceStore, "keep", "page kept", strike)
    _within(ClaimJournal, "_record", "recording", strike)
    _after(ClaimJournal, "record", "recorded", strike)
    _before(shift.Shift, "_record", "looked up", strike)


def _after(owner: Any, name: str, point: str, strike: Strike) -> None:
    original = getattr(owner, name)

    async def called(*words: Any, **more: Any) -> Any:
        result = await original(*words, **more)
        strike.at(point)
        return result

    setattr(owner, name, called)


def _after_sync(owner: Any, name: str, point: str, strike: Strike) -> None:
    original = getattr(owner, name)

    def called(*words: Any, **more: Any) -> Any:
        result = original(*words, **more)
        strike.at(point)
        return result

    setattr(owner, name, called)


def _before(owner: Any, name: str, point: str, strike: Strike) -> None:
    original = getattr(owner, name)

    async def called(*words: Any, **more: Any) -> Any:
        strike.at(point)
        return await original(*words, **more)

    setattr(owner, name, called)


def _within(owner: Any, name: str, point: str, strike: Strike) -> None:
    """Strike inside the function's transaction: all is written, nothing committed."""
    original = getattr(owner, name)

    def called(self: Any, *words: Any) -> Any:
        ledger = self._ledger
        write = ledger.write

        @contextmanager
        def struck() -> Iterator[Any]:
            with write() as connection:
                yield connection
                strike.at(point)

        ledger.write = struck
        try:
            return original(self, *words)
        finally:
            del ledger.write

    setattr(owner, name, called)
