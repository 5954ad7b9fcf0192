"""The payer's side: a small HTTP server that keeps claims, counts requests and loses answers.

POST /sign-in          who may come in: anybody
POST /claims           a claim, as JSON; the receipt, as JSON
GET  /claims?account=  the claims of an account and where each stands, as JSON
GET  /oracle           what arrived and what is stored, by the portal's own books
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from bot.testing.plan import Plan, Step, step_of


class FakePortal:
    """Listens on loopback as long as it is entered."""

    def __init__(self, *, port: int = 0, losing: float = 0.0, seed: int = 0) -> None:
        """`losing` is the share of submissions, from 0 to 1, whose answer is lost: half of them after the claim
        was stored, half before."""
        self._port = port
        self._losing = losing
        self._chance = random.Random(seed)  # noqa: S311
        self._server: asyncio.Server | None = None
        #: How far its clock is ahead of this machine's.
        self.ahead = timedelta(0)
        #: Accounts of the submissions that arrived, in order.
        self.posts: list[str] = []
        #: Every claim stored.
        self.claims: list[dict[str, Any]] = []
        #: What becomes of them.
        self.plan: Plan = {}
        #: Account and time of every search, in order.
        self.searches: list[tuple[str, datetime]] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()

    @property
    def url(self) -> str:
        """Its address."""
        if self._server is None:
            raise RuntimeError("the portal is not entered")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split(" ", 2)
            length = next(
                (int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0
            )
            answer = self._answer(method, urlsplit(target), await reader.readexactly(length))
            if answer is not None:
                body = json.dumps(answer).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n")
                writer.write(b"content-length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass  # the caller died
        finally:
            writer.close()

    def _answer(self, method: str, target: Any, body: bytes) -> Any:
        """What to answer; None to hang up."""
        match method, target.path:
            case "POST", "/claims":
                return self._take(json.loads(body))
            case "GET", "/claims":
                account = parse_qs(target.query)["account"][0]
                self.searches.append((account, self.now()))
                return self._found(account)
            case "GET", "/oracle":
                return {"posts": self.posts, "claims": self.claims}
            case _:
                return {}

    def now(self) -> datetime:
        """Its time, in UTC."""
        return datetime.now(UTC) + self.ahead

    def standing(self, claim: dict[str, Any]) -> Step:
        """Where a stored claim stands, by its own books."""
        return step_of(self.plan, claim, self.now())

    def _found(self, account: str) -> list[dict[str, Any]]:
        """What its search shows of an account."""
        found = [(claim, self.standing(claim)) for claim in self.claims if claim["account"] == account]
        return [{**claim, **step.document()} for claim, step in found if step.shown]

    def _take(self, claim: dict[str, Any]) -> Any:
        self.posts.append(claim["account"])
        lost = self._chance.random() < self._losing
        if lost and self._chance.random() < 0.5:
            return None
        number = f"F{len(self.claims) + 1:09d}"
        stored = {**claim, "control_number": number, "received_at": self.now().isoformat()}
        self.claims.append(stored)
        return None if lost else stored


async def _main() -> None:
    losing = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    async with FakePortal(losing=losing) as portal:
        print(json.dumps({"url": portal.url, "oracle": f"{portal.url}/oracle"}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
