"""What every test may use. Nothing here knows a payer, a claim or a ledger."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.async_api import Playwright, async_playwright

from bot.home import Home
from bot.portal.browser import find_browser

_T = TypeVar("_T")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail when a test was skipped")
    parser.addoption("--record-matrix", action="store_true", help="write matrix.json beside what passed it whole")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where everything must be there, a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and session.config.getoption("--no-skips") and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("PAYERBOT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh home."""
    home = Home(tmp_path / "home")
    home.create()
    return home


class Loop:
    """An event loop in a thread of its own.

    pytest-playwright's fixtures own the loop of the main thread, and the two do not mix in one thread.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._kept = AsyncExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever, name="coroutines", daemon=True)
        self._thread.start()

    def keep(self, manager: AbstractAsyncContextManager[_T]) -> _T:
        """Enter it; it is left when the loop is closed."""
        return self.run(self._kept.enter_async_context(manager))

    @cached_property
    def driver(self) -> Playwright:
        """Playwright, started on this loop; starting it for each test would take longer than the tests."""
        return self.keep(async_playwright())

    def run(self, coroutine: Coroutine[Any, Any, _T], timeout: float = 60) -> _T:
        """What the coroutine returns or raises; after `timeout` seconds it is cancelled, and that is a failure."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout)
        except TimeoutError:
            if future.done():
                raise  # the coroutine's own
            future.cancel()
            pytest.fail(f"no end after {timeout} s")

    def close(self) -> None:
        self.run(self._kept.aclose())
        self.run(_cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """The one background loop on which the bot's coroutines run: ``loop.run(coroutine)``."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def driver(loop: Loop) -> Playwright:
    """Playwright on that loop."""
    return loop.driver


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser program of this machine."""
    found = find_browser()
    if found is None:
        pytest.skip("no browser: run payerbot browser")
    return found
