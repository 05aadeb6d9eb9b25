"""One worker's connection: lines in, lines out. What is asked goes to a desk, what is told is in its order.

An answer may leave after a change that it does not know of, since it says at which revision it was read; the worker
holds it against what it has heard.
"""

import asyncio
from typing import Final, Protocol, cast

import msgspec

from gossamer.control.feed.desk import Desk
from gossamer.core.logs import get_log
from gossamer.feed.lines import Lines
from gossamer.feed.messages import (
    PROTOCOL,
    AskAgents,
    AskEvents,
    AskKeys,
    AskRoutes,
    ForRecorder,
    FromControl,
    FromWorker,
    Hello,
    Refused,
    Turned,
    Used,
)

MOST_UNREAD_BYTES: Final = 16 * 1024 * 1024
"""A worker that leaves so much unread hangs; cut, it begins anew when it can."""

_log = get_log(__name__)
_encode: Final = msgspec.json.Encoder().encode


class Host(Protocol):
    """Who keeps the visitors."""

    def came(self, visitor: "Visitor", since: int) -> None: ...

    def left(self, visitor: "Visitor") -> None: ...

    def turned(self, visitor: "Visitor", said: Turned) -> None: ...


class Visitor(asyncio.Protocol):
    """`told_to`: the last revision that this worker was told of; None before it was greeted."""

    def __init__(self, host: Host, desk: Desk) -> None:
        self.told_to: int | None = None
        self._host = host
        self._desk = desk
        self._counter = desk.counter(self.say)
        self._lines = Lines()
        self._decode = msgspec.json.Decoder(FromWorker).decode
        self._transport: asyncio.Transport | None = None

    @property
    def is_here(self) -> bool:
        return self._transport is not None

    def say(self, *messages: FromControl | ForRecorder) -> None:
        transport = self._transport
        if transport is None:
            return
        transport.write(b"".join(_encode(message) + b"\n" for message in messages))
        if transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            _log.error("a worker does not read what it is told: its connection is cut")
            transport.abort()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # --- called by the event loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            try:
                self._take(self._decode(line))
            except msgspec.DecodeError as error:
                # Both sides share the code, except after an upgrade under a running supervisor.
                self._refuse(f"this cannot be read: {error}. Restart gossamer after an upgrade.")
                return

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended, it has
        self._transport = None
        self._counter.close()
        self._host.left(self)

    # --- inside ---

    def _take(self, said: FromWorker) -> None:
        match said:
            case AskKeys() | AskAgents() | AskRoutes() | AskEvents():
                self._counter.ask(said)
            case Used():
                self._desk.note_used(said.keys)
            case Turned():
                self._host.turned(self, said)
            case Hello(protocol=protocol) if protocol != PROTOCOL:
                self._refuse(f"the worker speaks protocol {protocol} and this process {PROTOCOL}: restart gossamer.")
            case Hello():
                self._host.came(self, said.since)

    def _refuse(self, reason: str) -> None:
        _log.error("a worker is refused", reason=reason)
        self.say(Refused(reason))
        self.close()
