"""The guard, in a real browser: every way to send, and every way to lose the answer, counted at the socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Playwright, StorageState, async_playwright
from playwright.async_api import Error as PlaywrightError
from pydantic import SecretStr

from bot.clock import SystemClock
from bot.errors import FormChanged
from bot.portal import send_once
from bot.portal.adapter import Credentials, Stage, StageKind
from bot.portal.browser import PayerBrowser
from bot.portal.send_once import Guard
from bot.portal.session import Session
from bot.portal.submission import rehearse
from fixtures.wire import Cut, Loss, Wire
from tests.certificates import Authority
from tests.conftest import Loop
from tests.unit.portal.test_fit import CLAIM, Plain

HOST = "127.0.0.9"
UPLOAD = Stage("upload", StageKind.DRAFT, "POST", "/documents")
SUBMIT = Stage("submit", StageKind.FINAL, "POST", "/submit")
POST = ("POST", ".*")

PAGE = """<!doctype html><title>Ways to send</title><h1>Ways to send</h1><input type=password>
<form id=form method=post action=/submit><input name=account value=A1><button>Send</button></form>
<form id=redirect method=post action="/submit?then=/receipt"><button>Send</button></form>
<form id=tab method=post action=/submit target=_blank><button>Send</button></form>
<form id=files method=post action=/submit enctype=multipart/form-data>
<input type=file name=note><input type=file name=other><button>Send</button></form>
<button id=upload>Upload</button><button id=fetch>Fetch</button><button id=xhr>XHR</button>
<button id=keepalive>Keep alive</button><button id=beacon>Beacon</button><button id=worker>Worker</button>
<button id=twice>Twice</button><button id=other>Other</button><div id=answer></div>
<script>
const answer = document.getElementById("answer");
const post = (path, body, more) => fetch(path, { method: "POST", body, ...more })
  .then(reply => reply.text()).then(text => { answer.innerHTML = text; }).catch(() => {});
const ways = {
  upload: () => post("/documents", new FormData(document.getElementById("files"))),
  fetch: () => post("/submit", "account=A1"),
  keepalive: () => post("/submit", "account=A1", { keepalive: true }),
  beacon: () => navigator.sendBeacon("/submit", "account=A1"),
  xhr: () => {
    const request = new XMLHttpRequest();
    request.open("POST", "/submit");
    request.onload = () => { answer.innerHTML = request.responseText; };
    request.send("account=A1");
  },
  worker: () => {
    const source = `onmessage = ({ data }) => fetch(data, { method: "POST", body: "account=A1" })
      .then(reply => reply.text()).then(postMessage).catch(() => {})`;
    const worker = new Worker(URL.createObjectURL(new Blob([source])));
    worker.onmessage = ({ data }) => { answer.innerHTML = data; };
    worker.postMessage(`${location.origin}/submit`);
  },
  twice: () => { ways.fetch(); ways.fetch(); },
  other: () => post("/other", "x"),
};
for (const [id, way] of Object.entries(ways)) document.getElementById(id).addEventListener("click", way);
</script>"""


@dataclass(frozen=True, slots=True)
class Press:
    """A press that sends."""

    selector: str
    stage: Stage = SUBMIT
    #: Whether it carries the two files.
    files: bool = False
    #: Where the portal's answer is shown: here, in a new tab, or nowhere.
    shown: str = "here"


FETCH = Press("#fetch")
SEND_FILES, SEND_UPLOAD = Press("#files button", files=True), Press("#upload", UPLOAD, files=True)
#: Every way a portal sends: the presses it takes, the last of which is disturbed.
WAYS = {
    "form": [Press("#form button")],
    "form-redirect": [Press("#redirect button")],
    "form-new-tab": [Press("#tab button", shown="tab")],
    "form-files": [SEND_FILES],
    "fetch": [FETCH],
    "fetch-files": [SEND_UPLOAD],
    "fetch-keepalive": [Press("#keepalive")],
    "xhr": [Press("#xhr")],
    "beacon": [Press("#beacon", shown="nowhere")],
    "worker": [Press("#worker")],
    "draft-final": [SEND_UPLOAD, FETCH],
}
#: Those that are played with every loss, and over TLS: the others differ from them only on this side of the guard.
USUAL = ("form", "form-redirect", "form-files", "fetch", "draft-final")
LOSSES = [None, *(Loss(cut, delivered) for cut in Cut for delivered in (True, False))]

ways = pytest.mark.parametrize("way", WAYS)
schemes = pytest.mark.parametrize("scheme", ["http", "https"])


def _played() -> Iterator[object]:
    """Whether the portal had it by then, neither the browser nor TLS knows: that is played with the usual ways."""
    for loss in LOSSES:
        delivered = loss is None or loss.delivered
        lost = f"{loss.cut}-{'delivered' if delivered else 'undelivered'}" if loss else "answered"
        for way in WAYS if delivered else USUAL:
            yield pytest.param("http", way, loss, id=f"http-{way}-{lost}")
        for way in USUAL if delivered else ():
            yield pytest.param("https", way, loss, id=f"https-{way}-{lost}")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A portal behind the wire: it takes what comes and says so."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    if length := re.search(r"content-length: (\d+)", head, re.IGNORECASE):
        await reader.readexactly(int(length[1]))
    onward = re.search(r"^POST \S+\?then=(\S+)", head)
    status = f"303 See Other\r\nLocation: {onward[1]}" if onward else "200 OK"
    body = PAGE if head.startswith("GET / ") else "<h2>Received</h2>"
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    writer.close()


async def _mine() -> bool:
    return True


async def _not_mine() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Lane:
    """A browser on the way to a portal."""

    browser: PayerBrowser
    authority: Authority | None

    @asynccontextmanager
    async def scene(self) -> AsyncIterator[tuple[Wire, Page]]:
        """The portal's page, and the wire before the portal. What was asked before is at the wire at the end."""
        portal = await asyncio.start_server(answer, HOST, 0)
        port = portal.sockets[0].getsockname()[1]
        async with portal, Wire(HOST, port, self.authority.server if self.authority else None) as wire:
            context = await self.browser.context()
            page = await context.new_page()
            await page.goto(wire.url)
            try:
                yield wire, page
                await (await context.new_page()).goto(wire.url)
            finally:
                await context.close()

    def guard(self, page: Page, *, mine: bool = True) -> Guard:
        return Guard(page.context, self.browser.gate, [UPLOAD, SUBMIT], _mine if mine else _not_mine)


def started(loop: Loop, driver: Playwright, chromium: Path) -> PayerBrowser:
    browser = PayerBrowser(driver, chromium, [HOST], timeout=timedelta(seconds=8))
    return loop.run(browser.__aenter__())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), HOST)


@pytest.fixture(scope="module")
def plain(loop: Loop, driver: Playwright, chromium: Path) -> Iterator[Lane]:
    """Over HTTP."""
    browser = started(loop, driver, chromium)
    yield Lane(browser, None)
    loop.run(browser.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def secure(loop: Loop, chromium: Path, authority: Authority) -> Iterator[Lane]:
    """Over TLS, with a driver and a browser that trust the test's authority."""
    manager = async_playwright()
    with pytest.MonkeyPatch.context() as patch:
        authority.trust_in_node(patch)
        authority.trust_in_chromium(patch)
        browser = started(loop, loop.run(manager.start()), chromium)
    yield Lane(browser, authority)
    loop.run(browser.__aexit__(None, None, None))
    loop.run(manager.__aexit__())


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two documents that no text codec leaves alone."""
    note, other = tmp_path / "note.pdf", tmp_path / "other.pdf"
    note.write_bytes(bytes(range(256)) * 400 + b"\r\n--not-a-boundary\r\n")
    other.write_bytes(b"%PDF second")
    return [note, other]


async def attach(page: Page, files: list[Path]) -> None:
    for name, file in zip(("note", "other"), files, strict=True):
        await page.locator(f"[name={name}]").set_input_files(file)


async def receipt(context: BrowserContext, shown: str) -> None:
    """Wait until the portal's answer is seen where it belongs."""
    if shown == "nowhere":
        return
    page = context.pages[0]
    if shown == "tab":
        page = context.pages[1] if len(context.pages) > 1 else await context.wait_for_event("page")
    await page.get_by_role("heading", name="Received").wait_for()


@pytest.mark.parametrize("way", ["form", "fetch"])
@schemes
def test_a_browser_left_alone_repeats_a_lost_post(
    scheme: str, way: str, loop: Loop, request: pytest.FixtureRequest
) -> None:
    """Why there is a guard. When this fails, Chromium has stopped doing it."""
    lane: Lane = request.getfixturevalue({"http": "plain", "https": "secure"}[scheme])

    async def play() -> None:
        async with lane.scene() as (wire, page):
            wire.lose(Loss(Cut.FIN, delivered=True), *POST)
            await page.locator(WAYS[way][0].selector).click(no_wait_after=True)
            await wire.until(2, "POST", "/submit")

    loop.run(play())


@pytest.mark.parametrize(("scheme", "way", "loss"), list(_played()))
def test_a_guarded_stage_leaves_once(
    scheme: str,
    way: str,
    loss: Loss | None,
    files: list[Path],
    loop: Loop,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lane: Lane = request.getfixturevalue({"http": "plain", "https": "secure"}[scheme])
    presses = WAYS[way]
    if loss and loss.cut is Cut.HANG:
        monkeypatch.setattr(send_once, "SEND_TIMEOUT_MS", 600)

    async def play() -> None:
        async with lane.scene() as (wire, page):
            await attach(page, files)
            async with lane.guard(page) as guard:
                for press in presses:
                    lost = loss if press is presses[-1] else None
                    if lost:
                        wire.lose(lost, press.stage.method, press.stage.path)
                    guard.permit(press.stage, files if press.files else ())
                    await page.locator(press.selector).click(no_wait_after=True)
                    assert await guard.answered() is (lost is None)
                    if lost is None:
                        await receipt(page.context, press.shown)
            assert guard.sent == [press.stage for press in presses]
        sent = [arrived for arrived in wire.requests if arrived.method != "GET"]
        assert [arrived.path for arrived in sent] == [press.stage.path for press in presses]
        for press, arrived in zip(presses, sent, strict=True):
            assert arrived.body.count(b"filename=") == len(files) * press.files
            assert all(file.read_bytes() in arrived.body for file in files) or not press.files

    loop.run(play())


class Hasty(Plain):
    """An adapter that sends when it should only get ready."""

    home = "Ways to send"
    stages = (UPLOAD, SUBMIT)
    selector: str

    async def provider_shown(self, page: Page) -> str:
        return str(CLAIM.billing.npi)

    async def ready_to_send(self, page: Page) -> None:
        async with page.context.expect_event("requestfailed") as failing:
            await page.locator(self.selector).click(no_wait_after=True)
        raise FormChanged(str((await failing.value).failure))


class SignIns:
    """Lets everybody in."""

    async def arm(self) -> None: ...

    async def ended(self, *, worked: bool) -> None: ...

    async def take_step(self, step: int) -> bool:
        return True

    async def saved(self) -> None: ...

    async def keep(self, state: StorageState) -> None: ...

    async def forget(self) -> None: ...


@ways
def test_a_dry_run_cannot_send(way: str, loop: Loop, plain: Lane) -> None:
    async def play() -> None:
        async with plain.scene() as (wire, page):
            adapter = Hasty(wire.url)
            adapter.selector = WAYS[way][0].selector
            session = Session(
                adapter,
                page.context,
                plain.browser.gate,
                page,
                Credentials("night", SecretStr("secret")),
                [CLAIM.billing.npi],
                SignIns(),
                SystemClock(),
            )
            with pytest.raises(FormChanged, match="ERR_BLOCKED_BY_CLIENT"):
                await rehearse(session, CLAIM)
        assert wire.count(*POST) == 0

    loop.run(play())


#: Ways to send that no route sees: each tries, and comes back when it has sent or could not.
PAST = {
    "shared worker": """() => new Promise(done => {
        const source = `onconnect = ({ ports: [port] }) => fetch("${location.origin}/submit", { method: "POST" })
            .then(() => port.postMessage("sent"))`;
        new SharedWorker(URL.createObjectURL(new Blob([source]))).port.onmessage = done;
    }).catch(() => {})""",
    "fetchLater": """() => { try { fetchLater("/submit", { method: "POST" }); } catch {} }""",
    "beacon of a page that leaves": """() => addEventListener("pagehide", () => {
        navigator.sendBeacon("/submit", "account=A1"); })""",
    "fetch of a page that leaves": """() => addEventListener("pagehide", () => {
        fetch("/submit", { method: "POST", keepalive: true }); })""",
    "request of a page that leaves": """() => addEventListener("pagehide", () => {
        fetch(new Request("/submit", { method: "POST", keepalive: true })); })""",
    "script of a page that leaves": """() => addEventListener("unload", () => {
        const request = new XMLHttpRequest();
        request.open("POST", "/submit");
        request.send("account=A1"); })""",
}


@pytest.mark.parametrize("leaving", [True, False], ids=["by-itself", "with-the-guard"])
@pytest.mark.parametrize("past", PAST)
def test_nothing_leaves_past_the_guard(past: str, leaving: bool, loop: Loop, plain: Lane) -> None:
    async def play() -> None:
        async with plain.scene() as (wire, page):
            async with plain.guard(page) as guard:
                guard.permit(UPLOAD)
                await page.evaluate(PAST[past])
                if leaving:
                    await page.goto(wire.url)
            await page.goto(wire.url)
        assert wire.count(*POST) == 0

    loop.run(play())


def test_leaving_while_it_is_under_way_does_not_send_it_again(loop: Loop, plain: Lane) -> None:
    """Taking the interception away would let the browser send what it holds."""

    async def play() -> None:
        async with plain.scene() as (wire, page):
            wire.lose(Loss(Cut.HANG, delivered=False), *POST)
            async with plain.guard(page) as guard:
                guard.permit(SUBMIT)
                await page.locator("#fetch").click()
                await wire.until(1, *POST)
        assert wire.count(*POST) == 1

    loop.run(play())


def test_nothing_else_leaves_from_the_first_permit_on(loop: Loop, plain: Lane) -> None:
    async def play() -> None:
        async with plain.scene() as (wire, page):
            async with plain.guard(page) as guard:
                await page.locator("#other").click()  # before the first permit the form may still talk
                await wire.until(1, "POST", "/other")
                await page.locator("#fetch").click()  # but a stage may not leave unarmed
                guard.permit(SUBMIT)
                await page.locator("#twice").click()
                await guard.answered()
                await page.locator("#other").click()
                await page.evaluate("() => fetch('/').then(answer => answer.text())")
            assert [one.path for one in wire.requests if one.method == "POST"] == ["/other", "/submit"]
            assert guard.stopped == 3

    loop.run(play())


def test_a_claim_that_is_not_ours_any_more_does_not_leave(loop: Loop, plain: Lane) -> None:
    async def play() -> None:
        async with plain.scene() as (wire, page), plain.guard(page, mine=False) as guard:
            guard.permit(SUBMIT)
            await page.locator("#fetch").click()
            await guard.answered()
        assert (wire.count(*POST), guard.sent) == (0, [])

    loop.run(play())


def test_what_the_browser_asks_while_the_gate_is_shut_goes_when_it_opens(loop: Loop, plain: Lane) -> None:
    """The receipt that an answer redirects to: the browser asks for it before we hear that it has the answer."""

    async def play() -> None:
        async with plain.scene() as (_, page):
            plain.browser.gate.shut()
            async with page.expect_event("request"):
                reloading = asyncio.ensure_future(page.reload())
            done, _ = await asyncio.wait([reloading], timeout=0.2)
            assert not done
            plain.browser.gate.open()
            await reloading

    loop.run(play())


def test_a_page_with_an_untrusted_certificate_is_refused(
    loop: Loop, driver: Playwright, chromium: Path, authority: Authority
) -> None:
    async def play() -> None:
        browser = PayerBrowser(driver, chromium, [HOST])
        async with Wire(HOST, 9, authority.server) as wire, browser:
            page = await (await browser.context()).new_page()
            with pytest.raises(PlaywrightError, match="ERR_CERT_AUTHORITY_INVALID"):
                await page.goto(wire.url)
        assert wire.requests == []

    loop.run(play())


def test_the_guards_own_request_refuses_an_untrusted_certificate(
    loop: Loop, driver: Playwright, chromium: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page trusts it here; the stack through which a stage leaves does not, and no setting makes it."""
    authority.trust_in_chromium(monkeypatch)

    async def play() -> None:
        async with PayerBrowser(driver, chromium, [HOST]) as browser:
            lane = Lane(browser, authority)
            async with lane.scene() as (wire, page):
                async with lane.guard(page) as guard:
                    guard.permit(SUBMIT)
                    await page.locator("#fetch").click()
                    assert not await guard.answered()
                assert guard.sent == [SUBMIT]
            assert wire.count("GET", "/") == 2
            assert wire.count(*POST) == 0

    loop.run(play())
