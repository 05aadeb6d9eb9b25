"""Requests at a steady pace over kept connections; each is timed from the moment at which it was due.

So a gateway that holds up one request does not hide that it would have held up the next.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import httptools
import uvloop


class Taken(NamedTuple):
    """One answer."""

    status: int
    ns: int


class Line(asyncio.Protocol):
    """A connection, on which one request is under way at a time."""

    def __init__(self, free: deque["Line"], taken: list[Taken]) -> None:
        self.transport: asyncio.Transport
        self._free = free
        self._taken = taken
        self._due_ns = 0
        self._parser = httptools.HttpResponseParser(self)

    def send(self, request: bytes, due_ns: int) -> None:
        self._due_ns = due_ns
        self.transport.write(request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._taken.append(Taken(self._parser.get_status_code(), time.perf_counter_ns() - self._due_ns))
        self._parser = httptools.HttpResponseParser(self)
        self._free.append(self)


def run(port: int, requests: Sequence[bytes], connections: int, per_s: float) -> list[Taken]:
    """All of them, in their order."""
    return uvloop.run(_run(port, requests, connections, per_s))


async def _run(port: int, requests: Sequence[bytes], connections: int, per_s: float) -> list[Taken]:
    free: deque[Line] = deque()
    taken: list[Taken] = []
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        _, line = await loop.create_connection(lambda: Line(free, taken), "127.0.0.1", port)
        free.append(line)
    due = _times(len(requests), per_s)
    for request, due_ns in zip(requests, due, strict=True):
        while (wait_s := (due_ns - time.perf_counter_ns()) / 1e9) > 0 or not free:
            await asyncio.sleep(max(0.0, min(wait_s, 0.01)) if free else 0.0005)
        free.popleft().send(request, due_ns)
    while len(taken) < len(requests):
        await asyncio.sleep(0.005)
    for line in free:
        line.transport.close()
    await asyncio.sleep(0)  # sockets are closed in the next turn
    return taken


def _times(count: int, per_s: float) -> Iterator[int]:
    began_ns = time.perf_counter_ns()
    return (began_ns + round(number * 1e9 / per_s) for number in range(count))
