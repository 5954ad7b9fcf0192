"""The browser against two small servers: one on the portal's address, one that nothing may reach."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bot.errors import ConfigurationError, Passing
from bot.home import Home
from bot.portal.browser import PayerBrowser
from bot.portal.evidence import EvidenceStore
from bot.vault import Vault
from tests.conftest import Loop

OWN, OTHER = "127.0.0.2", "127.0.0.3"


class Server:
    """Answers every request with one page and remembers what arrived; a connection alone counts."""

    def __init__(self, host: str, page: str = "<p>hello</p>", headers: str = "") -> None:
        self.host = host
        self.page = page
        self.headers = headers
        self.arrived: list[str] = []
        self.hangs = False

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._answer, self.host, 0)
        self.url = f"http://{self.host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = "connection"
        try:
            line = (await reader.readuntil(b"\r\n\r\n")).split(b" HTTP", 1)[0].decode()
            if self.hangs and "late" in line:
                await reader.read()
            body = self.page.encode()
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
                f"Access-Control-Allow-Origin: *\r\n{self.headers}Connection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.arrived.append(line)
            writer.close()


@asynccontextmanager
async def serving(*servers: Server) -> AsyncIterator[None]:
    for server in servers:
        await server.start()
    try:
        yield
    finally:
        for server in servers:
            await server.stop()


@pytest.fixture(scope="module")
def own_browser(loop: Loop, driver: Playwright, chromium: Path) -> Iterator[PayerBrowser]:
    """One that may reach its portal only."""
    browser = PayerBrowser(driver, chromium, [OWN], timezone="America/Chicago", timeout=timedelta(seconds=5))
    loop.run(browser.__aenter__())
    yield browser
    loop.run(browser.__aexit__(None, None, None))


@asynccontextmanager
async def opened(browser: PayerBrowser, url: str) -> AsyncIterator[Page]:
    context = await browser.context()
    try:
        page = await context.new_page()
        await page.goto(url)
        yield page
    finally:
        await context.close()


async def try_all(page: Page, url: str) -> None:
    """Every way a page has to reach an address, each waited for until it worked or failed."""
    await page.evaluate("url => fetch(url + '/fetch').catch(() => null)", url)
    await page.evaluate(
        """url => new Promise(done => {
            const image = new Image(); image.onload = image.onerror = done; image.src = url + '/image'; })""",
        url,
    )
    await page.evaluate(
        """url => new Promise(done => {
            const socket = new WebSocket(url.replace('http', 'ws') + '/socket');
            socket.onopen = socket.onerror = done; })""",
        url,
    )
    await page.evaluate(
        """url => new Promise(done => {
            const frame = document.createElement('iframe');
            frame.onload = done; frame.src = url + '/frame'; document.body.append(frame); })""",
        url,
    )
    await page.evaluate("url => { document.cookie = 'a=b'; navigator.sendBeacon(url + '/beacon', 'x'); }", url)
    async with page.expect_popup() as opening:
        await page.evaluate("url => { window.open(url + '/popup'); }", url)
    await settled(await opening.value)
    async with page.expect_popup() as opening:
        await page.evaluate(
            """url => {
                const form = document.createElement('form');
                form.method = 'post'; form.target = '_blank'; form.action = url + '/form';
                document.body.append(form); form.submit(); }""",
            url,
        )
    await settled(await opening.value)


async def settled(page: Page) -> None:
    """Once the page, or the browser's own error page, is there."""
    await page.wait_for_url(lambda url: url != "about:blank")
    await page.wait_for_load_state()


WAYS = {
    "GET /fetch",
    "GET /image",
    "GET /socket",
    "GET /frame",
    "POST /beacon",
    "GET /popup",
    "POST /form",
}


@pytest.mark.parametrize("allowed", [False, True], ids=["held", "declared"])
def test_no_page_reaches_a_host_that_was_not_declared(
    loop: Loop, driver: Playwright, chromium: Path, allowed: bool
) -> None:
    """Declared, everything arrives: so the ways are real ones, and the other host is there."""

    async def scene() -> tuple[list[str], list[str]]:
        own, other = Server(OWN), Server(OTHER)
        hosts = [OWN, OTHER] if allowed else [OWN]
        browser = PayerBrowser(driver, chromium, hosts)
        async with serving(own, other), browser, opened(browser, own.url) as page:
            await try_all(page, own.url)
            await try_all(page, other.url)
        return own.arrived, other.arrived

    own_arrived, other_arrived = loop.run(scene())

    assert set(own_arrived) >= WAYS
    if allowed:
        assert set(other_arrived) >= WAYS
    else:
        assert other_arrived == []


def test_nor_by_name_nor_by_being_sent_on(loop: Loop, own_browser: PayerBrowser) -> None:
    async def scene() -> list[str]:
        other = Server("127.0.0.1")
        own = Server(OWN)
        async with serving(own, other), opened(own_browser, own.url) as page:
            port = other.url.rpartition(":")[2]
            for host in ("localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433"):
                await page.evaluate("url => fetch(url).catch(() => null)", f"http://{host}:{port}/")
                another = await page.context.new_page()
                with pytest.raises(PlaywrightError, match="ERR_SOCKS_CONNECTION_FAILED"):
                    await another.goto(f"http://{host}:{port}/")
        return other.arrived

    assert loop.run(scene()) == []


MOVING = """<!doctype html>
<script nonce="page">
  window.ended = 0;
  document.addEventListener('animationend', () => window.ended += 1);
</script>
<style nonce="page">
  @keyframes appear { from { opacity: 0 } to { opacity: 1 } }
  .moving { transition: color 30s; animation: appear 30s infinite; }
  .appears { opacity: 0; animation: appear 30s forwards; }
</style>
<p class="moving">moves</p><p class="appears">appears</p><div id="host"></div>
<script nonce="page">
  const root = document.querySelector('#host').attachShadow({mode: 'open'});
  root.innerHTML = '<style nonce="page">p { transition: color 30s }</style><p class="inside">inside</p>';
</script>
"""
STILL = """() => {
  const inside = document.querySelector('#host')?.shadowRoot.querySelector('.inside');
  return inside && [document.querySelector('.moving'), inside].map(element => getComputedStyle(element))
    .every(style => style.transitionDuration === '0s' && style.animationDuration === '0s');
}"""
ENDED = "() => window.ended > 0 && getComputedStyle(document.querySelector('.appears')).opacity === '1'"
# Playwright's own wait_for_function needs eval, which the policy forbids.
COMES_TRUE = "() => new Promise(done => { const look = () => (%s)() ? done() : setTimeout(look, 5); look(); })"


def test_nothing_moves_whatever_the_policy_in_frames_and_popups_too(loop: Loop, own_browser: PayerBrowser) -> None:
    async def scene() -> None:
        policy = "Content-Security-Policy: default-src 'none'; style-src 'nonce-page'; script-src 'nonce-page'; "
        own = Server(OWN, MOVING, policy + "frame-src 'self'; connect-src 'self'\r\n")
        async with serving(own), opened(own_browser, own.url) as page:
            await page.evaluate(
                "() => { const frame = document.createElement('iframe'); frame.src = '/frame';"
                " document.body.append(frame); }"
            )
            frame = page.frames[1]
            await frame.wait_for_url("**/frame")
            for where in (page, frame):
                await where.evaluate(COMES_TRUE % STILL)
                await where.evaluate(COMES_TRUE % ENDED)
            async with page.expect_popup() as opening:
                await page.evaluate("() => { window.open('/popup'); }")
            popup = await opening.value
            await settled(popup)
            await popup.evaluate(COMES_TRUE % STILL)

    loop.run(scene())


def test_each_window_is_the_same_everywhere(loop: Loop, own_browser: PayerBrowser) -> None:
    async def scene() -> list[object]:
        own = Server(OWN)
        async with serving(own), opened(own_browser, own.url) as page:
            return [
                page.viewport_size,
                await page.evaluate("navigator.language"),
                await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone"),
            ]

    assert loop.run(scene()) == [{"width": 1280, "height": 1024}, "en-US", "America/Chicago"]


def test_a_service_worker_is_not_let_in(loop: Loop, own_browser: PayerBrowser) -> None:
    async def scene() -> list[str]:
        own = Server(OWN)
        async with serving(own), opened(own_browser, own.url) as page:
            await page.evaluate("navigator.serviceWorker?.register('/worker.js').catch(() => null)")
        return own.arrived

    assert "GET /worker.js" not in loop.run(scene())


def test_windows_share_no_cookies_but_take_a_saved_sign_in(loop: Loop, own_browser: PayerBrowser) -> None:
    async def scene() -> tuple[str, str]:
        own = Server(OWN)
        async with serving(own):
            async with opened(own_browser, own.url) as page:
                await page.evaluate("document.cookie = 'session=7'")
                saved = await page.context.storage_state()
            async with opened(own_browser, own.url) as page:
                fresh = await page.evaluate("document.cookie")
            context = await own_browser.context(saved)
            page = await context.new_page()
            await page.goto(own.url)
            signed_in = await page.evaluate("document.cookie")
            await context.close()
        return fresh, signed_in

    assert loop.run(scene()) == ("", "session=7")


def test_each_step_is_bounded_in_time(loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def scene() -> None:
        own = Server(OWN)
        browser = PayerBrowser(driver, chromium, [OWN], timeout=timedelta(milliseconds=200))
        async with serving(own), browser, opened(browser, own.url) as page:
            await page.get_by_role("button", name="Never there").click()

    with pytest.raises(PlaywrightTimeout, match="200ms"):
        loop.run(scene(), timeout=10)


async def kill(browser: PayerBrowser) -> None:
    """Kill the browser's main process, as a full memory would."""
    assert browser._browser is not None
    session = await browser._browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    gone = asyncio.Event()
    browser._browser.on("disconnected", lambda _: gone.set())
    os.kill(next(process["id"] for process in processes if process["type"] == "browser"), signal.SIGKILL)
    await gone.wait()


async def crash(page: Page) -> None:
    """End the page's own process."""
    session = await page.context.new_cdp_session(page)
    async with page.expect_event("crash"):
        crashing = asyncio.ensure_future(session.send("Page.crash"))
    crashing.cancel()


def test_a_browser_that_dies_is_a_passing_error(loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def scene() -> None:
        own = Server(OWN)
        async with serving(own), PayerBrowser(driver, chromium, [OWN]) as browser:
            page = await (await browser.context()).new_page()
            await page.goto(own.url)
            await kill(browser)
            with pytest.raises(Passing, match="The browser stopped"):
                await browser.context()
            await page.goto(own.url)

    with pytest.raises(Passing, match="The browser stopped") as stopped:
        loop.run(scene())
    assert isinstance(stopped.value.__cause__, PlaywrightError)


def test_a_page_that_dies_is_a_passing_error_and_others_are_not(loop: Loop, own_browser: PayerBrowser) -> None:
    async def scene() -> None:
        own = Server(OWN)
        async with serving(own), opened(own_browser, own.url) as page:
            with pytest.raises(PlaywrightError, match="boom"), own_browser.crash_is_passing():
                await page.evaluate("() => { throw new Error('boom') }")
            await crash(page)
            with own_browser.crash_is_passing():
                await page.get_by_text("hello").click()

    with pytest.raises(Passing):
        loop.run(scene())
    assert own_browser.alive


def test_an_error_of_the_work_passes_through(loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def scene() -> None:
        async with PayerBrowser(driver, chromium, [OWN]) as browser:
            await kill(browser)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        loop.run(scene())


@pytest.mark.parametrize(
    ("says", "error", "sentence"),
    [
        (None, ConfigurationError, "it is not there"),
        ("No usable sandbox!", ConfigurationError, "does not let it build its sandbox"),
        ("error while loading shared libraries: libnss3.so", ConfigurationError, "lacks system libraries"),
        ("Missing X server or $DISPLAY", ConfigurationError, "no screen"),
        ("out of memory", Passing, "did not start"),
    ],
)
def test_a_browser_that_does_not_start_says_what_to_do(
    loop: Loop, driver: Playwright, tmp_path: Path, says: str | None, error: type[Exception], sentence: str
) -> None:
    program = tmp_path / "browser"
    if says is not None:
        program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
        program.chmod(0o755)

    async def scene() -> None:
        async with PayerBrowser(driver, program, [OWN]):
            pytest.fail("started")

    with pytest.raises(error, match=sentence):
        loop.run(scene())


@pytest.mark.parametrize("hosts", [[], ["*"], ["a.example, EXCLUDE *"], ["https://a.example"], ["a.example:80"]])
def test_hosts_are_names_and_nothing_else(driver: Playwright, chromium: Path, hosts: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="host name"):
        PayerBrowser(driver, chromium, hosts)


AT = datetime(2026, 5, 1, 3, 4, 6, tzinfo=UTC)


def test_evidence_of_a_real_page_is_its_whole_length(loop: Loop, own_browser: PayerBrowser, home: Home) -> None:
    store = EvidenceStore(home.evidence, Vault.open(home))

    async def scene() -> bytes:
        own = Server(OWN, "<div style='height: 3000px'>Receipt 42</div>")
        async with serving(own), opened(own_browser, own.url) as page:
            return store.open(await store.keep(page, "receipt", AT))

    with zipfile.ZipFile(io.BytesIO(loop.run(scene()))) as bundle:
        assert b"Receipt 42" in bundle.read("page.html")
        picture = bundle.read("page.png")
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[20:24]) >= 3000


def test_evidence_of_a_page_on_its_way_elsewhere(loop: Loop, own_browser: PayerBrowser, home: Home) -> None:
    """The next page never comes; what is shown until then is kept."""
    store = EvidenceStore(home.evidence, Vault.open(home), patience=timedelta(seconds=2))

    async def scene() -> bytes:
        own = Server(OWN, "<p>Receipt 42</p>")
        own.hangs = True
        async with serving(own), opened(own_browser, own.url) as page:
            await page.evaluate("() => { location.href = '/late'; }")
            return store.open(await store.keep(page, "receipt", AT))

    with zipfile.ZipFile(io.BytesIO(loop.run(scene(), timeout=30))) as bundle:
        assert b"Receipt 42" in bundle.read("page.mhtml")
        assert bundle.read("page.png").startswith(b"\x89PNG")


def test_evidence_of_a_page_that_hangs_or_is_gone(loop: Loop, own_browser: PayerBrowser, home: Home) -> None:
    store = EvidenceStore(home.evidence, Vault.open(home), patience=timedelta(milliseconds=300))

    async def scene() -> None:
        own = Server(OWN)
        async with serving(own), opened(own_browser, own.url) as page:
            await page.evaluate("() => { setTimeout(() => { for (;;) {} }, 0); }")
            with pytest.raises(Passing, match="could not be kept"):
                await store.keep(page, "failure", AT)
            await page.close()
            with pytest.raises(Passing, match="could not be kept"):
                await store.keep(page, "failure", AT)

    loop.run(scene())
