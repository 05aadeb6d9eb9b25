"""The load process's own work on real sockets: its callers against the provider's stand-in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from gossamer.bench.load import Load
from gossamer.bench.orders import Failed, Open, Opened, Paced, PacedDone, Waves, WavesDone
from gossamer.bench.standin import Answering
from gossamer.bench.traffic import STREAM_EVENTS


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
        assert await load.obey(Open("direct", port, 20, "gsm_x")) == Opened()
        done = await load.obey(Paced("direct", first_number=7, warm=20, kept=30, cool=10))
    assert isinstance(done, PacedDone)
    assert len(done.beyond_ns) == 30
    # A timer may fire a little late, never early: uvloop rounds to a millisecond, the other way too.
    assert all(beyond > -2_000_000 for beyond in done.beyond_ns)


async def test_every_event_of_every_stream_is_counted():
    async with loading(Answering) as (load, port):
        await load.obey(Open("direct", port, 5, "gsm_x"))
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
    [(Rude, "gateway closed a connection: end of file"), (Refusing, "gateway answered 429: slow")],
)
async def test_an_arm_that_does_not_answer_is_reported(arm: type[asyncio.Protocol], reason: str):
    async with loading(arm) as (load, port):
        await load.obey(Open("gateway", port, 3, "gsm_x"))
        report = await load.obey(Waves("gateway", waves=1))
    assert report == Failed(reason)


async def test_nobody_there():
    report = await Load().obey(Open("gateway", 1, 1, "gsm_x"))
    assert isinstance(report, Failed)
    assert report.reason.startswith("gateway takes no connection")


async def test_connections_that_closed_between_blocks_are_replaced():
    seen: list[asyncio.BaseTransport] = []

    class Counting(Answering):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            seen.append(transport)
            super().connection_made(transport)

    async with loading(Counting) as (load, port):
        await load.obey(Open("direct", port, 4, "gsm_x"))
        await load.obey(Paced("direct", 0, 0, 4, 0))
        for transport in seen:
            transport.close()
        await asyncio.sleep(0.01)
        done = await load.obey(Paced("direct", 0, 0, 4, 0))
    assert isinstance(done, PacedDone)
    assert len(seen) == 8
