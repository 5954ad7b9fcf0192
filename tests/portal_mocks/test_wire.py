"""The wire: what whoever calls sees of each loss, and whether the portal got the request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fixtures.wire import Arrived, Cut, Loss, Wire
from tests.conftest import Loop

HOST = "127.0.0.9"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nreceived"
POST = (
    b"POST /claims?draft=no HTTP/1.1\r\nHost: portal\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nclaim"
)


class Portal:
    """Keeps what it gets, and says so, or hangs up."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.hangs_up = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.got.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(5))
        if not self.hangs_up:
            writer.write(REPLY.replace(b"Content", b"connection: close\r\nContent"))
        writer.close()


@asynccontextmanager
async def scene() -> AsyncIterator[tuple[Portal, Wire, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A portal, the wire before it, and a caller's connection to the wire."""
    portal = Portal()
    server = await asyncio.start_server(portal.serve, HOST, 0)
    async with server, Wire(HOST, server.sockets[0].getsockname()[1]) as wire:
        reader, writer = await asyncio.open_connection(HOST, int(wire.url.rpartition(":")[2]))
        yield portal, wire, reader, writer
        writer.close()


def test_what_is_not_lost_passes_both_ways_on_one_connection(loop: Loop) -> None:
    async def play() -> None:
        async with scene() as (portal, wire, reader, writer):
            wire.lose(Loss(Cut.FIN, delivered=True), "PUT", "/claims")
            wire.lose(Loss(Cut.FIN, delivered=True), "POST", "/claim")
            for _ in range(2):
                writer.write(POST)
                assert await reader.readexactly(len(REPLY)) == REPLY
            closing = POST.replace(b"Connection: keep-alive\r\n", b"").replace(
                b"1.1\r\n", b"1.1\r\nConnection: close\r\n"
            )
            assert portal.got == [closing, closing]
            assert wire.requests == [Arrived("POST", "/claims", b"claim")] * 2
            assert (wire.count("POST", "/c.*"), wire.count("POST", "/c"), wire.count("GET", "/c.*")) == (2, 0, 0)

    loop.run(play())


@pytest.mark.parametrize("delivered", [True, False])
@pytest.mark.parametrize("cut", Cut)
def test_a_lost_exchange(cut: Cut, delivered: bool, loop: Loop) -> None:
    async def play() -> None:
        async with scene() as (portal, wire, reader, writer):
            wire.lose(Loss(cut, delivered), "POST", "/claims")
            writer.write(POST)
            match cut:
                case Cut.FIN:
                    assert await reader.read() == b""
                case Cut.RST:
                    with pytest.raises(ConnectionResetError):
                        await reader.read()
                case Cut.HALF:
                    reply = await reader.read()
                    assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
                    assert (reply == REPLY[: len(REPLY) // 2]) is delivered
                case Cut.HANG:
                    await wire.until(1, "POST", "/claims")
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(reader.read(1), 0.2)
            assert len(portal.got) == delivered
            assert wire.count("POST", "/claims") == 1
            reader, writer = await asyncio.open_connection(HOST, int(wire.url.rpartition(":")[2]))
            writer.write(POST)  # as often as it was told, and no more
            assert await reader.readexactly(len(REPLY)) == REPLY
            writer.close()

    loop.run(play())


def test_a_portal_that_hangs_up_is_passed_on(loop: Loop) -> None:
    async def play() -> None:
        async with scene() as (portal, _, reader, writer):
            portal.hangs_up = True
            writer.write(POST)
            assert await reader.read() == b""

    loop.run(play())
