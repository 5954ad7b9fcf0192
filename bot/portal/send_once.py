"""The guard: from arm to receipt, each declared stage leaves at most once, and nothing else leaves at all.

Chromium repeats a POST by itself when the reply is lost, and nobody above it notices. So a stage is taken out of
the browser's hands: the guard intercepts the request, shuts the browser's gate to the world, and sends it once
through Playwright's own HTTP stack, without retries and without following redirects; the browser then goes on
with the answer. On the way a multipart body gets back the bytes of its files, which interception loses.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Request, Route
from playwright.async_api import Error as PlaywrightError

from bot.log import get
from bot.portal.adapter import Stage
from bot.portal.gate import Gate

#: How long the portal may take to answer a stage.
SEND_TIMEOUT_MS = 30_000

#: How long the pages of a browser may take to end.
END_SECONDS = 5
#: Redirects that repeat the request elsewhere, with its method and body.
_REPEATING = frozenset({307, 308})
#: 429 Too Many Requests (RFC 6585); and the first of those that say the server failed (RFC 9110).
_TOO_MANY, _SERVER_ERROR = 429, 500
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

log = get()


class Guard:
    """Stands at the door of one browser context while a claim is entered through it.

    Until the first permit no stage passes and everything else does: that alone is a dry run. From the first
    permit on, nothing passes but GET requests, others that only ask, and the one permitted stage.
    """

    def __init__(
        self,
        context: BrowserContext,
        gate: Gate,
        stages: Sequence[Stage],
        still_mine: Callable[[], Awaitable[bool]],
        only_asks: Callable[[str, str, bytes], bool] = lambda method, path, body: False,
    ) -> None:
        """`only_asks` tells by method, path and body which requests leave nothing at the payer though they are no
        GET."""
        self._context = context
        self._gate = gate
        self._stages = stages
        self._still_mine = still_mine
        self._only_asks = only_asks
        self._armed = False
        self._revoked = False
        self._permit: Stage | None = None
        self._attached: Sequence[Path] = ()
        self._done = asyncio.Event()
        self._answered = False
        #: A request that was sent by us and is still held in the browser.
        self._held: Route | None = None
        #: Stages that went out, in order, whatever became of them.
        self.sent: list[Stage] = []
        #: Requests stopped at the door.
        self.stopped = 0

    async def __aenter__(self) -> Self:
        await self._context.route("**/*", self._at_the_door)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind that could still send: with the gate shut, the held request is dropped and the page
        ends, its scripts with it. Only then may the browser reach the portal again."""
        self.revoke()
        self._gate.shut()
        if self._held is not None:
            with contextlib.suppress(PlaywrightError):
                await self._held.abort("connectionreset")
        ended = await self._end_pages()
        with contextlib.suppress(PlaywrightError):
            await self._context.unroute("**/*", self._at_the_door)
        if ended and (kind is None or issubclass(kind, Exception)):
            self._gate.open()

    async def _end_pages(self) -> bool:
        """Close pop-ups and empty the page; False when the browser does not answer."""
        try:
            async with asyncio.timeout(END_SECONDS):
                page, *popups = self._context.pages
                for popup in popups:
                    await popup.close()
                while page.url != "about:blank":
                    with contextlib.suppress(PlaywrightError):  # a navigation under way is in the way of ours
                        await page.goto("about:blank")
        except (PlaywrightError, TimeoutError, ValueError):
            return False
        return True

    def revoke(self) -> None:
        """Let nothing more pass. What is in `sent` now has gone out, and nothing else will."""
        self._permit = None
        self._revoked = True

    def permit(self, stage: Stage, attached: Sequence[Path] = ()) -> None:
        """Let one request of this stage pass, carrying these files."""
        self._armed = True
        self._done.clear()
        self._answered = False
        self._permit, self._attached = stage, tuple(attached)

    async def answered(self) -> bool:
        """Wait until the permitted request has been answered, lost or stopped; not longer than it may take.

        False when there is no receipt to wait for: the answer was lost, or is the server's error.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_TIMEOUT_MS / 1000 + 5):  # wait_for may swallow an interruption
                await self._done.wait()
        return self._answered

    async def _at_the_door(self, route: Route, request: Request) -> None:
        body = request.post_data_buffer or b""
        path = urlsplit(request.url).path
        stage = next((stage for stage in self._stages if stage.matches(request.method, path, body)), None)
        harmless = request.method in _SAFE or self._only_asks(request.method, path, body)
        if stage is None and (harmless or not self._armed):
            await route.continue_()
            return
        if stage is None or stage is not self._permit:
            await self._stop(route, stage)
            return
        self._permit = None  # before anything is awaited: a second request finds the door shut
        try:
            whole = with_files(body, request.headers.get("content-type", ""), self._attached)
            mine = await self._still_mine()
        except Exception:
            log.exception("request_stopped", stage=stage.name)
            mine = False
        try:
            if mine and not self._revoked:  # nothing is awaited from here to `sent`
                await self._send(route, stage, whole)
            else:
                await self._stop(route, stage)
        finally:
            self._done.set()

    async def _stop(self, route: Route, stage: Stage | None) -> None:
        self.stopped += 1
        log.warning("request_stopped", stage=stage.name if stage else None)
        await route.abort("blockedbyclient")

    async def _send(self, route: Route, stage: Stage, body: bytes) -> None:
        self._held = route
        self._gate.shut()
        self.sent.append(stage)
        try:
            response = await route.fetch(
                max_retries=0, max_redirects=0, timeout=SEND_TIMEOUT_MS, post_data=body or None
            )
            if response.status in _REPEATING:
                await route.abort("blockedbyclient")  # the browser would send it again, past this door
            else:
                await route.fulfill(response=response)
            self._answered = response.status < _SERVER_ERROR and response.status != _TOO_MANY
        except PlaywrightError:
            # It may have arrived; only a look-up can tell. The page must not wait for ever.
            with contextlib.suppress(PlaywrightError):
                await route.abort("connectionreset")
        self._held = None  # not reached when we are interrupted: the gate stays shut until the guard has left
        self._gate.open()


def with_files(body: bytes, content_type: str, attached: Sequence[Path]) -> bytes:
    """Put the bytes of attached files back into the parts of a multipart body that name them.

    Raises `ValueError` for a part that names a file nobody attached.
    """
    match = re.match(r'multipart/form-data;.*boundary="?([^";]+)"?', content_type, re.IGNORECASE)
    if match is None:
        return body
    left = list(attached)
    fence = b"--" + match[1].encode("latin-1")
    parts = body.split(fence)
    for at, part in enumerate(parts):
        head, blank, _ = part.partition(b"\r\n\r\n")
        named = re.search(rb'filename="([^"]*)"', head)
        if not blank or named is None or not named[1]:
            continue
        name = named[1].decode()
        path = next((path for path in left if path.name == name), None)
        if path is None:
            raise ValueError("the form carries a file that nobody attached")
        left.remove(path)  # two files may have one name
        parts[at] = head + blank + path.read_bytes() + b"\r\n"
    return fence.join(parts)
