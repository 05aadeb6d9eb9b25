"""Both parsers of replies, byte by byte, and the commands that go out."""

from collections.abc import Callable

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.redis.resp import NOT_YET, BadReply, PlainReader, Reader, ReplyError, encode, make_reader

PARSERS = [PlainReader, make_reader]


@pytest.fixture(params=PARSERS, ids=["plain", "hiredis"])
def reader(request: pytest.FixtureRequest) -> Reader:
    made: Callable[[], Reader] = request.param
    return made()


def test_hiredis_is_what_is_used_where_it_is_installed():
    assert isinstance(make_reader(), hiredis.Reader)


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"+OK\r\n", b"OK"),
        (b":-42\r\n", -42),
        (b"$5\r\nhe\r\no\r\n", b"he\r\no"),
        (b"$0\r\n\r\n", b""),
        (b"$-1\r\n", None),
        (b"*-1\r\n", None),
        (b"*0\r\n", []),
        (b"*3\r\n:1\r\n$1\r\na\r\n*1\r\n:2\r\n", [1, b"a", [2]]),
    ],
)
def test_a_reply_in_one_piece_and_in_single_bytes(reader: Reader, data: bytes, reply: object):
    reader.feed(data)
    assert reader.gets() == reply
    for at in range(len(data)):
        assert reader.gets() is NOT_YET
        reader.feed(data[at : at + 1])
    assert reader.gets() == reply
    assert reader.gets() is NOT_YET


def test_a_refusal_is_a_value_with_a_kind(reader: Reader):
    reader.feed(b"-MOVED 3999 127.0.0.1:6381\r\n*1\r\n-ERR no\r\n")
    first, second = reader.gets(), reader.gets()
    assert isinstance(first, ReplyError)
    assert (first.kind, str(first)) == ("MOVED", "MOVED 3999 127.0.0.1:6381")
    assert isinstance(second, list)
    assert isinstance(second[0], ReplyError)


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b":x\r\n", b"SSH-2.0-OpenSSH\r\n"])
def test_what_is_no_redis_is_noticed(reader: Reader, data: bytes):
    reader.feed(data)
    with pytest.raises(BadReply):
        reader.gets()


def test_a_command():
    assert encode("SET", "ké", 5, b"\r\n") == b"*4\r\n$3\r\nSET\r\n$3\r\nk\xc3\xa9\r\n$1\r\n5\r\n$2\r\n\r\n\r\n"


@given(st.lists(st.binary(max_size=20) | st.integers(0, 10**18), min_size=1, max_size=8))
def test_a_command_reads_back_as_its_words(words: list[bytes | int]):
    for make in PARSERS:
        reader = make()
        reader.feed(encode(*words))
        assert reader.gets() == [word if isinstance(word, bytes) else str(word).encode() for word in words]
