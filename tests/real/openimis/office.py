"""An office that sends its claims to openIMIS: ledger, shifts and browser as they run anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.claims.model import Claim
from bot.clock import SystemClock
from bot.home import Home
from bot.ledger import views
from bot.ledger.database import Database
from bot.ledger.store import Act, Ledger
from bot.ledger.tally import Tally
from bot.ledger.views import Row, Rows
from bot.portal.adapter import Credentials
from bot.portal.desk import browser_desk
from bot.portal.evidence import EvidenceStore
from bot.vault import Vault
from bot.work import dispatch
from bot.work.dispatch import Order, Workshop
from bot.work.payers import Login, Office, Payer, policy_of
from bot.work.summary import Summary
from fixtures.people import PRACTICE
from fixtures.wire import Wire
from payers.openimis.adapter import OpenImis
from tests.conftest import Loop
from tests.faults import entries
from tests.office import Watcher
from tests.real.openimis.catalogue import CLERK, FACILITY, User

#: Milliseconds are enough for a step of its pages, even on a busy machine.
PATIENCE: Final = timedelta(seconds=15)


def options(user: User) -> dict[str, Any]:
    """What an office says in its settings."""
    return {
        "facilities": {PRACTICE.npi: f"{FACILITY.code} {FACILITY.name}"},
        "claim_administrator": f"{user.name} {user.last} {user.first}",
    }


class Clock(SystemClock):
    """The machine's clock, which a test may set on."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The time, in UTC."""
        return super().now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Set it on."""
        self._ahead += timedelta(seconds=seconds)


class RealOffice:
    """Queues claims and runs shifts."""

    def __init__(self, home: Home, url: str, loop: Loop, user: User = CLERK) -> None:
        """`url` is where the office finds openIMIS."""
        self.loop = loop
        self.clock = Clock()
        self.watcher = Watcher()
        vault = Vault.open(home)
        self.database = Database(f"sqlite:///{home.ledger}")
        self.database.migrate()
        self.ledger = Ledger(self.database, vault, Tally(home.evidence))
        self.store = EvidenceStore(home.evidence, vault)
        credentials = Credentials(user.name, SecretStr(user.password))
        login = Login("main", credentials, PRACTICE.tin, (PRACTICE.npi,), 1)
        adapter = OpenImis(f"{url}/front", options(user))
        self.workshop = Workshop(
            Office([Payer(adapter, policy_of(OpenImis), (login,), timedelta(0))]),
            self.ledger,
            self.store,
            self.clock,
            partial(browser_desk, patience=PATIENCE),
        )

    def queue(self, claims: Sequence[Claim]) -> list[int]:
        """Queue claims; their ids."""
        before = {row["id"] for row in views.claim_rows(self.ledger)}
        entries.queue(self.ledger, claims, OpenImis.slug, Act("tester", self.clock.now()))
        return [row["id"] for row in views.claim_rows(self.ledger) if row["id"] not in before]

    def run(self, order: Order | None = None, timeout: float = 300) -> Summary:
        """Run shifts to their end."""
        return self.loop.run(dispatch.run(self.workshop, order or Order(), self.watcher), timeout)

    def claim(self, claim_id: int) -> Row:
        """A claim as the ledger has it."""
        return views.claim_rows(self.ledger, claim_id=claim_id)[0]

    def tasks(self) -> Rows:
        """The open tasks."""
        return views.task_rows(self.ledger)


@contextmanager
def wire(loop: Loop, url: str) -> Iterator[Wire]:
    """What stands between an office and openIMIS, and may lose what goes over it."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    between = loop.run(Wire(address.hostname, address.port).__aenter__())
    try:
        yield between
    finally:
        loop.run(between.__aexit__(None, None, None))


@contextmanager
def office(home: Home, url: str, loop: Loop, user: User = CLERK) -> Iterator[RealOffice]:
    """An office with an empty ledger."""
    home.create()
    one = RealOffice(home, url, loop, user)
    try:
        yield one
    finally:
        one.database.close()
