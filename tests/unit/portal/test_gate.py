"""The gate, as its only client speaks to it: SOCKS 5."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from bot.portal.gate import Gate
from tests.conftest import Loop

GRANTED, REFUSED = 0, 2


class Caller:
    """Asks the gate for a host and says hello to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, host: str, port: int) -> int:
        """The gate's reply code."""
        self.writer.write(b"\x05\x01\x00")
        assert await self.reader.readexactly(2) == b"\x05\x00"
        self.writer.write(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + port.to_bytes(2, "big"))
        return (await self.reader.readexactly(10))[1]

    async def echoed(self) -> bytes:
        self.writer.write(b"hello")
        return await self.reader.readexactly(5)


@contextlib.asynccontextmanager
async def scene(*, shut: bool = False) -> AsyncIterator[tuple[Gate, Caller, int]]:
    """A gate, a caller that comes to it, and the port of a server behind it that echoes."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError), contextlib.closing(writer):
            while data := await reader.read(100):
                writer.write(data)

    server = await asyncio.start_server(echo, "127.0.0.9", 0)
    async with server, Gate(["127.0.0.9"]) as gate:
        if shut:
            gate.shut()
        caller = Caller(*await asyncio.open_connection("127.0.0.1", gate.port))
        with contextlib.closing(caller.writer):
            yield gate, caller, server.sockets[0].getsockname()[1]


def test_it_lets_the_payers_hosts_be_reached_and_no_others(loop: Loop) -> None:
    async def play() -> None:
        async with scene() as (_, caller, port):
            assert await caller.ask("127.0.0.9", port) == GRANTED
            assert await caller.echoed() == b"hello"
        async with scene() as (_, caller, port):
            assert await caller.ask("127.0.0.8", port) == REFUSED

    loop.run(play())


def test_what_comes_while_it_is_shut_waits(loop: Loop) -> None:
    async def play() -> None:
        async with scene(shut=True) as (gate, caller, port):
            asking = asyncio.ensure_future(caller.ask("127.0.0.9", port))
            done, _ = await asyncio.wait([asking], timeout=0.2)
            assert not done
            gate.open()
            assert await asking == GRANTED
            assert await caller.echoed() == b"hello"

    loop.run(play())


def test_what_passes_or_waits_is_cut_when_it_shuts(loop: Loop) -> None:
    async def play() -> None:
        async with scene() as (gate, caller, port):
            assert await caller.ask("127.0.0.9", port) == GRANTED
            gate.shut()
            with pytest.raises((asyncio.IncompleteReadError, OSError)):
                await caller.echoed()
        async with scene(shut=True) as (gate, caller, port):
            asking = asyncio.ensure_future(caller.ask("127.0.0.9", port))
            await asyncio.wait([asking], timeout=0.2)
            gate.shut()
            gate.open()
            with pytest.raises((asyncio.IncompleteReadError, OSError)):
                await asking

    loop.run(play())
