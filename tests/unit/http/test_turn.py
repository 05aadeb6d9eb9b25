"""How old bytes are when they are handed over: never less than they are, and not much more."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from gossamer.http import client, turn
from gossamer.http.call import Call
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts, PoolLimits
from gossamer.http.pool import ConnectionOpener, Pool
from gossamer.http.turn import Turn

US, MS = 1_000, 1_000_000
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNK = b"8\r\ndata: 1\n\r\n"
HANDLED_NS = 30 * US
"""What the handling of a chunk takes here."""


class Clock:
    """Stands still until somebody works or sleeps."""

    def __init__(self) -> None:
        self.now_ns = 1_000 * MS

    def __call__(self) -> int:
        return self.now_ns

    def pass_by(self, ns: int) -> int:
        self.now_ns += ns
        return self.now_ns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(turn, "perf_counter_ns", found)
    monkeypatch.setattr(client, "perf_counter_ns", found)
    return found


class Reader:
    """Takes an answer, and works on each piece of it."""

    call: Call

    def __init__(self, clock: Clock, tap: Callable[[bytes, int], bool] | None) -> None:
        self._clock = clock
        self._tap = tap

    def request_waited(self) -> None: ...

    def response_complete(self, head: ResponseHead, body: bytes) -> None: ...

    def response_started(self, head: ResponseHead) -> None:
        self.call.tap = self._tap

    def response_data(self, data: bytes) -> None:
        self._clock.pass_by(HANDLED_NS)

    def response_ended(self) -> None: ...

    def response_failed(self, error: Exception) -> None: ...


class Wire(asyncio.Transport):
    """Takes all."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...


def streaming(clock: Clock, now: Turn, *, is_tapped: bool) -> client.ClientConnection:
    """A connection in the middle of a stream, whose head came now."""

    def tap(_chunk: bytes, _begin: int) -> bool:
        clock.pass_by(HANDLED_NS)
        return True

    reader = Reader(clock, tap if is_tapped else None)
    reader.call = Call(b"", reader, CallTimeouts())
    pool = Pool(cast("ConnectionOpener", None), PoolLimits(), now)
    connection = client.ClientConnection(pool)
    connection.connection_made(Wire())
    connection.send(reader.call)
    connection.data_received(HEAD)
    pool.close()
    return connection


async def test_after_a_sleep_bytes_are_as_old_as_the_turn(clock: Clock):
    now = Turn(asyncio.get_running_loop())
    now.begin()
    woken = clock.pass_by(10 * MS)
    now.begin()
    assert now.seen_ns == woken


async def test_without_a_sleep_bytes_may_have_come_while_the_turn_before_worked(clock: Clock):
    now = Turn(asyncio.get_running_loop())
    now.begin()
    began = clock.pass_by(10 * MS)
    now.begin()
    now.worked_ns = clock.pass_by(300 * US)
    clock.pass_by(10 * US)
    now.begin()
    assert now.seen_ns == began
    assert now.is_open
    await asyncio.sleep(0)
    assert not now.is_open


@pytest.mark.parametrize("is_tapped", [True, False])
async def test_what_comes_behind_a_chunk_is_no_older_than_the_chunk(clock: Clock, *, is_tapped: bool):
    """Not as old as the last head, from which the loop has slept: that made milliseconds of microseconds."""
    now = Turn(asyncio.get_running_loop())
    stream = streaming(clock, now, is_tapped=is_tapped)
    woken = clock.pass_by(10 * MS)
    stream.data_received(CHUNK)
    clock.pass_by(5 * US)
    now.begin()
    assert now.seen_ns == woken


@pytest.mark.parametrize("is_tapped", [True, False])
async def test_what_comes_behind_many_chunks_has_waited_for_all_of_them(clock: Clock, *, is_tapped: bool):
    now = Turn(asyncio.get_running_loop())
    stream = streaming(clock, now, is_tapped=is_tapped)
    woken = clock.pass_by(10 * MS)
    for _ in range(50):
        stream.data_received(CHUNK)
        clock.pass_by(US)
    now.begin()
    assert now.seen_ns == woken
