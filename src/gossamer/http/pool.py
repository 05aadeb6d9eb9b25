"""The connections to one origin: how many, which are free, who waits for one.

The last one used is the first one taken, so that what is not needed grows old and is closed.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Protocol, cast

from gossamer.http.call import Call
from gossamer.http.client import ClientConnection
from gossamer.http.errors import CallFailed, ConnectFailed, ConnectTimeout
from gossamer.http.limits import PoolLimits
from gossamer.http.turn import Turn

_SWEEP_S = 0.05
"""How exact the deadlines of calls are: fine enough for limits of a quarter second, and nothing beside a request."""
_QUEUE_GRACE_S = 0.1
"""The connection that is being opened for a call says better what is wrong: it speaks first."""


class ConnectionOpener(Protocol):
    """Opens one connection to the origin within its own time limit, or raises ConnectFailed."""

    async def open(
        self, protocol_factory: Callable[[], asyncio.Protocol]
    ) -> tuple[asyncio.Transport, asyncio.Protocol]: ...


class Pool:
    """All connections of one process to one origin."""

    def __init__(self, opener: ConnectionOpener, limits: PoolLimits, turn: Turn) -> None:
        # for the life of the pool
        self.limits = limits
        self.turn = turn
        self.loop = asyncio.get_running_loop()
        self._opener = opener
        # what is open now
        self._idle: deque[ClientConnection] = deque()
        self._connections: set[ClientConnection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._waiting: deque[Call] = deque()
        self._is_closed = False
        self._sweeper = self.loop.call_later(_SWEEP_S, self._sweep)

    def send(self, call: Call) -> None:
        """Send on a free connection now, or as soon as there is one."""
        idle = self._idle
        while idle:
            connection = idle.pop()
            if not connection.is_lost:
                connection.send(call)
                return
        self._queue(call)

    def resend(self, call: Call) -> None:
        """The kept connection that was to carry it had gone stale: once more, on a new one."""
        call.is_retried = True
        call.connection = None
        self._open_for(call)

    def leave_queue(self, call: Call) -> None:
        if call in self._waiting:
            self._waiting.remove(call)

    def release(self, connection: ClientConnection) -> None:
        """A connection is clean and free."""
        if self._waiting or self._is_closed:
            self._reuse(connection)
        else:
            connection.idle_since = 0.0
            self._idle.append(connection)

    def _reuse(self, connection: ClientConnection) -> None:
        """For whoever waits; a pool that is closed keeps none."""
        while self._waiting:
            call = self._waiting.popleft()
            if not call.is_over:
                _end_wait(call)
                connection.send(call)
                return
        if self._is_closed:
            connection.is_lost = True
            connection.transport.close()
        else:
            self.release(connection)

    def forget(self, connection: ClientConnection) -> None:
        """A connection is gone: whoever waits for its place gets it."""
        self._connections.discard(connection)
        if connection.is_idle and connection in self._idle:
            self._idle.remove(connection)
        if self._waiting and len(self._opening) < len(self._waiting):
            self._open_if_allowed(self._waiting[0])

    def close(self) -> None:
        """Close what is free now, and each busy connection with the answer that it carries."""
        self._is_closed = True
        while self._idle:
            connection = self._idle.pop()
            connection.is_lost = True
            connection.transport.close()

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    def _queue(self, call: Call) -> None:
        call.pool = self
        if len(self._waiting) >= self.limits.waiting:
            call.is_over = True
            self.loop.call_soon(
                call.sink.response_failed,
                ConnectFailed(f"{self.limits.waiting} requests already wait for a connection"),
            )
            return
        self._waiting.append(call)
        self._open_if_allowed(call)

    def _open_if_allowed(self, call: Call) -> None:
        if len(self._connections) + len(self._opening) < self.limits.connections:
            _end_wait(call)
            self._open_for(call)
        else:
            call.waits_for_place = True

    def _open_for(self, call: Call) -> None:
        task = self.loop.create_task(self._open(call))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, call: Call) -> None:
        try:
            _, protocol = await self._opener.open(lambda: ClientConnection(self))
        except CallFailed as error:
            self._fail(call, error)
            return
        connection = cast("ClientConnection", protocol)
        if connection.is_lost:
            self._fail(call, ConnectFailed("the peer closed the connection as soon as it was open"))
            return
        self._connections.add(connection)
        if self._take(call):
            connection.send(call)
        else:
            self.release(connection)

    def _take(self, call: Call) -> bool:
        """Whether the call still needs a connection; no other will come for it then.

        Two may have been opened for one: it waited, went on a connection that came free and was stale, and is retried.
        """
        if call in self._waiting:
            self._waiting.remove(call)
            return True
        return call.is_retried and call.connection is None and not call.is_over

    def _fail(self, call: Call, error: CallFailed) -> None:
        """A connection was opened for this call, in vain. One that another connection took meanwhile is not touched."""
        if self._take(call):
            call.is_over = True
            call.sink.response_failed(error)

    def _sweep(self) -> None:
        if not self._is_closed or self._connections or self._opening or self._waiting:
            self._sweeper = self.loop.call_later(_SWEEP_S, self._sweep)  # first: whatever a look meets
        now = monotonic()
        for connection in list(self._connections):
            connection.check_deadlines(now)
        for connection in self._idle:
            connection.idle_since = connection.idle_since or now
        while self._idle and now - self._idle[0].idle_since > self.limits.keep_s:
            self._idle.popleft().transport.close()
        for call in list(self._waiting):
            call.started_at = call.started_at or now
            if now - call.started_at > call.timeouts.connect_s + _QUEUE_GRACE_S:
                _end_wait(call)
                self._fail(call, ConnectTimeout(f"no free connection within {call.timeouts.connect_s:g} s (connect)"))


def _end_wait(call: Call) -> None:
    if call.waits_for_place:
        call.waits_for_place = False
        call.sink.request_waited()
