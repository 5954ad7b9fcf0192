"""Our side without a browser: a page with one form, which it posts.

It behaves as Playwright's does wherever payerbot's guard, session and evidence touch it, and nowhere else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http.client import HTTPConnection, HTTPException
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError

from bot.clock import Clock
from bot.portal.adapter import Adapter, Credentials
from bot.portal.session import Session, SignIns

#: The smallest PNG there is, as evidence.
_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c6300010000050001"
    "0d0a2db40000000049454e44ae426082"
)

Handler = Callable[["FakeRoute", Any], Awaitable[None]]


def call(url: str, method: str, path: str, body: bytes | None) -> Any:
    """One request; the answer's JSON. Raises Playwright's `Error` when it is lost, as a browser would."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, path, body)
        return json.loads(connection.getresponse().read())
    except (OSError, HTTPException) as error:
        raise PlaywrightError(f"{type(error).__name__}: the answer was lost") from error
    finally:
        connection.close()


class FakeContext:
    """Cookies that nobody asks for, and at most one route."""

    def __init__(self) -> None:
        self.pages: list[FakePage] = []
        self.handler: Handler | None = None

    async def route(self, pattern: str, handler: Handler) -> None:
        """Hand every submission to this handler."""
        self.handler = handler

    async def unroute(self, pattern: str, handler: Handler) -> None:
        """Hand them over no more."""
        self.handler = None

    def on(self, event: str, listener: Callable[..., None]) -> None:
        """Nobody is told."""

    async def clear_cookies(self) -> None:
        """There are none."""


class FakeLocator:
    """Something that is always there."""

    @property
    def first(self) -> FakeLocator:
        """Itself."""
        return self

    def or_(self, other: FakeLocator) -> FakeLocator:
        """Itself."""
        return self

    def filter(self, **_: object) -> FakeLocator:
        """Itself."""
        return self

    async def wait_for(self, **_: object) -> None:
        """It is there."""

    async def count(self) -> int:
        """One."""
        return 1


class FakePage:
    """Holds what was typed into its form, posts it, and keeps the portal's answer."""

    def __init__(self, context: FakeContext, url: str) -> None:
        self.context = context
        self.url = url
        self.fields: dict[str, str] = {}
        self.answer: dict[str, Any] = {}
        self._portal = url

    async def request(self, method: str, path: str, body: Any) -> Any:
        """A request that leaves nothing at the payer; its answer."""
        data = None if body is None else json.dumps(body).encode()
        return await asyncio.to_thread(call, self._portal, method, path, data)

    async def submit(self) -> None:
        """Press the button."""
        self.answer = {}
        body = json.dumps(self.fields).encode()
        request = SimpleNamespace(method="POST", url=f"{self._portal}/claims", post_data_buffer=body, headers={})
        if self.context.handler is None:
            raise PlaywrightError("nobody guards this page")
        await self.context.handler(FakeRoute(self, self._portal, body), request)

    def get_by_role(self, role: str, **_: object) -> FakeLocator:
        """It has whatever is looked for."""
        return FakeLocator()

    def get_by_text(self, words: str, **_: object) -> FakeLocator:
        """It has whatever is looked for."""
        return FakeLocator()

    async def goto(self, url: str) -> None:
        """Leave."""
        self.url = url

    async def evaluate(self, script: str, argument: object = None) -> Any:
        """Fill the form, or read it: the three scripts of `bot.portal.reading` that it is asked to run."""
        if "broken()" in script:
            return False
        if "fill(" in script.splitlines()[-1]:
            entries = cast(list[tuple[str, str, str, str]], argument)
            self.fields |= {label: value for _, label, _, value in entries}
            return []
        controls = [_control(label, value) for label, value in self.fields.items()]
        return {"controls": controls, "terms": [], "tables": {}}

    async def screenshot(self, **_: object) -> bytes:
        """A picture of nothing."""
        return _PICTURE

    async def content(self) -> str:
        """What the portal answered."""
        return json.dumps(self.answer)


def _control(label: str, value: str) -> dict[str, Any]:
    told = {"kind": "text", "required": True, "fixed": False, "visible": True, "section": "Claim"}
    return {"label": label, "value": value, "text": value, **told}


class FakeRoute:
    """A submission on its way."""

    def __init__(self, page: FakePage, url: str, body: bytes) -> None:
        self._page = page
        self._url = url
        self._body = body

    async def fetch(self, **_: object) -> Any:
        """Send it."""
        answer = await asyncio.to_thread(call, self._url, "POST", "/claims", self._body)
        return SimpleNamespace(status=200, answer=answer)

    async def fulfill(self, *, response: Any) -> None:
        """Give the page its answer."""
        self._page.answer = response.answer

    async def abort(self, code: str) -> None:
        """Stop it."""


class FakeSession(Session):
    """Signs in without a page to do it on."""

    async def _open_sign_in_page(self) -> None:
        self.page.url = self.adapter.url  # type: ignore[misc]  # a fake page's may be set

    async def _enter_credentials(self) -> None:
        await cast(Any, self.page).request("POST", "/sign-in", {})
        self.npi = next(iter(self._npis))


class _OpenGate:
    """A gate where no browser could slip through."""

    def shut(self) -> None:
        """Nothing passes here anyway."""

    def open(self) -> None:
        """Nothing passes here anyway."""


class FakeDesk:
    """Opens sessions at fake portals."""

    @asynccontextmanager
    async def session(
        self, adapter: Adapter, credentials: Credentials, npis: Sequence[str], sign_ins: SignIns, clock: Clock
    ) -> AsyncIterator[Session]:
        """See `bot.portal.desk.Desk`."""
        context = FakeContext()
        page = FakePage(context, adapter.url)
        context.pages.append(page)
        window = cast(tuple[Any, Any, Any], (context, _OpenGate(), page))
        yield FakeSession(adapter, *window, credentials, npis, sign_ins, clock)
