"""One warm connection of the load process: a request out, its answer in, the time taken when bytes come.

The time is read first thing in `data_received`, before any parsing, so the parser's cost is not the arm's.
"""

import asyncio
import time
from collections.abc import Callable
from typing import cast

import httptools

OK = 200
_BODY_SHOWN_BYTES = 300


class ArmFailed(Exception):
    """The arm closed, refused, or did not answer."""


class EventCounter:
    """Counts the blank lines that end events, however the bytes are cut."""

    __slots__ = ("_ended_in_newline", "events")

    def __init__(self) -> None:
        self.events = 0
        self._ended_in_newline = False

    def feed(self, data: bytes) -> None:
        """The next bytes of a stream whose lines end in a bare newline."""
        if self._ended_in_newline:
            data = b"\n" + data
        self.events += data.count(b"\n\n")
        self._ended_in_newline = data.endswith(b"\n") and not data.endswith(b"\n\n")


class Caller(asyncio.Protocol):
    """`on_answer(caller)` is called for each whole answer, `on_failure(error)` when there will be none."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.number = 0
        self.sent_ns = 0
        self.seen_ns = 0
        self.reads = 0
        self.counter: EventCounter | None = None
        self.on_answer: Callable[[Caller], None] = _ignore
        self.on_failure: Callable[[ArmFailed], None] = _ignore
        self.is_open = False
        self._parser = httptools.HttpResponseParser(self)
        self._refusal = b""

    def send(self, request: bytes) -> None:
        """One write; the clock starts before it."""
        self.sent_ns = time.perf_counter_ns()
        self.transport.write(request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self.on_failure(ArmFailed(f"closed a connection: {exc or 'end of file'}"))

    def data_received(self, data: bytes) -> None:
        self.seen_ns = time.perf_counter_ns()
        self.reads += 1
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.on_failure(ArmFailed(f"answered what is no HTTP: {error}"))

    def on_body(self, body: bytes) -> None:
        if self._parser.get_status_code() != OK:
            self._refusal += body[:_BODY_SHOWN_BYTES]
        elif self.counter is not None:
            self.counter.feed(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status == OK:
            self.on_answer(self)
        else:
            self.on_failure(ArmFailed(f"answered {status}: {self._refusal.decode('utf-8', 'replace')}"))


def _ignore(_: object) -> None:
    """Nobody waits: a connection that closes between blocks is replaced before the next."""
