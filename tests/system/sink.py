"""A provider for large bodies: takes uploads and gives downloads at the pace that the test sets, and keeps nothing."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_PIECE_BYTES = 64 * 1024
_ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{"id":"file-100"}'
_LAST_CHUNK = b"0\r\n\r\n"

Pace = Callable[[int], Awaitable[None]]
"""Awaited before each piece, with the bytes that have gone by until then."""


async def at_once(_taken: int) -> None:
    """The pace of who never waits."""


class Sink:
    """Listens on a socket that was bound before, so that a gateway can be told where."""

    def __init__(self, sock: socket.socket, pace: Pace = at_once, gives_up_after: int | None = None) -> None:
        # for its life
        self._sock = sock
        self._pace = pace
        self._gives_up_after = gives_up_after
        self._server: asyncio.Server | None = None
        # what has happened so far
        self.heads: list[bytes] = []
        self.taken = 0
        self.ended = asyncio.Event()
        """Set when a connection has ended."""
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, sock=self._sock.dup(), limit=_PIECE_BYTES)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None):
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        async with asyncio.timeout(5):
            while self._writers:
                await asyncio.sleep(0.005)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                if head.startswith(b"GET"):
                    await self._give(writer, int(head.split()[1].rpartition(b"/")[2]))
                elif not await self._take(reader, head):
                    break
                else:
                    writer.write(_ANSWER)
        writer.close()
        self._writers.discard(writer)
        self.ended.set()

    async def _take(self, reader: asyncio.StreamReader, head: bytes) -> bool:
        """Whether the upload came to its end."""
        found = _LENGTH.search(head)
        length = None if found is None else int(found[1])
        self.taken, tail = 0, b""
        while self.taken != length and not (length is None and tail.endswith(_LAST_CHUNK)):
            await self._pace(self.taken)
            piece = await reader.read(_PIECE_BYTES)
            self.taken += len(piece)
            if not piece or (self._gives_up_after is not None and self.taken > self._gives_up_after):
                return False
            tail = (tail + piece)[-len(_LAST_CHUNK) :]
        return True

    async def _give(self, writer: asyncio.StreamWriter, size: int) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n"
        writer.write(head % size)
        piece = bytes(_PIECE_BYTES)
        for _ in range(size // _PIECE_BYTES):
            await self._pace(self.taken)
            writer.write(piece)
            await writer.drain()
            self.taken += len(piece)
