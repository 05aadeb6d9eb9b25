"""One connection of the load process, fed by hand."""

from itertools import pairwise
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.bench.caller import ArmFailed, Caller, EventCounter

STREAM = b"data: a\n\ndata: b\ndata: c\n\n: note\n\ndata: [DONE]\n\n"


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_events_are_counted_however_they_are_cut(cuts: list[int]):
    counter = EventCounter()
    for start, end in pairwise([0, *sorted(cuts), len(STREAM)]):
        counter.feed(STREAM[start:end])
    assert counter.events == 4


class Ear:
    """Keeps what a caller says."""

    def __init__(self) -> None:
        self.caller = Caller()
        self.answers: list[Caller] = []
        self.failures: list[ArmFailed] = []
        self.caller.on_answer = self.answers.append
        self.caller.on_failure = self.failures.append
        self.caller.connection_made(Mock())


def test_an_answer_in_pieces_is_one_answer():
    ear = Ear()
    ear.caller.send(b"GET")
    for piece in (b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 4\r\n\r\nab", b"cd"):
        ear.caller.data_received(piece)
    assert ear.answers == [ear.caller]
    assert ear.caller.reads == 3
    assert ear.caller.seen_ns >= ear.caller.sent_ns > 0


def test_two_answers_on_one_connection():
    ear = Ear()
    for _ in range(2):
        ear.caller.send(b"GET")
        ear.caller.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    assert len(ear.answers) == 2


def test_events_of_a_chunked_stream():
    ear = Ear()
    ear.caller.counter = EventCounter()
    ear.caller.data_received(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    ear.caller.data_received(b"9\r\ndata: a\n\n\r\n4\r\ndata\r\n")
    ear.caller.data_received(b"5\r\n: b\n\n\r\n0\r\n\r\n")
    assert (ear.caller.counter.events, len(ear.answers)) == (2, 1)


def test_a_refusal_is_told_with_its_words():
    ear = Ear()
    ear.caller.data_received(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\nno token!")
    assert [str(failure) for failure in ear.failures] == ["answered 401: no token!"]
    assert ear.answers == []


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (lambda caller: caller.connection_lost(None), "closed a connection: end of file"),
        (lambda caller: caller.connection_lost(OSError("reset")), "closed a connection: reset"),
        (lambda caller: caller.data_received(b"SSH-2.0\r\n"), "answered what is no HTTP"),
    ],
)
def test_no_answer_is_a_failure(event, told: str):
    ear = Ear()
    event(ear.caller)
    assert len(ear.failures) == 1
    assert told in str(ear.failures[0])
