"""The server end: a connection takes one request at a time, hands it to the handler in the same turn, and answers.

No task is made here. Bytes that come behind a request (pipelining) wait, unread, until its answer is out.
Deadlines are kept by one sweep over all connections, not by a timer each.
"""

import asyncio
import select
import socket
import ssl
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

from gossamer.http.connection import ServerConnection
from gossamer.http.limits import ServerLimits
from gossamer.http.request import Request
from gossamer.http.turn import Turn

_SWEEPS_PER_TIMEOUT = 4
_BACKLOG = 4096
"""Connections that may wait in the kernel while a worker is being replaced."""
_LAST_TURNS = 6
"""Of the loop, from the last who was let in to the closing of the door: asyncio takes four to the first bytes."""
_UNIX_OPTIONS: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
"""The socket's file belongs to who bound it: from 3.13 on a closing server would take it from the others."""


def plain_refusal(_status: int, reason: str) -> tuple[bytes, bytes]:
    """Headers and body of an answer to bytes that are no request."""
    return b"content-type: text/plain; charset=utf-8\r\n", reason.encode() + b"\n"


class Server:
    """All listening sockets and connections of one process."""

    def __init__(
        self,
        handler: Callable[[Request], None],
        limits: ServerLimits | None = None,
        *,
        refusal: Callable[[int, str], tuple[bytes, bytes]] = plain_refusal,
        turn: Turn | None = None,
    ) -> None:
        # for the life of the process
        self.handler = handler
        self.limits = limits or ServerLimits()
        self.refusal = refusal
        self.loop = asyncio.get_running_loop()
        self.turn = turn or Turn(self.loop)
        # what is open now
        self.connections: set[ServerConnection] = set()
        self.is_draining = False
        self._listeners: list[asyncio.Server] = []
        self._emptied: asyncio.Future[None] | None = None
        self._sweeper = self.loop.call_later(self._sweep_interval_s, self._sweep)

    async def listen(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accept on a bound socket, TCP or Unix."""
        sock.setblocking(False)
        if sock.family == socket.AF_UNIX:
            listener = await self.loop.create_unix_server(
                self._connect, sock=sock, ssl=tls, backlog=_BACKLOG, **_UNIX_OPTIONS
            )
        else:
            listener = await self.loop.create_server(self._connect, sock=sock, ssl=tls, backlog=_BACKLOG)
        self._listeners.append(listener)

    async def drain(self, within_s: float) -> None:
        """Accept no more, let what is under way finish, and cut what is left when the time is up."""
        self.is_draining = True
        await self._let_in()
        for listener in self._listeners:
            listener.close()
        for connection in list(self.connections):
            connection.drain()
        if self.connections:
            self._emptied = self.loop.create_future()
            await asyncio.wait([self._emptied], timeout=within_s)
        for connection in list(self.connections):
            connection.cut()
        self._sweeper.cancel()

    async def _let_in(self) -> None:
        """Accept who waits, with what they have sent: closing the door would reset them. uvloop accepts one a turn."""
        door = select.poll()
        for listener in self._listeners:
            for sock in listener.sockets:
                door.register(sock.fileno(), select.POLLIN)
        for _ in range(_BACKLOG):
            if not door.poll(0):
                break
            await asyncio.sleep(0)
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(0)

    def forget(self, connection: ServerConnection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        if self._emptied is not None and not self.connections and not self._emptied.done():
            self._emptied.set_result(None)

    @property
    def in_flight(self) -> int:
        return sum(connection.is_busy for connection in self.connections)

    def _connect(self) -> ServerConnection:
        return ServerConnection(self)

    @property
    def _sweep_interval_s(self) -> float:
        limits = self.limits
        shortest = min(limits.head_timeout_s, limits.body_timeout_s, limits.idle_timeout_s, limits.write_timeout_s)
        return max(0.02, min(1.0, shortest / _SWEEPS_PER_TIMEOUT))

    def _sweep(self) -> None:
        self._sweeper = self.loop.call_later(self._sweep_interval_s, self._sweep)  # first: whatever a look meets
        now = monotonic()
        for connection in list(self.connections):
            connection.check_deadlines(now)
