"""Requests at a steady pace over kept connections; each is timed from the moment at which it was due.

So a gateway that holds up one request does not hide that it would have held up the next. Whoever asks stands for other
people's machines: it keeps its times to 0.1 ms, where the loop's own timers know only whole ones, and goes before
everything else that is measured here, where that is allowed.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, cast

import httptools
import uvloop

from gossamer.mock.timers import Timers, exact_timers


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
    with urgent():
        return uvloop.run(_run(port, requests, connections, per_s))


@contextmanager
def urgent() -> Iterator[None]:
    """Before every ordinary process; without the right to that (root or CAP_SYS_NICE), as one of them."""
    before = os.sched_getscheduler(0)
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, before, os.sched_param(0))


async def _run(port: int, requests: Sequence[bytes], connections: int, per_s: float) -> list[Taken]:
    free: deque[Line] = deque()
    taken: list[Taken] = []
    loop = asyncio.get_running_loop()
    timers = exact_timers(loop)
    for _ in range(connections):
        _, line = await loop.create_connection(lambda: Line(free, taken), "127.0.0.1", port)
        free.append(line)
    due = _times(len(requests), per_s)
    for request, due_ns in zip(requests, due, strict=True):
        await _until(due_ns, timers)
        while not free:
            await asyncio.sleep(0.0005)
        free.popleft().send(request, due_ns)
    while len(taken) < len(requests):
        await asyncio.sleep(0.005)
    for line in free:
        line.transport.close()
    await asyncio.sleep(0)  # sockets are closed in the next turn
    timers.close()
    return taken


async def _until(due_ns: int, timers: Timers) -> None:
    if due_ns > time.perf_counter_ns():
        come: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timers.call_at(due_ns, lambda: come.set_result(None))
        await come


def _times(count: int, per_s: float) -> Iterator[int]:
    began_ns = time.perf_counter_ns()
    return (began_ns + round(number * 1e9 / per_s) for number in range(count))
