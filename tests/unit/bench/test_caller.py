"""One connection of the load process, fed by hand."""

from unittest.mock import Mock

import pytest

from gossamer.bench.caller import Caller, Keeper, Line
from gossamer.http.origin import Origin


class Ear:
    """Keeps what a caller says."""

    def __init__(self) -> None:
        self.caller = Caller(Keeper(Origin("http", "localhost", 1)))
        self.line = self.caller.line = Line(self.caller._keeper)
        self.line.connection_made(Mock())
        self.answers: list[tuple[int, bytes]] = []
        self.failures: list[str] = []
        self.caller.on_answer = self._answer
        self.caller.on_failure = lambda _, reason: self.failures.append(reason)

    def _answer(self, caller: Caller) -> None:
        assert caller.head is not None
        self.answers.append((caller.head.status, b"".join(data for _, data in caller.pieces)))


async def test_an_answer_in_pieces_is_one_answer():
    ear = Ear()
    ear.caller.send(b"GET")
    for piece in (b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 4\r\n\r\nab", b"cd"):
        ear.line.data_received(piece)
    assert ear.answers == [(200, b"abcd")]
    assert ear.line.reads == 3
    assert ear.caller.done_ns > ear.caller.first_ns > ear.caller.sent_ns > 0


async def test_answers_that_come_in_one_piece_one_after_the_other():
    ear = Ear()
    for _ in range(3):
        ear.caller.send(b"GET")
        ear.line.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        assert ear.caller.first_ns == ear.caller.done_ns == ear.line.seen_ns
    assert ear.answers == [(200, b"ok")] * 3
    assert ear.caller.is_open


async def test_each_piece_of_a_stream_has_its_own_time():
    ear = Ear()
    ear.caller.send(b"GET")
    ear.line.data_received(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    ear.line.data_received(b"9\r\ndata: a\n\n\r\n4\r\ndata\r\n")
    ear.line.data_received(b"5\r\n: b\n\n\r\n0\r\n\r\n")
    assert ear.answers == [(200, b"data: a\n\ndata: b\n\n")]
    (first, _), (second, _) = ear.caller.pieces
    assert ear.caller.first_ns < first < second == ear.caller.done_ns


async def test_a_refusal_is_an_answer():
    ear = Ear()
    ear.caller.send(b"GET")
    ear.line.data_received(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\nno token!")
    assert ear.answers == [(401, b"no token!")]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (lambda line: line.connection_lost(None), "closed before any answer"),
        (lambda line: line.connection_lost(OSError("reset")), "closed before any answer: reset"),
        (lambda line: line.data_received(b"SSH-2.0\r\n\r\n"), "does not begin with an HTTP/1.1 head"),
    ],
)
async def test_no_answer_is_a_failure(event, told: str):
    ear = Ear()
    ear.caller.send(b"GET")
    event(ear.line)
    assert len(ear.failures) == 1
    assert told in ear.failures[0]


async def test_nothing_is_sent_twice_on_a_connection_that_had_gone_stale():
    ear = Ear()
    ear.caller.send(b"GET")
    ear.line.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    ear.caller.send(b"GET")
    ear.line.connection_lost(None)
    assert ear.failures == ["the connection was closed before any answer"]


async def test_who_takes_no_connection_is_counted_apart():
    caller = Caller(Keeper(Origin("http", "127.0.0.1", 1)))
    failures: list[str] = []
    caller.on_failure = lambda _, reason: failures.append(reason)
    caller.send(b"GET")
    assert caller._opening is not None
    await caller._opening
    assert caller.refused == 1
    assert "takes no connection" in failures[0]
