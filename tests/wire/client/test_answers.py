"""Answers in every form that the wire allows, and those that it does not."""

import pytest

from gossamer.http.call import Call
from gossamer.http.errors import ResponseBroken
from gossamer.http.limits import CallTimeouts
from tests.wire.client.scripted import OK, Heard, Origin, says


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
    assert (heard.error, bytes(heard.body)) == (None, body)
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
