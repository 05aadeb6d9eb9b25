"""The client end, against an origin that follows a script."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gossamer.http.call import Call, UploadTaker
from gossamer.http.errors import CallFailed, CallTimeout, ConnectFailed, ConnectTimeout, ResponseBroken
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts, PoolLimits
from gossamer.http.pool import Pool
from gossamer.http.turn import Turn
from tests.wire.conftest import eventually

GET = b"GET / HTTP/1.1\r\nhost: origin\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Heard:
    """A sink that keeps what it heard, as a transcript."""

    def __init__(self) -> None:
        self.transcript: list[str] = []
        self.body = b""
        self.error: CallFailed | None = None
        self.over = asyncio.get_running_loop().create_future()

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self.transcript.append(f"complete {head.status}")
        self.body = body
        self.over.set_result(None)

    def response_started(self, head: ResponseHead) -> None:
        self.transcript.append(f"started {head.status}")

    def response_data(self, data: bytes) -> None:
        self.body += data

    def response_ended(self) -> None:
        self.transcript.append("ended")
        self.over.set_result(None)

    def response_failed(self, error: CallFailed) -> None:
        self.transcript.append(f"failed {type(error).__name__}")
        self.error = error
        self.over.set_result(None)

    async def wait(self) -> list[str]:
        async with asyncio.timeout(5):
            await self.over
        return self.transcript


class Door:
    """Opens plain connections to one port."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.opened = 0

    async def open(
        self, protocol_factory: Callable[[], asyncio.Protocol]
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        self.opened += 1
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_connection(protocol_factory, "127.0.0.1", self.port)
        except OSError as error:
            raise ConnectFailed(str(error)) from error


class Origin:
    """A server whose every connection follows the next script."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.port = 0
        self.door: Door | None = None
        self.pool: Pool | None = None

    async def follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts.pop(0)
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def send(self, head: bytes = GET, timeouts: CallTimeouts | None = None, body: bytes = b"") -> tuple[Call, Heard]:
        heard = Heard()
        call = Call(head + body, heard, timeouts or CallTimeouts())
        assert self.pool is not None
        self.pool.send(call)
        return call, heard


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    found = Origin()
    server = await asyncio.start_server(found.follow, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    found.door = Door(found.port)
    found.pool = Pool(found.door, PoolLimits(), Turn(asyncio.get_running_loop()))
    yield found
    found.pool.close()
    for connection in list(found.pool._connections):
        connection.cut()
    server.close()


def says(*answers: bytes, gap_s: float = 0.0, then_hold: bool = True) -> Script:
    """Reads a request before each answer; an answer may be empty."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            for piece in answer.split(b"~"):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(gap_s or 0.005)
        if then_hold:
            await reader.read()

    return script


async def test_a_whole_answer_in_one_piece(origin: Origin):
    origin.scripts = [says(OK, OK)]
    for _ in range(2):
        _, heard = origin.send()
        assert await heard.wait() == ["complete 200"]
        assert heard.body == b"ok"
    assert origin.door is not None
    assert origin.door.opened == 1, "a clean connection is used again"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc~def", b"abcdef"),
        (b"HTTP/1.1 200 OK\r\nContent-Le~ngth: 3\r\n\r~\nabc", b"abc"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n~2\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3~\r\nab~c\r~\n0\r\n~\r\n", b"abc"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\n~HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            b"ok",
        ),
        (b"HTTP/1.1 102 Processing\r\n\r\n" * 3000 + OK, b"ok"),
        (b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 20~0 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
async def test_answers_in_pieces_are_whole_and_clean(origin: Origin, answer: bytes, body: bytes):
    origin.scripts = [says(answer, OK)]
    _, heard = origin.send()
    await heard.wait()
    assert (heard.error, heard.body) == (None, body)
    _, again = origin.send()
    await again.wait()
    assert again.body == b"ok"
    assert origin.door is not None
    assert origin.door.opened == 1


async def test_an_answer_that_ends_with_the_connection(origin: Origin):
    origin.scripts = [says(b"HTTP/1.1 200 OK\r\n\r\nall~ of it", then_hold=False)]
    _, heard = origin.send()
    assert await heard.wait() == ["started 200", "ended"]
    assert heard.body == b"all of it"


async def test_head_request(origin: Origin):
    origin.scripts = [says(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", OK)]
    heard = Heard()
    call = Call(b"HEAD / HTTP/1.1\r\nhost: o\r\n\r\n", heard, CallTimeouts()).without_body()
    assert origin.pool is not None
    origin.pool.send(call)
    assert await heard.wait() == ["started 200", "ended"]
    _, again = origin.send()
    assert await again.wait() == ["complete 200"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "before any answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "before any answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 head"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "malformed"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "switched"),
    ],
)
async def test_broken_answers_fail_and_are_not_sent_again(origin: Origin, answer: bytes, words: str):
    origin.scripts = [says(answer, then_hold=False)]
    _, heard = origin.send()
    await heard.wait()
    assert isinstance(heard.error, ResponseBroken)
    assert words in str(heard.error)
    assert origin.door is not None
    assert origin.door.opened == 1


async def test_a_stale_connection_is_replaced_in_silence(origin: Origin):
    """The origin closes an idle connection at the moment when the next request is sent on it."""

    async def close_on_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")

    origin.scripts = [close_on_second, says(OK)]
    _, first = origin.send()
    await first.wait()
    _, second = origin.send()
    assert await second.wait() == ["complete 200"]
    assert origin.door is not None
    assert origin.door.opened == 2


async def test_a_stale_connection_is_replaced_only_once(origin: Origin):
    async def close_on_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")

    origin.scripts = [close_on_second, says(b"", then_hold=False)]
    _, first = origin.send()
    await first.wait()
    _, second = origin.send()
    assert await second.wait() == ["failed ResponseBroken"]


async def test_bytes_behind_an_answer_spoil_the_connection(origin: Origin):
    origin.scripts = [says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK"), says(OK)]
    _, heard = origin.send()
    await heard.wait()
    _, again = origin.send()
    assert await again.wait() == ["complete 200"]
    assert origin.door is not None
    assert origin.door.opened == 2


async def test_an_answer_that_nobody_asked_for_spoils_the_connection(origin: Origin):
    origin.scripts = [says(OK + b"~HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"), says(OK)]
    _, heard = origin.send()
    await heard.wait()
    assert origin.pool is not None
    pool = origin.pool
    await eventually(lambda: pool.open_connections == 0)
    _, again = origin.send()
    await again.wait()
    assert again.body == b"ok"


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


async def test_nobody_listens(origin: Origin):
    assert origin.door is not None
    origin.door.port = 1
    _, heard = origin.send()
    assert await heard.wait() == ["failed ConnectFailed"]


async def test_calls_wait_for_a_place_in_order(origin: Origin):
    origin.scripts = [says(OK, OK, OK)]
    assert origin.door is not None
    pool = origin.pool = Pool(origin.door, PoolLimits(connections=1, waiting=2), Turn(asyncio.get_running_loop()))
    calls = [origin.send()[1] for _ in range(2)]
    for heard in calls:
        assert await heard.wait() == ["complete 200"]
    assert (origin.door.opened, pool.open_connections) == (1, 1)


async def test_a_full_queue_refuses_at_once(origin: Origin):
    origin.scripts = [says(b"")]
    assert origin.door is not None
    origin.pool = Pool(origin.door, PoolLimits(connections=1, waiting=1), Turn(asyncio.get_running_loop()))
    origin.send()
    await asyncio.sleep(0.05)
    origin.send()
    _, refused = origin.send()
    assert await refused.wait() == ["failed ConnectFailed"]
    assert "already wait" in str(refused.error)


async def test_waiting_too_long_for_a_place(origin: Origin):
    origin.scripts = [says(b"")]
    assert origin.door is not None
    origin.pool = Pool(origin.door, PoolLimits(connections=1), Turn(asyncio.get_running_loop()))
    origin.send()
    await asyncio.sleep(0.05)
    _, heard = origin.send(timeouts=CallTimeouts(connect_s=0.1))
    await heard.wait()
    assert isinstance(heard.error, ConnectTimeout)


async def test_a_place_that_comes_free_goes_to_who_waits(origin: Origin):
    """The only connection breaks: a new one is opened for the call in the queue."""
    origin.scripts = [says(b"", then_hold=False), says(OK)]
    assert origin.door is not None
    origin.pool = Pool(origin.door, PoolLimits(connections=1), Turn(asyncio.get_running_loop()))
    _, first = origin.send()
    _, second = origin.send()
    assert await first.wait() == ["failed ResponseBroken"]
    assert await second.wait() == ["complete 200"]


async def test_unused_connections_are_closed(origin: Origin):
    origin.scripts = [says(OK)]
    assert origin.door is not None
    pool = origin.pool = Pool(origin.door, PoolLimits(keep_s=0.1), Turn(asyncio.get_running_loop()))
    _, heard = origin.send()
    await heard.wait()
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
