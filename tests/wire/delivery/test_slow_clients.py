"""A client that reads slowly: the provider is held back, nothing piles up, and patience lasts while it reads at all."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
import pytest

from gossamer.config.settings import Settings
from tests.wire.delivery.gateway import (
    ASK,
    CHAT,
    DONE,
    END,
    PATIENCE_S,
    STREAM,
    STREAM_HEAD,
    TOKEN,
    Gateway,
    Origin,
    Visit,
    chunk,
    settings_for,
    whole,
    word,
)

EVENTS = word("x" * 8000) * 8
"""One piece of a stream, 64 KB."""
MEGABYTE = 1024 * 1024


class SlowClient:
    """A bare socket that takes little by itself: what is not asked for stays with the gateway."""

    def __init__(self) -> None:
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.setblocking(False)
        self._loop = asyncio.get_running_loop()

    async def ask(self, port: int) -> None:
        await self._loop.sock_connect(self.sock, ("127.0.0.1", port))
        body = msgspec.json.encode(STREAM)
        head = b"POST %b HTTP/1.1\r\nhost: g\r\nauthorization: Bearer %b\r\ncontent-length: %d\r\n\r\n"
        await self._loop.sock_sendall(self.sock, head % (CHAT.encode(), TOKEN.encode(), len(body)) + body)

    async def take(self, size: int) -> bytes:
        return await self._loop.sock_recv(self.sock, size)

    async def take_to(self, end: bytes) -> int:
        """As fast as it goes; returns how much it was."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MEGABYTE)
        count, tail = 0, b""
        async with asyncio.timeout(PATIENCE_S):
            while not tail.endswith(end):
                piece = await self.take(MEGABYTE)
                assert piece, "closed"
                count += len(piece)
                tail = (tail + piece)[-len(end) :]
        return count

    def close(self) -> None:
        self.sock.close()


@pytest.fixture
async def slow(gateway: Gateway) -> AsyncIterator[SlowClient]:
    """Has asked for a stream."""
    client = SlowClient()
    await client.ask(gateway.port)
    yield client
    client.close()


async def flood(visit: Visit, megabytes: int) -> int:
    """Stream until it is all gone, or nobody takes more. Returns the bytes that went."""
    sent = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            while sent < megabytes * MEGABYTE:
                visit.write(chunk(EVENTS))
                sent += len(EVENTS)
                await visit.drain()
    return sent


def with_patience(origin: Origin, seconds: float) -> Settings:
    settings = settings_for(origin)
    limits = msgspec.structs.replace(settings.server.limits, write_timeout_s=seconds)
    return msgspec.structs.replace(settings, server=msgspec.structs.replace(settings.server, limits=limits))


@pytest.fixture
async def gateway(gateway: Gateway, origin: Origin) -> Gateway:
    """Its provider may be silent for long."""
    gateway.reload(settings_for(origin))
    return gateway


async def test_a_client_that_does_not_read_holds_the_provider_back(gateway: Gateway, origin: Origin, slow: SlowClient):
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    sent = await flood(visit, 64)
    assert sent < 32 * MEGABYTE, "kernels hold some megabytes, the gateway next to nothing"
    (connection,) = gateway.server.connections
    assert connection.transport.get_write_buffer_size() < MEGABYTE
    other = await gateway.client()
    await other.ask(ASK)
    (await origin.visit()).write(whole(b"{}"))
    assert (await other.answer()).status == 200, "others are served meanwhile"
    visit.write(chunk(DONE), END)
    assert await slow.take_to(DONE + b"\r\n" + END) > sent
    record = await gateway.record(2)
    assert (record.outcome, record.response_bytes) == ("completed", sent + len(DONE))


async def test_one_who_leaves_while_held_back_cancels_the_provider(gateway: Gateway, origin: Origin, slow: SlowClient):
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    await flood(visit, 64)
    slow.close()
    await visit.ends()
    assert (await gateway.record()).outcome == "client_gone"


async def test_one_who_takes_nothing_for_too_long_is_cut(gateway: Gateway, origin: Origin, slow: SlowClient):
    gateway.reload(with_patience(origin, 0.1))
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    await flood(visit, 64)
    await visit.ends()
    assert (await gateway.record()).outcome == "client_gone"


async def test_one_who_reads_slowly_but_steadily_is_not_cut(gateway: Gateway, origin: Origin, slow: SlowClient):
    visit = await origin.visit()
    visit.write(STREAM_HEAD)
    await flood(visit, 64)
    gateway.reload(with_patience(origin, 0.5))
    for _ in range(30):
        assert await slow.take(16 * 1024), "it has been cut"
        await asyncio.sleep(0.05)
    assert gateway.records.all == []
