"""A payer's portal played from its pages, for adapters whose portal nobody may try things at.

Pages are Jinja templates in a folder. Each sees

posted    what the forms of this session have posted since the claim form was opened, by name; else empty
asked     what the address asks (``?member=…``), by name
claims    the claims that the payer has, oldest first: what was posted, `number` and `received_at` (UTC)
claim     on the page that answers the final request, the claim that it speaks of
user      who is signed in
"""

from __future__ import annotations

import json
import mimetypes
import secrets
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import uvicorn
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.testing.sample import PortalUser

_COOKIE = "session"


class Lie(StrEnum):
    """How a portal can mislead about the next claim it is sent."""

    #: A flawless receipt with a number; nothing is kept.
    PHANTOM = "phantom"
    #: The claim is kept; the answer is "502 Bad Gateway".
    LOST = "lost"
    #: The same answer; nothing is kept.
    DROPPED = "dropped"
    #: Every amount is kept, and shown, ten dollars higher.
    ALTERED = "altered"


class MockPortal(Protocol):
    """What a trial asks of a mock portal; `PagePortal` is one."""

    url: str
    user: PortalUser
    #: What the payer has, by its own books.
    claims: list[dict[str, Any]]
    #: Final requests that reached it.
    sends: int

    def mislead(self, lie: Lie) -> None:
        """Mislead about the next claim."""
        ...

    def advance(self, seconds: float) -> None:
        """Let time pass there."""
        ...


class PagePortal:
    """Serves a folder of pages on loopback as long as it is entered."""

    def __init__(
        self,
        folder: Path,
        routes: Mapping[str, str],
        *,
        sign_in: str,
        signs_in: str,
        opens: str,
        takes: str,
        number: str = "{:013d}",
        user: PortalUser = PortalUser(),
    ) -> None:
        """`routes` names the page of each request, such as ``{"GET /": "home.html"}``. `sign_in` is the page that
        whoever is not signed in gets, `signs_in` the request that it posts, `opens` the one that opens an empty
        claim form, `takes` the one that sends the claim; `number` formats the payer's numbers."""
        self.url = ""
        self.user = user
        self.claims: list[dict[str, Any]] = []
        self.sends = 0
        self._routes = dict(routes)
        self._sign_in, self._signs_in, self._opens, self._takes = sign_in, signs_in, opens, takes
        self._number = number
        self._sessions: dict[str, defaultdict[str, Any]] = {}
        self._lie: Lie | None = None
        self._ahead = timedelta(0)
        self._pages = Environment(loader=FileSystemLoader(folder), autoescape=select_autoescape())
        self._folder = folder

    def mislead(self, lie: Lie) -> None:
        """Mislead about the next claim."""
        self._lie = lie

    def advance(self, seconds: float) -> None:
        """Let time pass here."""
        self._ahead += timedelta(seconds=seconds)

    def __enter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        everything = Route("/{path:path}", self._answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        config = uvicorn.Config(Starlette(routes=[everything]), lifespan="off", log_config=None, ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="pages", daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()

    async def _answer(self, request: Request) -> Response:
        name = f"{request.method} {request.url.path}"
        said = await _said(request)
        if name == self._signs_in:
            if {self.user.username, self.user.password} <= {str(value) for value in said.values()}:
                return self._let_in()
            return self._page(self._sign_in, request, wrong=True)
        file = self._folder / request.url.path.lstrip("/")
        if (
            request.method == "GET"
            and name not in self._routes
            and file.suffix in (".js", ".css")
            and file.is_file()
        ):
            return Response(file.read_bytes(), media_type=mimetypes.guess_type(file.name)[0])
        posted = self._sessions.get(request.cookies.get(_COOKIE, ""))
        if posted is None:
            return self._page(self._sign_in, request, ended=request.url.path != "/")
        if name == self._opens:
            posted.clear()
        posted.update(said)
        if name == self._takes:
            return self._take(request, posted)
        if name not in self._routes:
            return Response(f"No page for {name}: add it to the mock portal's routes.", 404)
        return self._page(self._routes[name], request, posted=posted)

    def _let_in(self) -> Response:
        key = secrets.token_hex(8)
        self._sessions[key] = defaultdict(str)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(_COOKIE, key, httponly=True)
        return answer

    def _take(self, request: Request, posted: Mapping[str, Any]) -> Response:
        lie, self._lie = self._lie, None
        self.sends += 1
        at = datetime.now(UTC) + self._ahead
        claim: dict[str, Any] = defaultdict(
            str, posted, number=self._number.format(10_000 + 7 * self.sends), received_at=at
        )
        if lie is Lie.ALTERED:
            claim.update({name: _dearer(value) for name, value in posted.items()})
        if lie not in (Lie.PHANTOM, Lie.DROPPED):
            self.claims.append(claim)
        if lie in (Lie.LOST, Lie.DROPPED):
            return Response("Bad Gateway", 502)
        return self._page(self._routes[self._takes], request, posted=posted, claim=claim)

    def _page(self, name: str, request: Request, **more: Any) -> Response:
        given = {"user": self.user, "claims": self.claims, "asked": defaultdict(str, request.query_params)}
        text = self._pages.get_template(name).render({"posted": defaultdict(str), **given, **more})
        return Response(text, media_type=mimetypes.guess_type(name)[0] or "text/html")


async def _said(request: Request) -> dict[str, Any]:
    """What a request carries: a form, or JSON."""
    if request.headers.get("content-type", "").startswith("application/json"):
        found = json.loads(await request.body() or b"{}")
        return found if isinstance(found, dict) else {"items": found}
    async with request.form() as form:
        return {name: value if isinstance(value, str) else value.filename for name, value in form.items()}


def _dearer(value: Any) -> Any:
    """Every amount in it with ten dollars more."""
    if isinstance(value, dict):
        return {name: _dearer(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_dearer(one) for one in value]
    bare = str(value).replace("$", "").replace(",", "")
    try:
        return str(value).replace(bare, f"{Decimal(bare) + 10:.2f}") if "." in bare else value
    except InvalidOperation:
        return value
