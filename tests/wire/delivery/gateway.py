"""The whole way of a request in one loop: a raw client, the worker's own parts, and a provider that the test plays.

Everything is a real local socket. Nothing here asserts; what the journal would hold is kept as a list.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from gossamer.config.settings import KeySettings, Settings
from gossamer.config.upstreams import CompatibleProvider, TimeoutSettings
from gossamer.core.record import Record
from gossamer.http.proxy import ProxySettings
from gossamer.http.server import Server
from gossamer.http.turn import Turn
from gossamer.pipeline import run
from gossamer.process.link import Link
from gossamer.worker.cache import WorkerCache
from gossamer.worker.control_door import ControlDoor
from gossamer.worker.front_door import FrontDoor, refusal
from gossamer.worker.idempotency import WorkerIdempotency
from gossamer.worker.identity.identity import Identity
from gossamer.worker.process import Worker
from gossamer.worker.responses import WorkerResponses
from gossamer.worker.services import ServiceFactory
from gossamer.worker.tape import taped
from tests.wire.conftest import Answer, Wire, bound_socket, eventually

TOKEN = "gsm_the_callers_own"
PATIENCE_S = 5.0
"""For what must happen; a pass takes milliseconds."""
CHAT = "/v1/chat/completions"
ASK = {"model": "alias", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**ASK, "stream": True}
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time at all: closing sends a reset."""


class Visit:
    """One request as the provider sees it. The test answers, or does worse."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
        self.reader = reader
        self._writer = writer
        self.head = head
        self.body = body
        self._gone = asyncio.Event()

    def write(self, *pieces: bytes) -> None:
        self._writer.write(b"".join(pieces))

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()

    def note_end(self) -> None:
        self._gone.set()

    async def ends(self) -> None:
        """Until the gateway has closed the connection."""
        async with asyncio.timeout(PATIENCE_S):
            await self._gone.wait()

    async def rest(self) -> bytes:
        """Of an upload, everything until the gateway closes the connection."""
        taken = bytearray()
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionError):
                while piece := await self.reader.read(65536):
                    taken += piece
        self.close()
        return bytes(taken)


class Origin:
    """A provider. With `reads_bodies` off, a visit begins with the head, and the test reads on."""

    def __init__(self, *, reads_bodies: bool = True) -> None:
        self.port = 0
        self.accepted = 0
        self.open = 0
        self.reads_bodies = reads_bodies
        self._visits: asyncio.Queue[Visit] = asyncio.Queue()

    async def visit(self) -> Visit:
        """The next request."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._visits.get()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.open += 1
        visit = None
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head)) if self.reads_bodies else b""
                visit = Visit(reader, writer, head, body)
                self._visits.put_nowait(visit)
                if not self.reads_bodies:
                    await writer.wait_closed()
        self.open -= 1
        writer.close()
        if visit is not None:
            visit.note_end()


class Client(Wire):
    """A caller with a good key."""

    async def ask(self, body: object, path: str = CHAT, *lines: str, method: str = "POST") -> None:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        more = "".join(f"{line}\r\n" for line in lines)
        length = f"content-length: {len(raw)}\r\n" if raw else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\n{more}{length}\r\n"
        await self.send(head.encode() + raw)

    async def head(self) -> Answer:
        return await self.answer(is_head=True)

    async def chunked_body(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self._chunks()

    async def until(self, end: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(end)


class Records:
    """A Journal in memory."""

    def __init__(self) -> None:
        self.all: list[Record] = []

    def append(self, record: Record) -> None:
        self.all.append(record)

    def close(self) -> None:
        """Nothing is open."""


class Gateway:
    """A worker without its process."""

    def __init__(
        self,
        settings: Settings,
        cache: WorkerCache | None = None,
        responses: WorkerResponses | None = None,
        idempotency: WorkerIdempotency | None = None,
    ) -> None:
        turn = Turn(asyncio.get_running_loop())
        self.records = Records()
        self.identity = Identity(Path("/nowhere"), 0, settings.auth)
        factory = ServiceFactory(
            self.records,
            turn,
            0,
            ProxySettings(),
            self.identity,
            cache=cache,
            responses=responses,
            idempotency=idempotency,
        )
        assembly = factory.make(settings)
        control = ControlDoor(Path("/nowhere/control.sock"), turn, self.identity)
        handle = run if settings.capture.content == "none" else taped(run, settings.capture)
        door = FrontDoor(handle, assembly.services, control, is_exposed=settings.control.expose)
        self.server = Server(door.handle, settings.server.limits.for_server(), refusal=refusal, turn=turn)
        self._worker = Worker(factory, assembly, door, self.server, Link())
        self._clients: list[Client] = []
        self.port = 0

    async def listen(self) -> None:
        sock = bound_socket()
        self.port = sock.getsockname()[1]
        await self.server.listen(sock)

    async def client(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self._clients.append(client)
        return client

    def reload(self, settings: Settings) -> None:
        self._worker.new_settings(settings, 2)

    async def record(self, count: int = 1) -> Record:
        """The last record, once there are so many."""
        await eventually(lambda: len(self.records.all) >= count)
        assert len(self.records.all) == count
        return self.records.all[-1]

    async def close(self) -> None:
        for client in self._clients:
            client.close()
        self._worker.drain(0.2)
        await self._worker.drained


@asynccontextmanager
async def listening(origin: Origin) -> AsyncIterator[Origin]:
    server = await asyncio.start_server(origin.take, "127.0.0.1", 0)
    origin.port = server.sockets[0].getsockname()[1]
    try:
        yield origin
    finally:  # of a test that failed as well: uvloop waits for what still listens
        server.close()


def settings_for(origin: Origin, *, key: str = "sk-the-providers", **timeouts: float) -> Settings:
    """One provider, `local`, that has one model: `real`, which callers know as `alias`."""
    return Settings(
        providers={"local": provider_at(origin.port, key=key, **timeouts)},
        models={"alias": "local/real"},
        keys=(KeySettings(name="tester", digest=sha256(TOKEN.encode()).digest()),),
    )


def provider_at(port: int, *, key: str = "sk-the-providers", **timeouts: float) -> CompatibleProvider:
    """It takes every dialect as it comes."""
    limits = TimeoutSettings(**timeouts)
    return CompatibleProvider(
        base_url=f"http://127.0.0.1:{port}/v1",
        api_keys=(key,),
        timeouts=limits,
        speaks=("chat", "responses", "messages"),
    )


def whole(body: bytes, status: int = 200, kind: str = "application/json", *lines: str) -> bytes:
    """An answer of known length."""
    more = "".join(f"{line}\r\n" for line in lines)
    return (
        f"HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\n{more}content-length: {len(body)}\r\n\r\n".encode() + body
    )


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def word(text: str) -> bytes:
    """One event of a streamed chat."""
    said: Any = {"id": "c1", "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: %b\n\n" % msgspec.json.encode(said)


def usage(read: int, written: int) -> bytes:
    """The event with nothing but usage."""
    counts = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return b"data: %b\n\n" % msgspec.json.encode({"id": "c1", "choices": [], "usage": counts})


def _length(head: bytes) -> int:
    _, _, value = head.lower().partition(b"content-length:")
    return int(value.partition(b"\r\n")[0] or 0)
