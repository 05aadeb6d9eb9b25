"""What is large or slow goes through a worker without piling up in it: its memory stays flat, and others are served."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.system.gateway import TOKEN, Gateway, Mock, standard_config, start_gateway, start_mock
from tests.system.process_figures import resident_bytes, tell
from tests.system.raw_client import RawClient, joined, port_of
from tests.system.sink import Sink

MEGABYTE = 1024 * 1024
LARGE_BYTES = 100 * MEGABYTE
SLACK_BYTES = 6 * MEGABYTE
"""What a worker may grow by: buffers, and code that is loaded with the first use. Far below what goes through."""
TOKENS = 60_000
"""18 MB of events, of which the kernels on the way hold some."""
ASK = {"model": "house", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**ASK, "stream": True}
TO_SINK: dict[str, Any] = {"content_type": "application/octet-stream", "x_gossamer_provider": "sink"}


@pytest.fixture
def sink_socket() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture
def mock() -> Iterator[Mock]:
    with start_mock() as mock:
        yield mock


@pytest.fixture
def gateway(tmp_path: Path, mock: Mock, sink_socket: socket.socket) -> Iterator[Gateway]:
    config = standard_config(mock.url)
    config["providers"]["sink"] = {
        "kind": "openai-compatible",
        "base_url": f"http://127.0.0.1:{sink_socket.getsockname()[1]}/v1",
    }
    with start_gateway(tmp_path, config) as gateway:
        yield gateway


class Memory:
    """Of one worker, while something goes on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.before = self.most = resident_bytes(pid)

    def look(self) -> None:
        self.most = max(self.most, resident_bytes(self._pid))

    @property
    def grown(self) -> int:
        return self.most - self.before

    def __str__(self) -> str:
        return f"{self.before / MEGABYTE:.1f} MB before, at most {self.most / MEGABYTE:.1f} MB"


@asynccontextmanager
async def watched(gateway: Gateway) -> AsyncIterator[Memory]:
    memory = Memory(gateway.workers[0])

    async def look_again() -> None:
        while True:
            memory.look()
            await asyncio.sleep(0.01)

    looking = asyncio.create_task(look_again())
    yield memory
    looking.cancel()
    memory.look()


class Pause:
    """A pace: no hurry in the middle of it all."""

    def __init__(self, at: int, pieces: int = 50, pause_s: float = 0.01) -> None:
        self._at = at
        self._left = pieces
        self._pause_s = pause_s

    async def __call__(self, taken: int) -> None:
        if taken >= self._at and self._left:
            self._left -= 1
            await asyncio.sleep(self._pause_s)


# --- a reader of 1 KB/s ---


async def read_slowly(sock: socket.socket, seconds: int) -> bytes:
    loop, taken = asyncio.get_running_loop(), b""
    for _ in range(seconds):
        taken += await loop.sock_recv(sock, 1024)
        await asyncio.sleep(1)
    return taken


async def read_to_the_end(sock: socket.socket, taken: bytes) -> bytes:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MEGABYTE)
    loop, received = asyncio.get_running_loop(), bytearray(taken)
    async with asyncio.timeout(20):
        while not received.endswith(b"0\r\n\r\n"):
            piece = await loop.sock_recv(sock, MEGABYTE)
            assert piece, "cut"
            received += piece
    return bytes(received)


async def send_stream(port: int) -> socket.socket:
    """A long stream, asked for by who takes little at a time."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", port))
    body = msgspec.json.encode(STREAM)
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\nx-request-id: slow\r\n"
        f"x-mock-tokens: {TOKENS}\r\nx-mock-stamp: 1\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    await loop.sock_sendall(sock, head.encode() + body)
    return sock


async def outcome_at(mock: Mock) -> str:
    async with RawClient(port_of(mock.url), "") as client:
        answer = await client.ask("GET", "/mock/requests/slow")
    return str(msgspec.json.decode(answer.body)["outcome"])


async def serve_others(gateway: Gateway, count: int) -> float:
    """By the mock in the worker, so that it is the worker that they wait for. Returns the longest in seconds."""
    ask = {**ASK, "model": "house-in"}
    longest_s = 0.0
    async with RawClient(gateway.port, TOKEN) as client:
        for number in range(count):
            began = time.monotonic()
            answer = await client.ask("POST", "/v1/chat/completions", {**ask, "stream": number % 2 == 1})
            assert (answer.status, answer.is_whole) == (200, True)
            longest_s = max(longest_s, time.monotonic() - began)
            await asyncio.sleep(0.01)
    return longest_s


async def test_a_reader_of_1_kb_a_second_holds_the_provider_back_and_nobody_else(gateway: Gateway, mock: Mock):
    await serve_others(gateway, 20)
    async with watched(gateway) as memory:
        with await send_stream(gateway.port) as sock:
            taken, longest_s = await asyncio.gather(read_slowly(sock, 3), serve_others(gateway, 100))
            assert await outcome_at(mock) == "open", "the provider waits"
            whole = await read_to_the_end(sock, taken)
    assert await outcome_at(mock) == "finished"
    _, _, chunks = whole.partition(b"\r\n\r\n")
    events = joined(chunks).split(b"\n\n")
    assert len(events) > TOKENS
    assert events[-2] == b"data: [DONE]"
    assert len(chunks) > 2 * SLACK_BYTES
    assert memory.grown < SLACK_BYTES
    assert gateway.record_of("slow").outcome == "completed"
    tell(f"{len(chunks) / MEGABYTE:.1f} MB of events: worker {memory}; others took {longest_s * 1000:.0f} ms at most")


# --- a hundred megabytes ---


@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_an_upload_of_100_mb_is_never_in_memory(gateway: Gateway, sink_socket: socket.socket, framing: str):
    piece = bytes(MEGABYTE)
    chunk = b"%x\r\n%b\r\n" % (len(piece), piece)
    async with (
        Sink(sink_socket, Pause(LARGE_BYTES // 3)) as sink,
        RawClient(gateway.port, TOKEN) as client,
        watched(gateway) as memory,
    ):
        announced = f"content-length: {LARGE_BYTES}" if framing == "length" else "transfer-encoding: chunked"
        await client.begin("POST", "/v1/files", announced, x_request_id="large", **TO_SINK)
        for _ in range(LARGE_BYTES // MEGABYTE):
            await client.write(piece if framing == "length" else chunk)
        if framing == "chunks":
            await client.write(b"0\r\n\r\n")
        answer = await client.answer()
        assert (answer.status, answer.body) == (200, b'{"id":"file-100"}')
        assert sink.taken >= LARGE_BYTES
    assert memory.grown < SLACK_BYTES
    assert gateway.record_of("large").outcome == "completed"
    tell(f"upload of {LARGE_BYTES // MEGABYTE} MB by {framing}: worker {memory}")


async def test_a_download_of_100_mb_is_never_in_memory(gateway: Gateway, sink_socket: socket.socket):
    async with Sink(sink_socket) as sink, RawClient(gateway.port, TOKEN) as client, watched(gateway) as memory:
        await client.send("GET", f"/v1/files/{LARGE_BYTES}", x_gossamer_provider="sink", x_request_id="large")
        await client.until(b"\r\n\r\n")
        taken, pause = 0, Pause(LARGE_BYTES // 3)
        while taken < LARGE_BYTES:
            await pause(taken)
            taken += len(await client.some())
        assert taken == LARGE_BYTES == sink.taken
    assert memory.grown < SLACK_BYTES
    assert gateway.record_of("large").response_bytes == LARGE_BYTES
    tell(f"download of {LARGE_BYTES // MEGABYTE} MB: worker {memory}")
