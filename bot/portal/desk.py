"""Where a shift sits: a browser of its own, one window in it, and the session of its login."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from bot.clock import Clock
from bot.errors import ConfigurationError
from bot.portal.adapter import Adapter, Credentials
from bot.portal.browser import PayerBrowser, find_browser
from bot.portal.session import Session, SignIns


class Desk(Protocol):
    """Opens sessions; the shifts of one process share it."""

    def session(
        self, adapter: Adapter, credentials: Credentials, npis: Sequence[str], sign_ins: SignIns, clock: Clock
    ) -> AbstractAsyncContextManager[Session]:
        """A session of this login, not signed in yet; gone with all it left in the browser when the block ends.

        Raises `Passing` when the browser does not start or dies.
        """
        ...


class BrowserDesk:
    """A real browser for each session: its gate is shut while that session sends."""

    def __init__(self, playwright: Playwright, executable: Path, headed: bool, patience: timedelta) -> None:
        self._playwright = playwright
        self._executable = executable
        self._headed = headed
        self._patience = patience

    def browser(self, *hosts: str) -> AbstractAsyncContextManager[PayerBrowser]:
        """A browser whose pages reach these hosts only."""
        return PayerBrowser(self._playwright, self._executable, hosts, headed=self._headed, timeout=self._patience)

    @asynccontextmanager
    async def session(
        self, adapter: Adapter, credentials: Credentials, npis: Sequence[str], sign_ins: SignIns, clock: Clock
    ) -> AsyncIterator[Session]:
        """See `Desk`."""
        async with self.browser(adapter.host, *adapter.other_hosts) as browser:
            context = await browser.context()
            try:
                page = await context.new_page()
                yield Session(adapter, context, browser.gate, page, credentials, npis, sign_ins, clock)
            finally:
                with suppress(PlaywrightError):  # a browser that died took its context along
                    await context.close()


@asynccontextmanager
async def browser_desk(
    executable: Path | None = None,
    *,
    headed: bool = False,
    patience: timedelta = timedelta(seconds=15),
) -> AsyncIterator[BrowserDesk]:
    """Start Playwright with this browser program, or the first one found. `patience` is how long a page may take
    to show what is awaited. Raises `ConfigurationError` when there is no browser."""
    found = find_browser(executable, headed=headed)
    if found is None and headed:
        raise ConfigurationError("No browser that has a window is installed: install Chromium, Chrome or Edge.")
    if found is None:
        raise ConfigurationError("No browser is installed. Run: payerbot browser")
    async with async_playwright() as playwright:
        yield BrowserDesk(playwright, found, headed, patience)
