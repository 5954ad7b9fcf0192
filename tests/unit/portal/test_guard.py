"""The guard: each stage leaves once, and only while the claim is ours; nothing else leaves with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.async_api import Error as PlaywrightError

from bot.portal.adapter import Stage, StageKind
from bot.portal.send_once import SEND_TIMEOUT_MS, Guard
from bot.portal.session import Session
from bot.portal.submission import shut
from bot.work.payers import find_adapters
from tests.conftest import Loop

UPLOAD = Stage("upload", StageKind.DRAFT, "POST", "/documents")
SUBMIT = Stage("submit", StageKind.FINAL, "POST", "/claims")
SAVE = Stage("save", StageKind.DRAFT, "POST", "/rpc", body=lambda body: b"save" in body)


class Way:
    """A gate that remembers whether it is shut."""

    def __init__(self) -> None:
        self.is_shut = False

    def shut(self) -> None:
        self.is_shut = True

    def open(self) -> None:
        self.is_shut = False


class Door:
    """A browser context that only remembers its route."""

    def __init__(self) -> None:
        self.gate = Way()
        self.pages = [Sheet()]
        self.handler: Callable[[Any, Any], Awaitable[None]] | None = None

    async def route(self, pattern: str, handler: Callable[[Any, Any], Awaitable[None]]) -> None:
        assert pattern == "**/*"
        self.handler = handler

    async def unroute(self, pattern: str, handler: Callable[[Any, Any], Awaitable[None]]) -> None:
        assert (pattern, handler) == ("**/*", self.handler)
        self.handler = None

    async def request(self, method: str, path: str, body: bytes | None = None, **more: Any) -> Passage:
        """What happens to a request of the page's."""
        passage = Passage(self.gate, **more)
        assert self.handler is not None
        await self.handler(passage, Request(method, f"https://portal.example{path}", body))
        return passage


class Sheet:
    """A page that can be emptied."""

    url = "https://portal.example/form"

    async def goto(self, url: str) -> None:
        assert url == "about:blank"
        self.url = url


class Answer:
    def __init__(self, status: int) -> None:
        self.status = status


class Request:
    def __init__(self, method: str, url: str, body: bytes | None) -> None:
        self.method = method
        self.url = url
        self.post_data_buffer = body
        parted = body is not None and b"--x" in body
        self.headers = {"content-type": "multipart/form-data; boundary=x" if parted else "text/plain"}


class Passage:
    """A route, and what became of it."""

    def __init__(
        self,
        gate: Way,
        *,
        lost: bool = False,
        status: int = 200,
        during: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.gate = gate
        self.ends: list[str] = []
        self.fetched: list[dict[str, Any]] = []
        self._lost = lost
        self._status = status
        self._during = during

    async def continue_(self) -> None:
        self.ends.append("passed")

    async def abort(self, code: str) -> None:
        self.ends.append(code)

    async def fetch(self, **how: Any) -> Answer:
        assert self.gate.is_shut, "the browser could send it by itself"
        self.fetched.append(how)
        if self._during:
            await self._during()
        if self._lost:
            raise PlaywrightError("socket hang up")
        return Answer(self._status)

    async def fulfill(self, *, response: Answer) -> None:
        assert response.status == self._status
        self.ends.append("sent")


class Mine:
    """Whether the claim is still ours, and how often that was asked."""

    def __init__(self, answer: bool | Exception = True) -> None:
        self.answer = answer
        self.asked = 0

    async def __call__(self) -> bool:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def _asks(method: str, path: str, body: bytes) -> bool:
    return path == "/graphql" and body == b"which claims?"


def play(loop: Loop, scene: Callable[[Door, Guard], Awaitable[None]], mine: Mine | None = None) -> Guard:
    """Play a scene at the door of a guard."""
    door = Door()

    async def whole() -> Guard:
        guard = Guard(door, door.gate, (UPLOAD, SUBMIT, SAVE), mine or Mine(), _asks)  # type: ignore[arg-type]
        async with guard:
            await scene(door, guard)
        assert door.handler is None
        assert not door.gate.is_shut
        return guard

    return loop.run(whole())


@pytest.mark.parametrize(
    ("method", "path", "end"),
    [
        ("GET", "/claims", "passed"),
        ("GET", "/static/form.js", "passed"),
        ("POST", "/lookup", "passed"),
        ("POST", "/claims/draft", "passed"),
        ("POST", "/claims", "blockedbyclient"),
        ("POST", "/claims?again=1", "blockedbyclient"),
        ("POST", "/documents", "blockedbyclient"),
    ],
)
def test_before_any_permit_no_stage_passes_and_all_else_does(loop: Loop, method: str, path: str, end: str) -> None:
    mine = Mine()

    async def scene(door: Door, guard: Guard) -> None:
        passage = await door.request(method, path)
        assert (passage.ends, passage.fetched) == ([end], [])

    guard = play(loop, scene, mine)
    assert guard.sent == []
    assert guard.stopped == (end != "passed")
    assert mine.asked == 0


@pytest.mark.parametrize(
    ("how", "answered"),
    [
        ({}, True),
        ({"status": 303}, True),
        ({"status": 400}, True),
        ({"status": 429}, False),
        ({"status": 502}, False),
        ({"lost": True}, False),
    ],
)
def test_it_tells_whether_there_is_an_answer_to_read(loop: Loop, how: dict[str, Any], answered: bool) -> None:
    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(UPLOAD)
        await door.request("POST", "/documents", b"upload")
        guard.permit(SUBMIT)
        await door.request("POST", "/claims", b"claim", **how)
        assert await guard.answered() is answered

    play(loop, scene)


def test_a_permitted_stage_is_sent_once_by_our_own_hand(loop: Loop) -> None:
    mine = Mine()

    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(SUBMIT)
        passage = await door.request("POST", "/claims", b"claim")
        assert passage.ends == ["sent"]
        assert passage.fetched == [
            {"max_retries": 0, "max_redirects": 0, "timeout": SEND_TIMEOUT_MS, "post_data": b"claim"}
        ]
        for _ in range(2):
            again = await door.request("POST", "/claims", b"claim")
            assert (again.ends, again.fetched) == (["blockedbyclient"], [])

    guard = play(loop, scene, mine)
    assert guard.sent == [SUBMIT]
    assert guard.stopped == 2
    assert mine.asked == 1


def test_a_second_request_while_the_first_is_under_way_is_stopped(loop: Loop) -> None:
    async def scene(door: Door, guard: Guard) -> None:
        async def press_again() -> None:
            second = await door.request("POST", "/claims", b"claim")
            assert (second.ends, second.fetched) == (["blockedbyclient"], [])

        guard.permit(SUBMIT)
        first = await door.request("POST", "/claims", b"claim", during=press_again)
        assert len(first.fetched) == 1

    assert play(loop, scene).sent == [SUBMIT]


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_after_a_permit_nothing_undeclared_leaves(loop: Loop, method: str, lost: bool) -> None:
    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(UPLOAD)
        for used in (False, True):
            assert (await door.request(method, "/lookup")).ends == ["blockedbyclient"]
            assert (await door.request("GET", "/receipt")).ends == ["passed"]
            if not used:
                await door.request("POST", "/documents", lost=lost)

    assert play(loop, scene).sent == [UPLOAD]


def test_only_the_permitted_stage_passes(loop: Loop) -> None:
    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(UPLOAD)
        assert (await door.request("POST", "/claims")).ends == ["blockedbyclient"]
        assert (await door.request("POST", "/documents")).ends == ["sent"]
        assert (await door.request("POST", "/claims")).ends == ["blockedbyclient"]
        guard.permit(SUBMIT)
        assert (await door.request("POST", "/documents")).ends == ["blockedbyclient"]
        assert (await door.request("POST", "/claims")).ends == ["sent"]

    assert play(loop, scene).sent == [UPLOAD, SUBMIT]


def test_stages_at_one_address_are_told_apart_by_what_they_carry(loop: Loop) -> None:
    async def scene(door: Door, guard: Guard) -> None:
        assert (await door.request("POST", "/rpc", b"call=look-up")).ends == ["passed"]
        assert (await door.request("POST", "/rpc", b"call=save")).ends == ["blockedbyclient"]
        guard.permit(SAVE)
        assert (await door.request("POST", "/rpc", b"call=look-up")).ends == ["blockedbyclient"]
        assert (await door.request("POST", "/rpc", b"call=save")).ends == ["sent"]

    assert play(loop, scene).sent == [SAVE]


@pytest.mark.parametrize("answer", [False, RuntimeError("the ledger is gone")])
def test_a_claim_that_is_not_ours_is_not_sent(loop: Loop, answer: bool | Exception) -> None:
    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(SUBMIT)
        passage = await door.request("POST", "/claims", b"claim")
        assert (passage.ends, passage.fetched) == (["blockedbyclient"], [])
        await guard.answered()  # and nobody waits for it
        assert (await door.request("POST", "/claims", b"claim")).fetched == []

    guard = play(loop, scene, Mine(answer))
    assert guard.sent == []
    assert guard.stopped == 2


def test_a_post_that_only_asks_passes_whatever_is_armed(loop: Loop) -> None:
    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(SUBMIT)
        for _ in range(2):
            asked = await door.request("POST", "/graphql", b"which claims?")
            assert asked.ends == ["passed"]
        told = await door.request("POST", "/graphql", b"another claim")
        assert told.ends == ["blockedbyclient"]
        await door.request("POST", "/claims", b"claim")
        assert (await door.request("POST", "/graphql", b"which claims?")).ends == ["passed"]

    assert play(loop, scene).sent == [SUBMIT]


def test_a_lost_answer_counts_as_sent_and_the_page_goes_on(loop: Loop) -> None:
    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(SUBMIT)
        passage = await door.request("POST", "/claims", b"claim", lost=True)
        assert (passage.ends, len(passage.fetched)) == (["connectionreset"], 1)
        await guard.answered()

    assert play(loop, scene).sent == [SUBMIT]


def test_interrupted_while_sending_it_leaves_nothing_behind_that_the_browser_could_send(loop: Loop) -> None:
    async def whole() -> None:
        door = Door()
        under_way = asyncio.Event()

        async def hang() -> None:
            under_way.set()
            await asyncio.Event().wait()

        guard = Guard(door, door.gate, (SUBMIT,), Mine())  # type: ignore[arg-type]
        passage = Passage(door.gate, during=hang)
        async with guard:
            guard.permit(SUBMIT)
            assert door.handler is not None
            sending = asyncio.ensure_future(
                door.handler(passage, Request("POST", "https://portal.example/claims", b"claim"))
            )
            await under_way.wait()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            assert door.gate.is_shut
            assert guard.sent == [SUBMIT]
        assert passage.ends == ["connectionreset"]
        assert not door.gate.is_shut

    loop.run(whole())


def test_an_upload_goes_out_with_its_file(loop: Loop, tmp_path: Path) -> None:
    note = tmp_path / "note.pdf"
    note.write_bytes(b"%PDF")
    lost = b'--x\r\nContent-Disposition: form-data; name="f"; filename="note.pdf"\r\n\r\n\r\n--x--\r\n'

    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(UPLOAD, [note])
        [how] = (await door.request("POST", "/documents", lost)).fetched
        assert how["post_data"] == lost.replace(b"\r\n\r\n\r\n", b"\r\n\r\n%PDF\r\n")

    assert play(loop, scene).sent == [UPLOAD]


def test_an_upload_of_a_file_nobody_attached_is_stopped(loop: Loop) -> None:
    lost = b'--x\r\nContent-Disposition: form-data; name="f"; filename="note.pdf"\r\n\r\n\r\n--x--\r\n'

    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(UPLOAD)
        passage = await door.request("POST", "/documents", lost)
        assert (passage.ends, passage.fetched) == (["blockedbyclient"], [])

    assert play(loop, scene).sent == []


def test_the_permit_ends_with_the_guard(loop: Loop) -> None:
    async def whole() -> None:
        door = Door()
        guard = Guard(door, door.gate, (SUBMIT,), Mine())  # type: ignore[arg-type]
        async with guard:
            guard.permit(SUBMIT)
            handler = door.handler
        assert handler is not None
        passage = Passage(door.gate)
        await handler(passage, Request("POST", "https://portal.example/claims", b"late"))
        assert passage.fetched == []

    loop.run(whole())


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_repeats_the_request_is_not_followed(status: int, loop: Loop) -> None:
    """The browser would send it again, and redirected requests pass no door."""

    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(SUBMIT)
        passage = await door.request(SUBMIT.method, "/claims", b"x", status=status)
        assert passage.ends == ["blockedbyclient"]

    assert play(loop, scene).sent == [SUBMIT]


def test_nothing_passes_once_it_is_revoked_even_while_it_is_decided(loop: Loop) -> None:
    """What is in `sent` after a revocation is all that ever leaves."""

    async def scene(door: Door, guard: Guard) -> None:
        guard.permit(SUBMIT)
        slow.guard = guard
        passage = await door.request(SUBMIT.method, "/claims", b"x")
        assert passage.fetched == []

    class Slow(Mine):
        guard: Guard

        async def __call__(self) -> bool:
            self.guard.revoke()
            return True

    slow = Slow()
    assert play(loop, scene, slow).sent == []


@pytest.mark.parametrize("path", ["/claims/send", "/claims/finish", "/batches", "/batches/B0000001/submit"])
def test_no_stage_of_any_way_passes_a_shut_door(path: str, loop: Loop) -> None:
    door = Door()
    adapter = find_adapters()["hudson"]("https://portal.example")
    session = SimpleNamespace(adapter=adapter, context=door, gate=door.gate, guarded=False)

    async def stopped() -> int:
        async with shut(cast(Session, session)) as guard:
            await door.request("POST", path, b"x")
            return guard.stopped

    assert loop.run(stopped()) == 1
