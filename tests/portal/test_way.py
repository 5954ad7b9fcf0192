"""What stands where something was awaited: error pages are told at once from pages that take their time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from playwright.async_api import Page, Playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bot.errors import Passing
from bot.portal.adapter import Adapter
from bot.portal.browser import PayerBrowser
from bot.portal.reading import await_rows
from bot.portal.way import explained, heading, reach
from tests.conftest import Loop

#: Longer than a test may take.
LONG = timedelta(seconds=100)
ADAPTER = cast(Adapter, SimpleNamespace(name="The payer", unexpected=(), problems=None))
LATE = """<!doctype html><title>Late</title>
<script>setTimeout(() => document.body.innerHTML = '<h1>Claims</h1>', 1500)</script><body></body>"""


@asynccontextmanager
async def page_of(
    driver: Playwright, chromium: Path, status: int, body: str, patience: timedelta = LONG
) -> AsyncIterator[Page]:
    """A page that a server answered so; status 0: it hung up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if status:
            writer.write(
                f"HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-type: text/html\r\n\r\n{body}".encode()
            )
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.9", 0)
    async with server, PayerBrowser(driver, chromium, ["127.0.0.9"], timeout=patience) as browser:
        page = await (await browser.context()).new_page()
        port = server.sockets[0].getsockname()[1]
        await page.evaluate(f"location.href = 'http://127.0.0.9:{port}/'")
        yield page


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503])
def test_an_error_page_is_not_waited_out(loop: Loop, driver: Playwright, chromium: Path, status: int) -> None:
    async def play() -> None:
        async with page_of(driver, chromium, status, "<h1>Sorry</h1>") as page:
            with pytest.raises(Passing, match=r"The payer's portal answered with an error\."):
                await reach(page, ADAPTER, heading(page, "Claims"))
            with pytest.raises(Passing, match=r"The payer's portal answered with an error\."):
                async with explained(page, ADAPTER):
                    await await_rows(page, "Lines", 1)

    loop.run(play())


def test_a_slow_page_is_waited_for(loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def play() -> None:
        async with page_of(driver, chromium, 200, LATE) as page:
            await reach(page, ADAPTER, heading(page, "Claims"))

    loop.run(play())


def test_a_page_that_never_shows_it_did_not_answer_in_time(loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def play() -> None:
        async with page_of(driver, chromium, 404, "<h1>Other</h1>", timedelta(seconds=1)) as page:
            with pytest.raises(Passing, match="did not answer in time"):
                await reach(page, ADAPTER, heading(page, "Claims"))
            with pytest.raises(PlaywrightTimeout):
                await heading(page, "Claims").wait_for()

    loop.run(play())
