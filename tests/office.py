"""An office in a test: a ledger on disk, one payer's mock portal, a clock that both share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.claims.model import Claim
from bot.claims.vocabulary import State
from bot.clock import Clock
from bot.home import Home
from bot.ledger import views
from bot.ledger.database import Database
from bot.ledger.journal import Item
from bot.ledger.store import Act, Ledger
from bot.ledger.tally import Tally
from bot.ledger.views import Row, Rows
from bot.portal.adapter import Adapter, Credentials
from bot.portal.browser import PayerBrowser, find_browser
from bot.portal.evidence import EvidenceStore
from bot.portal.session import Session, SignIns
from bot.vault import Vault
from bot.work import dispatch
from bot.work.dispatch import Order, Workshop
from bot.work.payers import Login, Office, Payer, find_adapters, policy_of
from bot.work.summary import Summary
from fixtures.portals.registry import SITES
from fixtures.portals.server import RunningPortal, running
from fixtures.wire import Wire
from tests.conftest import Loop
from tests.faults import entries

#: How long a page may take: a loaded machine is no fault of the portal.
PATIENCE = timedelta(seconds=8)


class SharedClock:
    """The office's clock: waiting moves it on at once, and the portal's clock with it."""

    def __init__(self, portal: RunningPortal) -> None:
        self._portal = portal
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    async def wait(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
        self._portal.advance(seconds)


class Watcher:
    def __init__(self) -> None:
        self.moves: list[tuple[str, State, str]] = []
        self.stops: list[str] = []

    def moved(self, payer: str, item: Item, state: State, note: str) -> None:
        self.moves.append((item.account, state, note))

    def stopped(self, payer: str, login: str, why: str) -> None:
        self.stops.append(why)


class TestOffice:
    """Queues claims, runs shifts, and looks at what both sides have written down."""

    __test__ = False

    def __init__(
        self,
        home: Home,
        portal: RunningPortal,
        url: str,
        slug: str,
        loop: Loop,
        delay: timedelta,
        patience: timedelta,
        signs_in: bool,
    ) -> None:
        """`url` is where the office finds the portal."""
        self.portal = portal
        self.loop = loop
        self.clock = SharedClock(portal)
        self.watcher = Watcher()
        self.vault = Vault.open(home)
        self.database = Database(f"sqlite:///{home.ledger}")
        self.database.migrate()
        self.ledger = Ledger(self.database, self.vault, Tally(home.evidence))
        self.slug = slug
        adapter = find_adapters()[slug]
        user = portal.users[0]
        credentials = Credentials(
            user.username, SecretStr(user.password), SecretStr(user.totp_secret) if user.totp_secret else None
        )
        login = Login("main", credentials, user.provider.tin, (user.provider.npi,), 1)
        limits = adapter.limits
        self.payer = Payer(
            adapter(url), policy_of(adapter), (login,), delay, limits.verdict_delay, limits.claims_per_send
        )
        self._browser = _browser(loop, patience)
        desk = SharedDesk(portal, self._browser, signs_in)
        self.workshop = Workshop(
            Office([self.payer]),
            self.ledger,
            EvidenceStore(home.evidence, self.vault),
            self.clock,
            lambda: nullcontext(desk),
        )

    def queue(self, claims: Sequence[Claim]) -> list[int]:
        """Queue claims; their ids."""
        before = {row["id"] for row in views.claim_rows(self.ledger)}
        entries.queue(self.ledger, claims, self.slug, Act("tester", self.clock.now()))
        return [row["id"] for row in views.claim_rows(self.ledger) if row["id"] not in before]

    def run(self, order: Order | None = None, timeout: float = 120) -> Summary:
        """Run shifts to their end."""
        return self.loop.run(dispatch.run(self.workshop, order or Order(), self.watcher), timeout)

    def claim(self, claim_id: int) -> Row:
        """A claim as the ledger has it."""
        return views.claim_rows(self.ledger, claim_id=claim_id)[0]

    def tasks(self) -> Rows:
        """The open tasks."""
        return views.task_rows(self.ledger)

    def reopen(self) -> None:
        """Open the gate of the browser that all tests share, after a window was closed under a guard."""
        self._browser.gate.open()

    def requests(self, stage: str) -> int:
        """How many requests of a stage reached the portal, by its own count."""
        return sum(request["stage"] == stage for request in self.portal.requests)

    def stored(self, account: str) -> int:
        """How many claims of an account the portal keeps, by its own books."""
        return sum(account.startswith(str(claim["account"])) for claim in self.portal.claims)


class LetIn(Session):
    """Has signed in before it begins: doing it takes a third of a test that is about something else."""

    def __init__(self, portal: RunningPortal, *about: Any) -> None:
        super().__init__(*about)
        self._portal = portal

    async def _open_sign_in_page(self) -> None:
        name, value = self._portal.let_in()
        await self.context.add_cookies([{"name": name, "value": value, "url": self.adapter.url}])

    async def _enter_credentials(self) -> None:
        self.npi = self._portal.users[0].provider.npi


class SharedDesk:
    """Opens sessions in one browser for all tests on a loop: driver and browser start slowly."""

    def __init__(self, portal: RunningPortal, browser: PayerBrowser, signs_in: bool) -> None:
        self._portal = portal
        self._browser = browser
        self._signs_in = signs_in

    @asynccontextmanager
    async def session(
        self, adapter: Adapter, credentials: Credentials, npis: Sequence[str], sign_ins: SignIns, clock: Clock
    ) -> AsyncIterator[Session]:
        context = await self._browser.context()
        try:
            page = await context.new_page()
            about = (adapter, context, self._browser.gate, page, credentials, npis, sign_ins, clock)
            yield Session(*about) if self._signs_in else LetIn(self._portal, *about)
        finally:
            await context.close()


@cache
def _browser(loop: Loop, patience: timedelta) -> PayerBrowser:
    program = find_browser()
    assert program is not None
    hosts = [site.profile.address for site in SITES.values()]
    return loop.keep(PayerBrowser(loop.driver, program, hosts, timeout=patience))


@contextmanager
def office(
    slug: str, home: Path, loop: Loop, delay: timedelta = timedelta(0), *, signs_in: bool = True
) -> Iterator[TestOffice]:
    """An office with one payer, whose search shows new claims after `delay`; it need not sign in where a test is
    about something else."""
    with (
        running(slug, 0, delay.total_seconds()) as portal,
        _opened(home, portal, portal.url, slug, loop, delay, signs_in=signs_in) as one,
    ):
        yield one


@contextmanager
def wired_office(
    slug: str, home: Path, loop: Loop, delay: timedelta, patience: timedelta, *, signs_in: bool
) -> Iterator[tuple[TestOffice, Wire]]:
    """The same with a wire before the portal; it need not sign in where a test is about something else."""
    with running(slug, 0, delay.total_seconds()) as portal:
        address = urlsplit(portal.url)
        assert address.hostname
        assert address.port
        wire = loop.run(Wire(address.hostname, address.port).__aenter__())
        try:
            with _opened(home, portal, wire.url, slug, loop, delay, patience, signs_in) as one:
                yield one, wire
        finally:
            loop.run(wire.__aexit__(None, None, None))


@contextmanager
def _opened(
    home: Path,
    portal: RunningPortal,
    url: str,
    slug: str,
    loop: Loop,
    delay: timedelta,
    patience: timedelta = PATIENCE,
    signs_in: bool = True,
) -> Iterator[TestOffice]:
    place = Home(home)
    place.create()
    one = TestOffice(place, portal, url, slug, loop, delay, patience, signs_in)
    try:
        yield one
    finally:
        one.database.close()
