"""What a head says, and which heads are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.http.errors import RequestRefused
from gossamer.http.heads import parse_request_head, parse_response_head, recognise

PLAIN = b"POST /v1/x?y=1 HTTP/1.1\r\nHost: a\r\nX-Thing:  two words \r\nContent-Length: 12\r\n\r\n"


def test_a_request_head():
    head = parse_request_head(PLAIN)
    assert (head.method, head.target, head.length, head.chunked) == (b"POST", b"/v1/x?y=1", 12, False)
    assert (head.keep_alive, head.minor, head.expects_continue) == (True, 1, False)
    assert head.headers == [(b"host", b"a"), (b"x-thing", b"two words")]
    assert head.get(b"x-thing") == b"two words"
    assert head.get(b"absent") is None


@pytest.mark.parametrize(
    ("lines", "keeps"),
    [
        (b"", True),
        (b"Connection: close\r\n", False),
        (b"Connection: Keep-Alive\r\n", True),
        (b"Connection: x, CLOSE\r\n", False),
    ],
)
def test_persistence(lines: bytes, keeps: bool):
    assert parse_request_head(b"GET / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n").keep_alive is keeps


def test_http_1_0_needs_to_ask():
    assert not parse_request_head(b"GET / HTTP/1.0\r\n\r\n").keep_alive
    assert parse_request_head(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive


def test_an_offered_upgrade_is_not_taken():
    head = parse_request_head(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert head.get(b"upgrade") == b"websocket"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n fold\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 100 + b"\r\n", 431),
    ],
)
def test_heads_that_are_refused(raw: bytes, status: int):
    with pytest.raises(RequestRefused) as refused:
        parse_request_head(raw)
    assert refused.value.status == status


def test_a_head_is_recognised_but_for_its_length():
    known = parse_request_head(PLAIN)
    known.notes = "kept"
    data = PLAIN.replace(b"12", b"3456") + b"body"
    again = recognise(known, data)
    assert again is not None
    assert (again.length, again.notes, again.raw, again.headers) == (3456, "kept", data[:-4], known.headers)
    assert known.length == 12


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.replace(b"12", b""),
        PLAIN.replace(b"12", b"+3"),
        PLAIN.replace(b"12", b"1 2"),
        PLAIN.replace(b"12", b"1" * 17),
        PLAIN.replace(b"12", b"\xb2"),
        PLAIN.replace(b"12\r\n", b"12\r\nX: y\r\n"),
        PLAIN.replace(b"Host: a", b"Host: b"),
        PLAIN.replace(b"12\r\n", b"12\n"),
        PLAIN[:-2],
        b"",
    ],
)
def test_nothing_else_is_recognised(data: bytes):
    assert recognise(parse_request_head(PLAIN), data) is None


@given(st.integers(0, 10**14), st.binary(max_size=30))
def test_what_is_recognised_reads_the_same(length: int, behind: bytes):
    """The short cut and the parser agree."""
    known = parse_request_head(PLAIN)
    raw = PLAIN.replace(b"12", b"%d" % length)
    short, full = recognise(known, raw + behind), parse_request_head(raw)
    assert short is not None
    for field in ("raw", "headers", "length", "chunked", "keep_alive", "minor", "method", "target", "expects_continue"):
        assert getattr(short, field) == getattr(full, field)


def test_a_response_head():
    head = parse_response_head(b"HTTP/1.1 429 Slow Down\r\nRetry-After: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert (head.status, head.chunked, head.length, head.headers) == (429, True, None, [(b"retry-after", b"3")])


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 99 No\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"junk\r\n\r\n", b"HTTP/1.1 200 OK\nA: b\r\n\r\n"]
)
def test_response_heads_that_are_none(raw: bytes):
    with pytest.raises(ValueError, match="HTTP/1.1 head|malformed"):
        parse_response_head(raw)
