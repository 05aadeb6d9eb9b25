"""One connection to a Redis, on a transport that only remembers."""

import asyncio
from typing import Any, cast

import pytest

from gossamer.redis.line import IGNORED, Line
from gossamer.redis.resp import ReplyError, encode

LOADS = (encode("SCRIPT", "LOAD", "one"), encode("SCRIPT", "LOAD", "two"))


class Transport:
    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.aborted = 0

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def abort(self) -> None:
        self.aborted += 1


class Told:
    """A Waiter that remembers."""

    def __init__(self, name: str = "PING") -> None:
        self.command = encode(name)
        self.heard: list[object] = []

    def answered(self, reply: object, line: Line) -> None:
        self.heard.append(reply)

    def failed(self, reason: str) -> None:
        self.heard.append(reason)


class Opened:
    def __init__(self) -> None:
        self.lost: list[tuple[str, int]] = []
        self.line = Line(LOADS, lambda line, reason: self.lost.append((reason, line.owed)))
        self.transport = Transport()
        self.line.connection_made(cast("Any", self.transport))

    def send(self, *names: str) -> list[Told]:
        waiters = [Told(name) for name in names]
        for waiter in waiters:
            self.line.send(waiter.command, waiter)
        return waiters

    @property
    def written(self) -> list[bytes]:
        found, self.transport.writes = self.transport.writes, []
        return found


@pytest.fixture
async def opened() -> Opened:
    return Opened()


async def test_all_commands_of_one_turn_leave_in_one_write(opened: Opened):
    opened.send("A", "B")
    opened.send("C")
    assert opened.written == []
    await asyncio.sleep(0)
    assert opened.written == [encode("A") + encode("B") + encode("C")]
    opened.send("D")
    await asyncio.sleep(0)
    assert opened.written == [encode("D")]


async def test_replies_go_to_those_who_asked_in_their_order_however_they_are_cut(opened: Opened):
    first, second, third = opened.send("A", "B", "C")
    for byte in b"+one\r\n$-1\r\n:3\r\n":
        opened.line.data_received(bytes([byte]))
    assert [waiter.heard for waiter in (first, second, third)] == [[b"one"], [None], [3]]


async def test_a_refusal_is_an_answer(opened: Opened):
    (one,) = opened.send("A")
    opened.line.data_received(b"-OOM command not allowed\r\n")
    (reply,) = one.heard
    assert isinstance(reply, ReplyError)
    assert reply.kind == "OOM"


async def test_a_forgotten_script_is_made_known_and_asked_for_once_more(opened: Opened):
    one, other = opened.send("A", "B")
    await asyncio.sleep(0)
    assert len(opened.written) == 1
    opened.line.data_received(b"-NOSCRIPT No matching script\r\n:2\r\n")
    await asyncio.sleep(0)
    assert opened.written == [b"".join(LOADS) + encode("A")]
    assert (one.heard, other.heard) == ([], [2])
    opened.line.data_received(b"$1\r\nx\r\n$1\r\ny\r\n:1\r\n")
    assert one.heard == [1]


async def test_it_does_not_try_for_ever(opened: Opened):
    (one,) = opened.send("A")
    opened.line.data_received(b"-NOSCRIPT gone\r\n$1\r\nx\r\n$1\r\ny\r\n-NOSCRIPT gone again\r\n")
    (reply,) = one.heard
    assert isinstance(reply, ReplyError)


async def test_who_waits_hears_that_the_line_broke(opened: Opened):
    one, other = opened.send("A", "B")
    opened.line.data_received(b":1\r\n")
    opened.line.connection_lost(ConnectionResetError("reset by peer"))
    assert (one.heard, other.heard) == ([1], ["reset by peer"])
    assert opened.lost == [("reset by peer", 1)], "told once, with how many were waiting"


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad\r\n", b":1\r\n:2\r\n"], ids=["no Redis", "an answer too many"])
async def test_a_line_that_makes_no_sense_is_closed(opened: Opened, data: bytes):
    opened.send("A")
    opened.line.data_received(data)
    assert opened.transport.aborted
    assert len(opened.lost) == 1
    opened.line.connection_lost(None)
    assert len(opened.lost) == 1


async def test_a_line_that_is_left_hears_what_is_late_and_closes_then(opened: Opened):
    one, other = opened.send("A", "B")
    opened.line.give_up("too slow")
    opened.line.leave(60)
    assert opened.transport.aborted == 0
    opened.line.data_received(b":1\r\n")
    assert opened.transport.aborted == 0
    opened.line.data_received(b":2\r\n")
    assert opened.transport.aborted
    assert (one.heard, other.heard) == (["too slow", 1], ["too slow", 2])


async def test_a_line_that_is_left_and_owes_nothing_closes_at_once(opened: Opened):
    opened.line.send(b"x", IGNORED)
    opened.line.data_received(b":1\r\n")
    opened.line.leave(60)
    assert opened.transport.aborted
