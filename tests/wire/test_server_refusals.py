"""What two servers could read in two ways is refused, and nothing that came behind it is ever taken for a request."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from gossamer.http.errors import PeerGone, RequestRefused
from gossamer.http.limits import ServerLimits
from gossamer.http.request import Request
from gossamer.http.server import Server
from tests.wire.conftest import Answer, Serve, Wire, bound_socket, eventually
from tests.wire.opening import Certificates

GOOD = b"POST /good HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n"
BODY_LIMIT_BYTES = 100
LIMITS = ServerLimits(head_bytes=2000, header_count=20)

POST = b"POST / HTTP/1.1\r\nHost: t\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

MALFORMED = {
    # --- whose body is it: more than one answer, or none that is a number ---
    "both length and chunked": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both chunked and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths that differ": POST + b"Content-Length: 3\r\nContent-Length: 0\r\n\r\nabc",
    "two lengths that agree": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "two lengths in one line": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "length with a plus": POST + b"Content-Length: +3\r\n\r\nabc",
    "length with a minus": POST + b"Content-Length: -1\r\n\r\n",
    "length with an exponent": POST + b"Content-Length: 1e3\r\n\r\n",
    "length in hexadecimal": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "length with an underscore": POST + b"Content-Length: 1_0\r\n\r\n",
    "length with a fraction": POST + b"Content-Length: 3.0\r\n\r\nabc",
    "length with a space in it": POST + b"Content-Length: 3 0\r\n\r\nabc",
    "length that is empty": POST + b"Content-Length: \r\n\r\n",
    "length that is no number": POST + b"Content-Length: three\r\n\r\n",
    "length beyond 64 bits": POST + b"Content-Length: 18446744073709551616\r\n\r\n",
    "length far beyond 64 bits": POST + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n",
    "gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked, gzip": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked, chunked": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked in two lines": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and identity": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "an encoding that is empty": POST + b"Transfer-Encoding:\r\n\r\n",
    "an encoding that looks like chunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked with a parameter": POST + b"Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "chunked with a comma": POST + b"Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
    "chunked behind a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    # --- the request line ---
    "no target": b"GET HTTP/1.1\r\nHost: t\r\n\r\n",
    "no version": b"GET /\r\nHost: t\r\n\r\n",
    "two spaces before the target": b"GET  / HTTP/1.1\r\nHost: t\r\n\r\n",
    "two spaces before the version": b"GET /  HTTP/1.1\r\nHost: t\r\n\r\n",
    "a space behind the version": b"GET / HTTP/1.1 \r\nHost: t\r\n\r\n",
    "a space before the method": b" GET / HTTP/1.1\r\nHost: t\r\n\r\n",
    "a line feed before the method": b"\nGET / HTTP/1.1\r\nHost: t\r\n\r\n",
    "a tab instead of a space": b"GET\t/ HTTP/1.1\r\nHost: t\r\n\r\n",
    "a method with a brace": b"G{T / HTTP/1.1\r\nHost: t\r\n\r\n",
    "a method with a NUL": b"G\0T / HTTP/1.1\r\nHost: t\r\n\r\n",
    "a method that nobody registered": b"GE / HTTP/1.1\r\nHost: t\r\n\r\n",
    "a method in lower case": b"get / HTTP/1.1\r\nHost: t\r\n\r\n",
    "a target with a space": b"GET /a b HTTP/1.1\r\nHost: t\r\n\r\n",
    "a target with a NUL": b"GET /a\0b HTTP/1.1\r\nHost: t\r\n\r\n",
    "a target with a bell": b"GET /a\x07b HTTP/1.1\r\nHost: t\r\n\r\n",
    "a target with a DEL": b"GET /a\x7fb HTTP/1.1\r\nHost: t\r\n\r\n",
    "a target with a bare CR": b"GET /a\rb HTTP/1.1\r\nHost: t\r\n\r\n",
    "a target without its slash": b"GET smuggled HTTP/1.1\r\nHost: t\r\n\r\n",
    "a version that is older": b"GET / HTTP/0.9\r\nHost: t\r\n\r\n",
    "a version that is newer": b"GET / HTTP/1.2\r\nHost: t\r\n\r\n",
    "a version that is another": b"GET / HTTP/2.0\r\nHost: t\r\n\r\n",
    "a version with two digits": b"GET / HTTP/1.10\r\nHost: t\r\n\r\n",
    "a version in lower case": b"GET / http/1.1\r\nHost: t\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another protocol": b"GET / RTSP/1.0\r\nHost: t\r\n\r\n",
    "the beginning of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    # --- headers ---
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
    "two hosts that agree": b"GET / HTTP/1.1\r\nHost: t\r\nHost: t\r\n\r\n",
    "a folded value": POST + b"X: a\r\n b\r\n\r\n",
    "a value folded by a tab": POST + b"X: a\r\n\tb\r\n\r\n",
    "a folded length": POST + b"Content-Length:\r\n 3\r\n\r\nabc",
    "a first header that begins with a space": b"GET / HTTP/1.1\r\n X: a\r\nHost: t\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 3\r\n\r\nabc",
    "a tab before the colon": POST + b"Content-Length\t: 3\r\n\r\nabc",
    "a name with a space": POST + b"X Y: a\r\n\r\n",
    "a name with a bracket": POST + b"X[0]: a\r\n\r\n",
    "a name with a NUL": POST + b"X\0: a\r\n\r\n",
    "a name beyond ASCII": POST + b"X\xe9: a\r\n\r\n",
    "a name that is empty": POST + b": a\r\n\r\n",
    "a line without a colon": POST + b"Content-Length\r\n\r\n",
    "a value with a NUL": POST + b"X: a\0b\r\n\r\n",
    "a value with a bell": POST + b"X: a\x07b\r\n\r\n",
    "a value with a DEL": POST + b"X: a\x7fb\r\n\r\n",
    "a value with a bare CR": POST + b"X: a\rContent-Length: 30\r\n\r\n",
    "a value with a bare LF": POST + b"X: a\nContent-Length: 30\r\n\r\n",
    "bare LF everywhere": b"GET / HTTP/1.1\nHost: t\n\n",
    "bare CR everywhere": b"GET / HTTP/1.1\rHost: t\r\r",
    "bare LF behind the request line": b"GET / HTTP/1.1\nHost: t\r\n\r\n",
    "bare LF at the end of the head": b"GET / HTTP/1.1\r\nHost: t\r\n\n",
    # --- chunks ---
    "a chunk of a negative size": CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a plus": CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with 0x": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with an underscore": CHUNKED + b"0_3\r\nabc\r\n0\r\n\r\n",
    "a chunk size behind a space": CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n",
    "a chunk size before a space": CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n",
    "a chunk size with a space in it": CHUNKED + b"3 3\r\nabc\r\n0\r\n\r\n",
    "a chunk size that is empty": CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "a chunk size that is no number": CHUNKED + b"three\r\nabc\r\n0\r\n\r\n",
    "a chunk size beyond 64 bits": CHUNKED + b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "a chunk size of endless zeros": CHUNKED + b"0" * 5000 + b"3\r\nabc\r\n0\r\n\r\n",
    "a chunk size that ends in a bare LF": CHUNKED + b"3\nabc\r\n0\r\n\r\n",
    "a chunk size that ends in a bare CR": CHUNKED + b"3\rabc\r\n0\r\n\r\n",
    "a chunk extension with a bare LF": CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "a chunk extension with a bare CR": CHUNKED + b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "a chunk without its CRLF": CHUNKED + b"3\r\nabc0\r\n\r\n",
    "a chunk that ends in a bare LF": CHUNKED + b"3\r\nabc\n0\r\n\r\n",
    "a chunk that ends in two other bytes": CHUNKED + b"3\r\nabcXX0\r\n\r\n",
    "a chunk that ends in LF CR": CHUNKED + b"3\r\nabc\n\r0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "a last chunk that ends in a bare LF": CHUNKED + b"3\r\nabc\r\n0\n\r\n",
    "a last line that is a bare LF": CHUNKED + b"3\r\nabc\r\n0\r\n\n",
    "a trailer without a colon": CHUNKED + b"0\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    "a trailer that is folded": CHUNKED + b"0\r\nX: a\r\n b\r\n\r\n",
    "a trailer with a NUL": CHUNKED + b"0\r\nX: a\0b\r\n\r\n",
}

REFUSED = {name: (data, 400) for name, data in MALFORMED.items()} | {
    "a head that is too large": (POST + b"X: " + b"x" * 3000 + b"\r\n\r\n", 431),
    "a head that is too large and has no end": (POST + b"X: " + b"x" * 3000, 431),
    "a target that is too large": (b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nHost: t\r\n\r\n", 431),
    "too many headers": (POST + b"X: a\r\n" * 30 + b"\r\n", 431),
    "a length over the limit": (POST + b"Content-Length: 101\r\n\r\nabc", 413),
    "a length far over the limit": (POST + b"Content-Length: 999999999999999\r\n\r\nabc", 413),
    "chunks over the limit": (CHUNKED + (b"32\r\n" + b"x" * 50 + b"\r\n") * 2 + b"fff\r\n", 413),
    "an expectation that nobody can meet": (POST + b"Expect: 200-maybe\r\n\r\n", 417),
    "a tunnel": (b"CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", 405),
}


class Reader:
    """A handler that reads the whole body of everything that it is handed, and remembers what that was."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.tasks: list[asyncio.Task[None]] = []

    def __call__(self, request: Request) -> None:
        self.seen.append(request.head.target)
        if request.is_complete:
            request.reply(200, b"", b"ok")
        else:
            self.tasks.append(asyncio.ensure_future(self._read(request)))

    async def _read(self, request: Request) -> None:
        try:
            await request.whole(BODY_LIMIT_BYTES)
            request.reply(200, b"", b"ok")
        except RequestRefused as refused:
            request.reply(refused.status, b"", refused.reason.encode())
        except PeerGone:
            return


async def send_at_once(wire: Wire, data: bytes) -> None:
    await wire.send(data)


async def send_byte_by_byte(wire: Wire, data: bytes) -> None:
    with suppress(ConnectionError):  # the server may have had enough by then
        for n in range(len(data)):
            await wire.send(data[n : n + 1])
            await asyncio.sleep(0)


async def send_behind_a_good_one(wire: Wire, data: bytes) -> None:
    await wire.send(GOOD)
    assert (await wire.answer()).status == 200
    await wire.send(data)


async def send_in_one_piece_with_a_good_one(wire: Wire, data: bytes) -> None:
    await wire.send(GOOD + data)
    assert (await wire.answer()).status == 200


MANNERS = [send_at_once, send_byte_by_byte, send_behind_a_good_one, send_in_one_piece_with_a_good_one]


async def last_answer(wire: Wire) -> Answer:
    """The answer after which the server closes, without a word behind it."""
    answer = await wire.answer()
    assert await wire.rest() == b""
    return answer


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
async def test_it_is_refused_and_nothing_behind_it_is_read(serve: Serve, manner, data: bytes, status: int):
    handler = Reader()
    wire = await (await serve(handler, LIMITS)).wire()
    await manner(wire, data + SMUGGLED)
    answer = await last_answer(wire)
    assert answer.status == status
    assert answer.headers[b"connection"] == b"close"
    assert b"/smuggled" not in handler.seen


@pytest.mark.parametrize(
    ("endless", "status"),
    [
        (b"x" * 3000, 431),
        (POST + b"X: " + b"x" * 3000, 431),
        (POST + b"X: a\r\n" * 500, 431),
        (CHUNKED + b"3;" + b"a" * 5000, 400),
        (CHUNKED + b"0" * 5000, 400),
        (CHUNKED + b"0\r\nX: " + b"x" * 5000, 400),
    ],
    ids=["method", "header", "headers", "chunk extension", "chunk size", "trailer"],
)
async def test_what_has_no_end_is_refused_before_it_ends(serve: Serve, endless: bytes, status: int):
    wire = await (await serve(Reader(), LIMITS)).wire()
    await wire.send(endless)
    assert (await last_answer(wire)).status == status


@pytest.mark.parametrize("name", [name for name, (data, _) in REFUSED.items() if data.startswith(CHUNKED)])
async def test_a_handler_that_never_reads_the_body_lets_nothing_through_either(serve: Serve, name: str):
    seen: list[bytes] = []

    def answer_at_once(request: Request) -> None:
        seen.append(request.head.target)
        request.reply(200, b"", b"ok")

    wire = await (await serve(answer_at_once, LIMITS)).wire()
    await wire.send(REFUSED[name][0] + SMUGGLED)
    answer = await last_answer(wire)
    assert (answer.status, answer.headers[b"connection"]) == (200, b"close")
    assert seen == [b"/"]


@pytest.mark.parametrize("name", ["both length and chunked", "a folded value", "a chunk size with a plus"])
async def test_it_waits_for_the_answer_before_it(serve: Serve, name: str):
    held: list[Request] = []
    handler = Reader()

    def hold_the_first(request: Request) -> None:
        if held:
            handler(request)
        else:
            held.append(request)

    wire = await (await serve(hold_the_first, LIMITS)).wire()
    await wire.send(GOOD + MALFORMED[name] + SMUGGLED)
    await eventually(lambda: len(held) == 1)
    held[0].reply(200, b"", b"first")
    assert (await wire.answer()).body == b"first"
    assert (await last_answer(wire)).status == 400
    assert b"/smuggled" not in handler.seen


@pytest.mark.parametrize(
    ("beginning", "end"),
    [
        (b"GET / HTTP/1.1\r\nHo", b"st: t\r\n\r\n"),
        (b"GET / HTTP/1.1\r\nHost: t\r\n\r", b"\n"),
        (POST + b"Content-Length: 5\r\n\r\nhe", b"llo"),
        (CHUNKED, b"0\r\n\r\n"),
        (CHUNKED + b"5\r\nhe", b"llo\r\n0\r\n\r\n"),
        (CHUNKED + b"5\r\nhello\r\n0\r\n\r", b"\n"),
    ],
    ids=["head", "end of head", "body", "first chunk", "chunk", "end of chunks"],
)
async def test_what_comes_too_late_is_not_read_any_more(serve: Serve, beginning: bytes, end: bytes):
    handler = Reader()
    limits = ServerLimits(head_timeout_s=0.2, body_timeout_s=0.2)
    wire = await (await serve(handler, limits)).wire()
    await wire.send(beginning)
    answer = await wire.answer()
    assert (answer.status, answer.headers[b"connection"]) == (408, b"close")
    with suppress(ConnectionError):
        await wire.send(end + SMUGGLED)
    assert await wire.rest() == b""
    assert b"/smuggled" not in handler.seen


@pytest.mark.parametrize("name", ["both length and chunked", "a chunk size with a plus", "too many headers"])
async def test_it_is_refused_over_tls_too(tmp_path: Path, name: str):
    data, status = REFUSED[name]
    handler, certificates = Reader(), Certificates(tmp_path)
    server, sock = Server(handler, LIMITS), bound_socket()
    await server.listen(sock, certificates.server("localhost"))
    port = sock.getsockname()[1]
    streams = await asyncio.open_connection("127.0.0.1", port, ssl=certificates.trusted, server_hostname="localhost")
    wire = Wire(*streams)
    await wire.send(data + SMUGGLED)
    assert (await last_answer(wire)).status == status
    assert b"/smuggled" not in handler.seen
    wire.close()
    await server.drain(1.0)


@pytest.mark.parametrize("manner", MANNERS)
async def test_what_is_sound_is_served_to_its_end(serve: Serve, manner):
    """The same server, the same handler: it is not so that everything is refused."""
    handler = Reader()
    wire = await (await serve(handler, LIMITS)).wire()
    sound = CHUNKED + b"3;ext=1\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n"
    await manner(wire, sound + SMUGGLED)
    assert [(await wire.answer()).status for _ in range(2)] == [200, 200]
    assert handler.seen[-2:] == [b"/", b"/smuggled"]
