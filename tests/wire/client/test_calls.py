"""A call under way: its limits, its end by the caller, its upload, and its pauses."""

import asyncio

import pytest

from gossamer.http.call import Call, UploadTaker
from gossamer.http.errors import CallTimeout
from gossamer.http.limits import CallTimeouts
from tests.wire.client.scripted import OK, Heard, Origin, says
from tests.wire.conftest import eventually


@pytest.mark.parametrize(
    ("answer", "limits", "words"),
    [
        (b"", CallTimeouts(first_byte_s=0.1), "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", CallTimeouts(idle_s=0.1), "idle"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", CallTimeouts(total_s=0.1), "total"),
    ],
)
async def test_timeouts_name_their_limit(origin: Origin, answer: bytes, limits: CallTimeouts, words: str):
    origin.scripts = [says(answer)]
    _, heard = origin.send(timeouts=limits)
    await heard.wait()
    assert isinstance(heard.error, CallTimeout)
    assert words in str(heard.error)
    assert origin.pool is not None
    pool = origin.pool
    await eventually(lambda: pool.open_connections == 0)


async def test_cancel_closes_the_connection(origin: Origin):
    closed = asyncio.get_running_loop().create_future()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        try:
            await reader.read()
        finally:
            closed.set_result(None)

    origin.scripts = [watch]
    call, heard = origin.send()
    await eventually(lambda: heard.body == b"abc")
    call.cancel()
    async with asyncio.timeout(5):
        await closed
    assert heard.transcript == ["started 200"]
    assert origin.pool is not None
    pool = origin.pool
    await eventually(lambda: pool.open_connections == 0)


class Pieces:
    """An uploader of three pieces."""

    def __init__(self) -> None:
        self.taker: UploadTaker | None = None

    def upload_wanted(self, call: UploadTaker) -> None:
        for piece in (b"one", b"two", b"three"):
            call.write(piece)
        call.end_upload()

    def upload_slow(self) -> None: ...

    def upload_ready(self) -> None: ...


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_upload_piece_by_piece(origin: Origin, is_chunked: bool):
    received = b""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        await reader.readuntil(b"\r\n\r\n")
        received = await (reader.readuntil(b"0\r\n\r\n") if is_chunked else reader.readexactly(11))
        writer.write(OK)
        await reader.read()

    origin.scripts = [take]
    heard = Heard()
    call = Call(b"POST / HTTP/1.1\r\nhost: o\r\n\r\n", heard, CallTimeouts()).fed_by(Pieces(), is_chunked=is_chunked)
    assert origin.pool is not None
    origin.pool.send(call)
    await heard.wait()
    assert received == (b"3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n" if is_chunked else b"onetwothree")


async def test_pause_stops_the_reading(origin: Origin):
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 40000000\r\n\r\n")
        for _ in range(400):
            writer.write(b"x" * 100_000)
            await writer.drain()

    origin.scripts = [flood]
    call, heard = origin.send()
    await eventually(lambda: bool(heard.body))
    call.pause()
    await asyncio.sleep(0.05)
    held = len(heard.body)
    await asyncio.sleep(0.1)
    assert len(heard.body) == held < 40_000_000
    call.resume()
    await heard.wait()
    assert len(heard.body) == 40_000_000
