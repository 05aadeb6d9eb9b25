"""The load process's own work on real sockets: its callers against the provider's stand-in."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from gossamer.bench.cells import Cell, Dialect, Lane
from gossamer.bench.load import Load
from gossamer.bench.orders import Failed, Measure, Measured, Opened, Paced, PacedDone, Waves, WavesDone, open_local
from gossamer.bench.record import Sample
from gossamer.bench.standin import Answering
from gossamer.bench.traffic import STREAM_EVENTS
from gossamer.mock.plan import Settings
from gossamer.mock.server import MockServer
from gossamer.mock.timers import exact_timers


@asynccontextmanager
async def loading(protocol: Callable[[], asyncio.Protocol]) -> AsyncIterator[tuple[Load, int]]:
    """A load, and the port of a server that speaks the protocol."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    load = Load()
    try:
        yield load, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        load.close()
        await server.wait_closed()


async def test_kept_requests_come_back_with_what_was_added():
    async with loading(Answering) as (load, port):
        assert await load.obey(open_local("direct", port, 20, "gsm_x")) == Opened()
        done = await load.obey(Paced("direct", first_number=7, warm=20, kept=30, cool=10))
    assert isinstance(done, PacedDone)
    assert len(done.beyond_ns) == 30
    # A timer may fire a little late, never early: uvloop rounds to a millisecond, the other way too.
    assert all(beyond > -2_000_000 for beyond in done.beyond_ns)


async def test_every_event_of_every_stream_is_counted():
    async with loading(Answering) as (load, port):
        await load.obey(open_local("direct", port, 5, "gsm_x"))
        done = await load.obey(Waves("direct", waves=1))
    assert isinstance(done, WavesDone)
    assert (done.streams, done.events) == (5, 5 * STREAM_EVENTS)
    assert done.reads > STREAM_EVENTS


class Rude(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, _: bytes) -> None:
        self.transport.close()


class Refusing(Rude):
    def data_received(self, _: bytes) -> None:
        self.transport.write(b"HTTP/1.1 429 Too Many\r\ncontent-length: 4\r\n\r\nslow")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arm", "reason"),
    [(Rude, "gateway the connection was closed before any answer"), (Refusing, "gateway answered 429: slow")],
)
async def test_an_arm_that_does_not_answer_is_reported(arm: type[asyncio.Protocol], reason: str):
    async with loading(arm) as (load, port):
        await load.obey(open_local("gateway", port, 3, "gsm_x"))
        report = await load.obey(Waves("gateway", waves=1))
    assert report == Failed(reason)


async def test_nobody_there():
    report = await Load().obey(open_local("gateway", 1, 1, "gsm_x"))
    assert isinstance(report, Failed)
    assert report.reason.startswith("gateway takes no connection")


async def test_connections_that_closed_between_blocks_are_replaced():
    seen: list[asyncio.BaseTransport] = []

    class Counting(Answering):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            seen.append(transport)
            super().connection_made(transport)

    async with loading(Counting) as (load, port):
        await load.obey(open_local("direct", port, 4, "gsm_x"))
        await load.obey(Paced("direct", 0, 0, 4, 0))
        for transport in seen:
            transport.close()
        await asyncio.sleep(0.01)
        done = await load.obey(Paced("direct", 0, 0, 4, 0))
    assert isinstance(done, PacedDone)
    assert len(seen) == 8


async def measured(cell: Cell) -> Sample:
    """One block straight to a mock that obeys prompts."""
    sock = socket.create_server(("127.0.0.1", 0))
    timers = exact_timers(asyncio.get_running_loop())
    mock = MockServer(Settings(reads_text=True), timers)
    await mock.server.listen(sock)
    load = Load()
    try:
        await load.obey(open_local("direct", sock.getsockname()[1], 0, "gsm_x"))
        report = await load.obey(Measure("direct", cell, 1, 10.0))
        assert isinstance(report, Measured), report
        return report.sample
    finally:
        load.close()
        await mock.server.drain(1)
        timers.close()


async def test_a_block_of_a_closed_loop_has_the_providers_own_times():
    sample = await measured(Cell(Lane.LATENCY, 4, 8))
    assert len(sample.took_ns) == len(sample.service_ns) == 8
    assert all(took > own > 35_000_000 for took, own in zip(sample.took_ns, sample.service_ns, strict=True))


@pytest.mark.parametrize("dialect", Dialect)
async def test_a_block_of_streams_has_every_event_with_its_delay(dialect: Dialect):
    sample = await measured(Cell(Lane.LATENCY, 2, 4, is_stream=True, dialect=dialect))
    streams = sample.streams
    assert streams is not None
    assert streams.unended == 0
    assert streams.shrunk < streams.gaps / 2, "one gap may shrink where the machine held this process up"
    assert len(streams.first_content_ns) == len(streams.events_of) == 4
    assert streams.delay_ns is not None
    assert streams.delay_ns.count >= 4 * 20


async def test_a_block_of_an_open_loop_is_answered_whole():
    sample = await measured(Cell(Lane.CAPACITY, 8, 40, rate_per_s=400))
    assert sample.statuses == {"200": 40}
    assert sample.send_lag_ns is not None


async def test_errors_are_timed_where_they_are_asked_for():
    sample = await measured(Cell(Lane.ERRORS, 1, 3, fault="429-always"))
    assert sample.statuses == {"429": 3}
    assert len(sample.took_ns) == 3
