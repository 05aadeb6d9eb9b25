"""One connection to a Redis: commands go out in one write a turn of the loop, replies come back in their order.

What the commands mean, and what to do when the connection ends, is decided above.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from gossamer.redis.resp import NOT_YET, BadReply, ReplyError, make_reader


class Waiter(Protocol):
    """Who is told what became of a command."""

    command: bytes

    def answered(self, reply: object, line: "Line") -> None:
        """It may be a ReplyError, and it may come after `failed`."""

    def failed(self, reason: str) -> None:
        """There is no answer in time, or never will be. Whether the command was carried out, nobody knows."""


class Asking(Waiter, Protocol):
    """One who does not wait for ever."""

    is_over: bool
    """Whether it was answered, or told that it was not in time."""


class Line(asyncio.Protocol):
    """`scripts` are the commands that make known what the others refer to: a server may have forgotten them."""

    def __init__(self, scripts: Sequence[bytes], on_lost: Callable[["Line", str], None]) -> None:
        self._scripts = scripts
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._reader = make_reader()
        self._out: list[bytes] = []
        self._waiters: deque[Waiter] = deque()
        self._transport: asyncio.Transport | None = None
        self.is_open = False
        self.is_leaving = False
        """Whether nobody is told anything by it any more: what it still says is late."""

    @property
    def owed(self) -> int:
        """Replies that are still to come."""
        return len(self._waiters)

    def send(self, command: bytes, waiter: Waiter) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(command)
        self._waiters.append(waiter)

    def give_up(self, reason: str) -> None:
        """Tell all who wait that there may be no answer, in the order in which they asked."""
        for waiter in list(self._waiters):
            waiter.failed(reason)

    def leave(self, within_s: float) -> None:
        """Nothing more goes out; what comes in until then is still heard."""
        self.is_leaving = True
        if self._waiters:
            self._loop.call_later(within_s, self.close)
        else:
            self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None:
            self._transport.write(b"".join(out))

    def _hear(self, reply: object) -> None:
        waiter = self._waiters.popleft()
        if type(reply) is ReplyError and reply.kind == "NOSCRIPT" and not isinstance(waiter, _Again):
            for script in self._scripts:
                self.send(script, IGNORED)
            self.send(waiter.command, _Again(waiter))
        else:
            waiter.answered(reply, self)

    # --- called by the event loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        reader = self._reader
        try:
            reader.feed(data)
            while (reply := reader.gets()) is not NOT_YET:
                if not self._waiters:
                    raise BadReply("a reply that nobody waits for")
                self._hear(reply)
        except BadReply as error:
            self._lose(f"it does not speak as Redis does: {error}")
            self.close()
        if self.is_leaving and not self._waiters:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(str(exc) if exc is not None else "it closed the connection")
        self._transport = None

    def _lose(self, reason: str) -> None:
        if not self.is_open:
            return
        self.is_open = False
        self._on_lost(self, reason)
        waiters, self._waiters = self._waiters, deque()
        for waiter in waiters:
            waiter.failed(reason)


class _Ignored:
    """Whose answer does not matter."""

    command = b""

    def answered(self, reply: object, line: Line) -> None: ...

    def failed(self, reason: str) -> None: ...


IGNORED: Final = _Ignored()


class _Again:
    """A command's second try, behind the scripts that the server did not know."""

    command = b""

    def __init__(self, waiter: Waiter) -> None:
        self._waiter = waiter

    def answered(self, reply: object, line: Line) -> None:
        self._waiter.answered(reply, line)

    def failed(self, reason: str) -> None:
        self._waiter.failed(reason)
