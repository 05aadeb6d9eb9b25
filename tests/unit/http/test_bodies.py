"""Where a body ends, for any split of its bytes; held against llhttp, which reads the same grammar."""

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gossamer.http.bodies import BodyError, ChunkedBody, LengthBody, OpenBody

CHUNK_HEAD = b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def render(chunks: list[bytes], trailer: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks if chunk) + b"0\r\n" + trailer + b"\r\n"


@given(st.lists(st.binary(max_size=50)), st.lists(st.integers(min_value=0)), st.binary(max_size=20))
def test_chunks_in_any_pieces(chunks: list[bytes], cuts: list[int], behind: bytes):
    wire = render(chunks, b"A: b\r\n") + behind
    body = ChunkedBody()
    data = b""
    rest = b""
    for piece in split(wire, cuts):
        if body.done:
            rest += piece
        else:
            data += body.feed(piece)
            rest = body.rest
    assert (body.done, data, rest) == (True, b"".join(chunks), behind)


class Llhttp:
    """The other reader."""

    def __init__(self) -> None:
        self.body = b""
        self.is_done = False

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.is_done = True


WIRE_BYTES = st.lists(
    st.sampled_from(
        [b"0", b"1", b"3", b"a", b"F", b"\r\n", b"\r", b"\n", b";x=y", b" ", b"abc", b"-", b"+", b"0x", b"\0", b"A: b"]
    ),
    max_size=14,
).map(b"".join)
EXTENSIONS = st.lists(
    st.sampled_from([b";", b"x", b"=", b"y", b'"', b" ", b"\t", b"\\", b",", b"\xe9"]), min_size=1, max_size=8
).map(b"".join)


@given(st.one_of(WIRE_BYTES, EXTENSIONS.map(lambda said: b"1;%b\r\na\r\n0;%b\r\n\r\n" % (said, said))))
@example(b"0;x=y \r\n\r\n")
def test_nothing_is_taken_that_llhttp_refuses(wire: bytes):
    """Being stricter is allowed, being laxer is how requests are smuggled."""
    body = ChunkedBody()
    try:
        data = body.feed(wire)
    except BodyError:
        return
    if not body.done:
        return
    seen = Llhttp()
    httptools.HttpRequestParser(seen).feed_data(CHUNK_HEAD + wire[: len(wire) - len(body.rest)])
    assert (seen.is_done, seen.body) == (True, data)


@pytest.mark.parametrize(
    "wire",
    [b"-1\r\n", b"+1\r\na\r\n", b"0x1\r\na\r\n", b" 1\r\na\r\n", b"1 \r\na\r\n", b"1\na\r\n", b"1\r\nab\r\n", b"\r\n",
     b"g\r\n", b"fffffffffffffffff\r\n",
     b"1;a\nb\r\na\r\n", b"1_0\r\n", b"0\r\nbad trailer\r\n\r\n", b"0\r\n A: b\r\n\r\n",
     b"1" * 5000, b"0\r\n" + b"A: b\r\n" * 5000],
)  # fmt: skip
def test_bad_chunks_are_refused(wire: bytes):
    with pytest.raises(BodyError):
        ChunkedBody().feed(wire)


@pytest.mark.parametrize("extension", [b";x", b";x=y", b";x=y;z", b';x="a b;=,"', b';x="\xe9"'])
def test_what_an_extension_may_say_is_passed_over(extension: bytes):
    wire = b"1%b\r\na\r\n0\r\n\r\n" % extension
    body, seen = ChunkedBody(), Llhttp()
    httptools.HttpRequestParser(seen).feed_data(CHUNK_HEAD + wire)
    assert (body.feed(wire), body.done) == (seen.body, seen.is_done) == (b"a", True)


def test_framing_without_data_is_an_attack():
    body = ChunkedBody()
    with pytest.raises(BodyError, match="framing"):
        for _ in range(100):
            body.feed(b"1;" + b"x" * 2000 + b"\r\na\r\n")


@given(st.binary(max_size=100), st.integers(0, 100), st.lists(st.integers(min_value=0)))
def test_length_in_any_pieces(wire: bytes, length: int, cuts: list[int]):
    length = min(length, len(wire))
    body = LengthBody(length)
    data, rest = b"", b""
    for piece in split(wire, cuts):
        if body.done:
            rest += piece
        else:
            data += body.feed(piece)
            rest = body.rest
    assert (body.done, data, rest) == (True, wire[:length], wire[length:])


def test_an_open_body_has_no_end_of_its_own():
    body = OpenBody()
    assert (body.feed(b"any"), body.done) == (b"any", False)
