"""The server end, as a raw client sees it."""

import asyncio
import socket

from gossamer.http.errors import HttpError, PeerGone, RequestRefused
from gossamer.http.limits import ServerLimits
from gossamer.http.request import Request
from tests.wire.conftest import Serve, eventually

GET = b"GET /%b HTTP/1.1\r\nHost: test\r\n\r\n"


def echo(request: Request) -> None:
    """Answers with the target and the body, once that is whole."""
    if request.is_complete:
        request.reply(200, b"x-kind: echo\r\n", request.head.target + b"|" + request.body)
    else:
        asyncio.get_running_loop().create_task(_echo_later(request))


async def _echo_later(request: Request) -> None:
    try:
        await request.whole(1_000_000)
    except RequestRefused as refused:
        request.reply(refused.status, b"", refused.reason.encode())
    except PeerGone:
        return
    else:
        echo(request)


async def test_answers_and_keeps_the_connection(serve: Serve):
    wire = await (await serve(echo)).wire()
    for name in (b"one", b"two", b"three"):
        await wire.send(GET % name)
        answer = await wire.answer()
        assert (answer.status, answer.body) == (200, b"/" + name + b"|")
        assert b"connection" not in answer.headers


async def test_a_request_in_single_bytes(serve: Serve):
    wire = await (await serve(echo)).wire()
    for byte in b"POST /slow HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello":
        await wire.send(bytes([byte]))
        await asyncio.sleep(0)
    assert (await wire.answer()).body == b"/slow|hello"


async def test_pipelined_requests_are_answered_in_order(serve: Serve):
    started: list[Request] = []

    def hold(request: Request) -> None:
        started.append(request)

    wire = await (await serve(hold)).wire()
    await wire.send(b"".join(GET % b"%d" % n for n in range(5)))
    for n in range(5):
        await eventually(lambda: len(started) > n)  # noqa: B023 - it is over before n changes
        await asyncio.sleep(0.01)
        assert len(started) == n + 1, "the next request is not begun before this one is answered"
        started[n].reply(200, b"", started[n].head.target)
    assert [(await wire.answer()).body for _ in range(5)] == [b"/%d" % n for n in range(5)]


async def test_many_pipelined_requests_answered_at_once(serve: Serve):
    wire = await (await serve(echo)).wire()
    await wire.send((GET % b"x") * 3000)
    for _ in range(3000):
        assert (await wire.answer()).status == 200


async def test_chunked_body_in(serve: Serve):
    wire = await (await serve(echo)).wire()
    await wire.send(b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    await asyncio.sleep(0.01)
    await wire.send(b"2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n" + GET % b"next")
    assert (await wire.answer()).body == b"/|abcde"
    assert (await wire.answer()).body == b"/next|"


async def test_body_of_another_length_on_the_same_connection(serve: Serve):
    """The second head differs only in the digits of its length: it is recognised, and read by its own digits."""
    wire = await (await serve(echo)).wire()
    for body in (b"a" * 9, b"b" * 10, b"c" * 9, b"", b"d" * 100_000):
        await wire.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\nX-A: 1\r\n\r\n%b" % (len(body), body))
        assert (await wire.answer()).body == b"/|" + body


async def test_expect_continue(serve: Serve):
    wire = await (await serve(echo)).wire()
    await wire.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    assert (await wire.answer()).status == 100
    await wire.send(b"body")
    assert (await wire.answer()).body == b"/|body"


async def test_no_continue_for_a_body_that_is_refused(serve: Serve):
    wire = await (await serve(lambda request: request.reply(401, b"", b"no"))).wire()
    await wire.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    answer = await wire.answer()
    assert (answer.status, answer.headers[b"connection"]) == (401, b"close")
    assert await wire.rest() == b""


async def test_head_has_no_body(serve: Serve):
    wire = await (await serve(echo)).wire()
    await wire.send(b"HEAD /x HTTP/1.1\r\nHost: t\r\n\r\n" + GET % b"y")
    answer = await wire.answer(is_head=True)
    assert answer.headers[b"content-length"] == b"3"
    assert (await wire.answer()).body == b"/y|"


async def test_connection_close(serve: Serve):
    wire = await (await serve(echo)).wire()
    await wire.send(b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" + GET % b"ignored")
    answer = await wire.answer()
    assert answer.headers[b"connection"] == b"close"
    assert await wire.rest() == b""


async def test_http_1_0_closes_unless_asked(serve: Serve):
    served = await serve(echo)
    wire = await served.wire()
    await wire.send(b"GET /old HTTP/1.0\r\n\r\n")
    assert (await wire.answer()).body == b"/old|"
    assert await wire.rest() == b""
    wire = await served.wire()
    await wire.send(b"GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert (await wire.answer()).headers[b"connection"] == b"keep-alive"
    await wire.send(GET % b"again")
    assert (await wire.answer()).status == 200


async def test_streamed_answer_is_chunked(serve: Serve):
    def stream(request: Request) -> None:
        request.start(200, b"content-type: text/plain\r\n")
        for piece in (b"one", b"", b"two"):
            request.write(piece)
        request.end()

    served = await serve(stream)
    wire = await served.wire()
    await wire.send(GET % b"" * 2)
    assert [(await wire.answer()).body for _ in range(2)] == [b"onetwo", b"onetwo"]
    old = await served.wire()
    await old.send(b"GET / HTTP/1.0\r\n\r\n")
    answer = await old.answer()
    assert (answer.body, b"transfer-encoding" in answer.headers) == (b"onetwo", False)


async def test_a_broken_stream_has_no_clean_end(serve: Serve):
    def stream(request: Request) -> None:
        request.start(200, b"")
        request.write(b"half")
        request.break_off()

    wire = await (await serve(stream)).wire()
    await wire.send(GET % b"")
    assert (await wire.rest()).endswith(b"4\r\nhalf\r\n"), "no closing chunk"


async def test_body_over_the_limit_is_413(serve: Serve):
    async def read(request: Request) -> None:
        try:
            await request.whole(10)
        except RequestRefused as refused:
            request.reply(refused.status, b"", refused.reason.encode())

    reading: list[asyncio.Task[None]] = []
    served = await serve(lambda request: reading.append(asyncio.ensure_future(read(request))))
    for framing in (b"Content-Length: 2000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n20\r\n" + b"x" * 32 + b"\r\n"):
        wire = await served.wire()
        await wire.send(b"POST / HTTP/1.1\r\nHost: t\r\n" + framing)
        answer = await wire.answer()
        assert answer.status == 413
        assert b"10 bytes" in answer.body
        assert await wire.rest() == b""


async def test_a_slow_head_is_408(serve: Serve):
    served = await serve(echo, ServerLimits(head_timeout_s=0.2))
    wire = await served.wire()
    await wire.send(b"GET / HTTP/1.1\r\nHost:")
    assert (await wire.answer()).status == 408
    assert await wire.rest() == b""


async def test_a_slow_body_is_408(serve: Serve):
    wire = await (await serve(echo, ServerLimits(body_timeout_s=0.2))).wire()
    await wire.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhe")
    assert (await wire.answer()).status == 408
    assert await wire.rest() == b""


async def test_an_idle_connection_is_closed_in_silence(serve: Serve):
    wire = await (await serve(echo, ServerLimits(idle_timeout_s=0.2))).wire()
    await wire.send(GET % b"")
    assert (await wire.answer()).status == 200
    assert await wire.rest() == b""


class Owner:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def client_gone(self) -> None:
        self.heard.append("gone")

    def client_slow(self) -> None:
        self.heard.append("slow")

    def client_ready(self) -> None:
        self.heard.append("ready")


async def test_owner_learns_once_that_the_client_left(serve: Serve):
    owner = Owner()
    requests: list[Request] = []

    def hold(request: Request) -> None:
        request.owner = owner
        requests.append(request)

    served = await serve(hold)
    wire = await served.wire()
    await wire.send(GET % b"")
    await eventually(lambda: bool(requests))
    wire.close()
    await eventually(lambda: not served.server.connections)
    assert owner.heard == ["gone"]
    requests[0].reply(200, b"", b"to nobody")  # no error: there is nobody any more


async def test_a_half_closed_client_counts_as_gone(serve: Serve):
    owner = Owner()

    def hold(request: Request) -> None:
        request.owner = owner

    wire = await (await serve(hold)).wire()
    await wire.send(GET % b"")
    wire.writer.write_eof()
    assert await wire.rest() == b""
    assert owner.heard == ["gone"]


async def test_a_half_closed_client_still_gets_what_was_answered(serve: Serve):
    wire = await (await serve(echo)).wire()
    wire.writer.write(GET % b"a" + GET % b"b")
    wire.writer.write_eof()
    assert (await wire.rest()).count(b"HTTP/1.1 200 OK") == 2


async def test_owner_learns_that_the_client_is_slow(serve: Serve):
    owner = Owner()
    requests: list[Request] = []

    def stream(request: Request) -> None:
        request.owner = owner
        requests.append(request)
        request.start(200, b"")

    served = await serve(stream)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", served.port))
    await loop.sock_sendall(sock, GET % b"")
    await eventually(lambda: bool(requests))
    while "slow" not in owner.heard:
        requests[0].write(b"x" * 65536)
        await asyncio.sleep(0)
    while "ready" not in owner.heard:
        await loop.sock_recv(sock, 65536)
    assert owner.heard == ["slow", "ready"]
    sock.close()


async def test_a_client_that_takes_nothing_is_cut(serve: Serve):
    owner = Owner()

    def stream(request: Request) -> None:
        request.owner = owner
        request.start(200, b"")
        request.write(b"x" * 10_000_000)

    wire = await (await serve(stream, ServerLimits(write_timeout_s=0.2))).wire()
    wire.reader._transport.pause_reading()  # type: ignore[attr-defined]
    await wire.send(GET % b"")
    await eventually(lambda: "gone" in owner.heard)


class Pieces:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.data = b""
        self.error: HttpError | None = None

    def body_data(self, data: bytes) -> None:
        self.data += data

    def body_ended(self) -> None:
        self.request.reply(200, b"", b"%d" % len(self.data))

    def body_failed(self, error: HttpError) -> None:
        self.error = error


async def test_body_piece_by_piece(serve: Serve):
    wire = await (await serve(lambda request: request.stream_to(Pieces(request)))).wire()
    for _ in range(2):
        await wire.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 300000\r\n\r\n" + b"x" * 150_000)
        await asyncio.sleep(0.02)
        await wire.send(b"y" * 150_000)
        assert (await wire.answer()).body == b"300000"


async def test_an_unwanted_body_is_not_read(serve: Serve):
    """Nobody asked for the body yet: the socket is left alone, so that memory stays flat."""
    requests: list[Request] = []
    served = await serve(requests.append)
    wire = await served.wire()
    wire.writer.write(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 20_000_000)
    await asyncio.sleep(0.2)
    intake = requests[0]._intake
    assert intake is not None
    assert intake._size_bytes < 1_000_000
    requests[0].reply(413, b"", b"")


async def test_drain_finishes_what_is_under_way(serve: Serve):
    requests: list[Request] = []
    served = await serve(requests.append)
    busy, idle = await served.wire(), await served.wire()
    await busy.send(GET % b"")
    await eventually(lambda: len(requests) == 1 and len(served.server.connections) == 2)
    draining = asyncio.create_task(served.server.drain(5.0))
    assert await idle.rest() == b""
    assert not draining.done()
    requests[0].reply(200, b"", b"done")
    answer = await busy.answer()
    assert (answer.body, answer.headers[b"connection"]) == (b"done", b"close")
    await draining


async def test_drain_cuts_when_its_time_is_up(serve: Serve):
    requests: list[Request] = []
    served = await serve(requests.append)
    wire = await served.wire()
    await wire.send(GET % b"")
    await eventually(lambda: len(requests) == 1)
    await served.server.drain(0.05)
    assert await wire.rest() == b""


async def test_nodelay_is_set(serve: Serve):
    served = await serve(echo)
    wire = await served.wire()
    await wire.send(GET % b"")
    await wire.answer()
    (connection,) = served.server.connections
    sock = connection.transport.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
