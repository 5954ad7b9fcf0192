"""The browser's only way out: a SOCKS proxy inside this process, which can be shut.

A request that the guard holds is not gone from the browser: when its page, its driver or this process dies, the
browser may let it go by itself. So while a stage is under way the gate is shut: what passes is cut, and what
comes waits, because the browser follows an answer before we hear that it has it. When this process ends the gate
ends with it: a browser left behind can reach nobody. The same gate holds a payer's pages to that payer's hosts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator
from ipaddress import ip_address
from types import TracebackType
from typing import Self

# RFC 1928
_VERSION, _NO_SIGN_IN, _CONNECT = 5, 0, 1
_IPV4, _NAME = 1, 3
_GRANTED, _REFUSED = 0, 2
_CHUNK = 1 << 16


class Gate:
    """Listens on loopback as long as it is entered."""

    def __init__(self, hosts: Collection[str]) -> None:
        """`hosts` are the names or addresses that pages may reach, without port."""
        self._hosts = frozenset(hosts)
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._passing: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self._open.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shut()
        if self._server is not None:
            self._server.close()
        self._open.set()  # who was waiting finds itself cut
        await asyncio.gather(*self._serving)

    @property
    def port(self) -> int:
        """Where the browser finds it, on 127.0.0.1."""
        if self._server is None:
            raise RuntimeError("the gate is not entered")
        return int(self._server.sockets[0].getsockname()[1])

    def shut(self) -> None:
        """From now on nothing passes. What was passing or waiting is cut; what comes later waits."""
        self._open.clear()
        for writer in self._passing:
            writer.transport.abort()
        self._passing.clear()

    def open(self) -> None:
        """Let the payer's hosts be reached again."""
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        with self._cuttable(writer):
            try:
                await self._pass(reader, writer)
            except* (OSError, asyncio.IncompleteReadError):
                pass  # one side hung up

    @contextlib.contextmanager
    def _cuttable(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """Cut by `shut`, closed at the end."""
        self._passing.add(writer)
        try:
            yield
        finally:
            self._passing.discard(writer)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: greeting, request, then bytes both ways."""
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(bytes((_VERSION, _NO_SIGN_IN)))
        _, command, _, kind = await reader.readexactly(4)
        host = await _host(reader, kind)
        port = int.from_bytes(await reader.readexactly(2), "big")
        if command != _CONNECT or host not in self._hosts:
            writer.write(_reply(_REFUSED))
            await writer.drain()
            return
        await self._open.wait()
        if writer.is_closing():  # cut while it waited
            return
        there, onward = await asyncio.open_connection(host, port)
        with self._cuttable(onward):
            if writer.is_closing():
                return
            writer.write(_reply(_GRANTED))
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, onward))
                both.create_task(_copy(there, writer))


async def _host(reader: asyncio.StreamReader, kind: int) -> str:
    if kind == _NAME:
        length = (await reader.readexactly(1))[0]
        return (await reader.readexactly(length)).decode("ascii", "replace").lower()
    return str(ip_address(await reader.readexactly(4 if kind == _IPV4 else 16)))


def _reply(code: int) -> bytes:
    return bytes((_VERSION, code, 0, _IPV4)) + bytes(6)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Bytes one way, until that side ends."""
    while chunk := await source.read(_CHUNK):
        target.write(chunk)
        await target.drain()
    with contextlib.suppress(OSError):
        target.write_eof()
