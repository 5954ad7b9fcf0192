"""The guard, in a real browser, against a server that counts every request at its socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright

from bot.portal.adapter import Stage, StageKind
from bot.portal.browser import PayerBrowser
from bot.portal.send_once import Guard
from tests.conftest import Loop

SUBMIT = Stage("submit", StageKind.FINAL, "POST", "/submit")

FORM = """<!doctype html><title>form</title>
<form method=post action=/submit enctype="{enctype}"><input name=account value=A1>
<input type=file name=file><input type=file name=other><button>Send</button></form>
<button id=fetch onclick="fetch('/submit', {{method: 'POST', body: 'account=A1'}}).catch(() => 0)">Fetch</button>
<button id=twice onclick="for (let i = 0; i < 2; i++)
  fetch('/submit', {{method: 'POST', body: 'account=A1'}}).catch(() => 0)">Twice</button>
<button id=other onclick="fetch('/other', {{method: 'POST', body: 'x'}}).catch(() => 0)">Other</button>"""


class Server:
    """Serves the form; what it does with a POST is told to it."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, bytes]] = []
        #: reply, drop (close without a byte), or hang (no reply).
        self.mood = "reply"
        self.enctype = "application/x-www-form-urlencoded"
        self.arrived = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path, _ = head.split(" ", 2)
                length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                if method == "POST":
                    self.posts.append((path, body))
                    self.arrived.set()
                    if self.mood == "hang":
                        await asyncio.sleep(30)
                    if self.mood == "drop":
                        return
                page = FORM.format(enctype=self.enctype) if method == "GET" else "<h1>Received</h1>"
                text = page.encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n")
                writer.write(b"content-length: %d\r\n\r\n" % len(text) + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


async def _mine() -> bool:
    return True


async def _not_mine() -> bool:
    return False


@asynccontextmanager
async def scene(driver: Playwright, chromium: Path) -> AsyncIterator[tuple[Server, Page, PayerBrowser]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.9", 0)
    port = listening.sockets[0].getsockname()[1]
    browser = PayerBrowser(driver, chromium, ["127.0.0.9"], timeout=timedelta(seconds=5))
    async with browser:
        context = await browser.context()
        page = await context.new_page()
        await page.goto(f"http://127.0.0.9:{port}/")
        try:
            yield server, page, browser
        finally:
            await context.close()
            listening.close()


def guard_of(page: Page, browser: PayerBrowser, mine: bool = True) -> Guard:
    return Guard(page.context, browser.gate, [SUBMIT], _mine if mine else _not_mine)


PRESSES = {"form": "form button", "fetch": "#fetch"}


@pytest.mark.parametrize("press", PRESSES)
def test_a_browser_left_alone_repeats_a_lost_post(
    press: str, loop: Loop, driver: Playwright, chromium: Path
) -> None:
    """Why there is a guard. When this fails, Chromium has stopped doing it."""

    async def play() -> None:
        async with scene(driver, chromium) as (server, page, _):
            server.mood = "drop"
            await page.locator(PRESSES[press]).click()
            async with asyncio.timeout(5):
                while len(server.posts) < 2:
                    await page.evaluate("() => new Promise(requestAnimationFrame)")

    loop.run(play())


@pytest.mark.parametrize("mood", ["reply", "drop"])
@pytest.mark.parametrize("press", PRESSES)
def test_a_guarded_post_leaves_once(press: str, mood: str, loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def play() -> None:
        async with scene(driver, chromium) as (server, page, browser):
            server.mood, home = mood, page.url
            async with guard_of(page, browser) as guard:
                guard.permit(SUBMIT)
                await page.locator(PRESSES[press]).click(no_wait_after=True)
                await guard.answered()
            await page.goto(home)  # whatever was sent before has arrived by now
            assert [path for path, _ in server.posts] == ["/submit"]
            assert guard.sent == [SUBMIT]

    loop.run(play())


@pytest.mark.parametrize("mood", ["reply", "drop"])
def test_files_arrive_whole_and_once(
    mood: str, tmp_path: Path, loop: Loop, driver: Playwright, chromium: Path
) -> None:
    file, other = tmp_path / "note.pdf", tmp_path / "other.pdf"
    file.write_bytes(bytes(range(256)) * 400 + b"\r\n--not-a-boundary\r\n")
    other.write_bytes(b"%PDF second")

    async def play() -> None:
        async with scene(driver, chromium) as (server, page, browser):
            server.mood, server.enctype = mood, "multipart/form-data"
            await page.reload()
            await page.locator("[name=file]").set_input_files(file)
            await page.locator("[name=other]").set_input_files(other)
            async with guard_of(page, browser) as guard:
                guard.permit(SUBMIT, [file, other])
                await page.locator("form button").click(no_wait_after=True)
                await guard.answered()
            [(_, body)] = server.posts
            assert file.read_bytes() in body
            assert other.read_bytes() in body
            assert body.count(b"filename=") == 2

    loop.run(play())


def test_leaving_while_it_is_under_way_does_not_send_it_again(
    loop: Loop, driver: Playwright, chromium: Path
) -> None:
    """Taking the interception away would let the browser send what it holds."""

    async def play() -> None:
        async with scene(driver, chromium) as (server, page, browser):
            server.mood = "hang"
            async with guard_of(page, browser) as guard:
                guard.permit(SUBMIT)
                await page.locator("#fetch").click()
                await server.arrived.wait()
            server.mood = "reply"
            await page.reload()
            assert len(server.posts) == 1

    loop.run(play())


def test_nothing_else_leaves_from_the_first_permit_on(loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def play() -> None:
        async with scene(driver, chromium) as (server, page, browser):
            async with guard_of(page, browser) as guard:
                await page.locator("#other").click()  # before the first permit the form may still talk
                await server.arrived.wait()
                await page.locator("#fetch").click()  # but a stage may not leave unarmed
                guard.permit(SUBMIT)
                await page.locator("#twice").click()
                await guard.answered()
                await page.locator("#other").click()
                await page.evaluate("() => fetch('/').then(answer => answer.text())")
            assert [path for path, _ in server.posts] == ["/other", "/submit"]
            assert guard.stopped == 3

    loop.run(play())


def test_a_claim_that_is_not_ours_any_more_does_not_leave(loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def play() -> None:
        async with scene(driver, chromium) as (server, page, browser):
            async with guard_of(page, browser, mine=False) as guard:
                guard.permit(SUBMIT)
                await page.locator("#fetch").click()
                await guard.answered()
            assert (server.posts, guard.sent) == ([], [])

    loop.run(play())


def test_what_the_browser_asks_while_the_gate_is_shut_goes_when_it_opens(
    loop: Loop, driver: Playwright, chromium: Path
) -> None:
    """The receipt that an answer redirects to: the browser asks for it before we hear that it has the answer."""

    async def play() -> None:
        async with scene(driver, chromium) as (_, page, browser):
            browser.gate.shut()
            async with page.expect_event("request"):
                reloading = asyncio.ensure_future(page.reload())
            done, _ = await asyncio.wait([reloading], timeout=0.2)
            assert not done
            browser.gate.open()
            await reloading

    loop.run(play())
