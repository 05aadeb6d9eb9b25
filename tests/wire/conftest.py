"""Real sockets on the loopback, on every event loop that the product runs on."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from gossamer.http.limits import ServerLimits
from gossamer.http.request import Request
from gossamer.http.server import Server


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Answer:
    """A parsed answer, for tests that look at one."""

    def __init__(self, head: bytes, body: bytes) -> None:
        lines = head.split(b"\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        self.body = body


class Wire:
    """One raw connection to a server: what a client program writes and reads."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, is_head: bool = False) -> Answer:
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            answer = Answer(head.rstrip(b"\r\n"), b"")
            if is_head or answer.status in (100, 204, 304):
                return answer
            if b"content-length" in answer.headers:
                answer.body = await self.reader.readexactly(int(answer.headers[b"content-length"]))
            elif answer.headers.get(b"transfer-encoding") == b"chunked":
                answer.body = await self._chunks()
            else:
                answer.body = await self.reader.read()
            return answer

    async def _chunks(self) -> bytes:
        body = b""
        while True:
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            piece = await self.reader.readexactly(size + 2)
            if size == 0:
                return body
            body += piece[:-2]

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        async with asyncio.timeout(5):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    def close(self) -> None:
        self.writer.close()


class Served:
    """A server that listens, and connections to it."""

    def __init__(self, server: Server, port: int) -> None:
        self.server = server
        self.port = port
        self.wires: list[Wire] = []

    async def wire(self) -> Wire:
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port))
        self.wires.append(wire)
        return wire


Serve = Callable[..., Awaitable[Served]]


def bound_socket() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


@asynccontextmanager
async def serving(handler: Callable[[Request], None], limits: ServerLimits | None = None) -> AsyncIterator[Served]:
    server = Server(handler, limits)
    sock = bound_socket()
    await server.listen(sock)
    served = Served(server, sock.getsockname()[1])
    try:
        yield served
    finally:
        for wire in served.wires:
            wire.close()
        await server.drain(1.0)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers that end with the test."""
    open_servers = []

    async def start(handler: Callable[[Request], None], limits: ServerLimits | None = None) -> Served:
        context = serving(handler, limits)
        served = await context.__aenter__()
        open_servers.append(context)
        return served

    yield start
    for context in open_servers:
        await context.__aexit__(None, None, None)


async def eventually(condition: Callable[[], bool], within_s: float = 5.0) -> None:
    """Wait until something that the loop must still do has been done."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)
