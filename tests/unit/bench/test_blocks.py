"""The shapes of load, on callers that only take notes."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from gossamer.bench.blocks import ArmFailed, OpenBlock, PacedBlock, WaveBlock
from gossamer.bench.caller import Caller
from gossamer.http.heads import ResponseHead, parse_response_head

OK = parse_response_head(b"HTTP/1.1 200 OK\r\n\r\n")


class Scripted:
    """Answers each request on the next turn of the loop; time is told, not taken."""

    head: ResponseHead | None = OK

    def __init__(self, took_ns: int = 0) -> None:
        self.requests: list[bytes] = []
        self.number = self.due_ns = self.sent_ns = self.first_ns = self.done_ns = 0
        self.pieces: list[tuple[int, bytes]] = []
        self.line = None
        self.took_ns = took_ns
        self.busy = self.closed = False
        self.on_answer: Callable[[Scripted], None] = _ignore
        self.on_failure: Callable[[Scripted, str], None] = _ignore

    def send(self, request: bytes) -> None:
        assert not self.busy, "one request at a time on a connection"
        self.busy = True
        self.requests.append(request)
        asyncio.get_running_loop().call_soon(self.answer)

    def answer(self) -> None:
        self.busy = False
        self.sent_ns, self.done_ns = 1_000, 1_000 + self.took_ns
        self.head = type(self).head
        self.on_answer(self)

    def close(self) -> None:
        self.closed = True


def _ignore(*_: object) -> None:
    pass


def as_callers(scripted: list[Scripted]) -> list[Caller]:
    return cast("list[Caller]", scripted)


class Failing(Scripted):
    def answer(self) -> None:
        self.busy = False
        self.on_failure(self, "closed")


class Refusing(Scripted):
    head = parse_response_head(b"HTTP/1.1 500 Oh\r\n\r\n")


class Silent(Scripted):
    def answer(self) -> None:
        pass


async def test_paced_block_sends_each_request_once():
    scripted = [Scripted() for _ in range(5)]
    requests = [b"%d" % i for i in range(23)]
    block = PacedBlock(as_callers(scripted), requests, strict=True)
    await block.run()
    assert sorted(r for caller in scripted for r in caller.requests) == sorted(requests)
    assert sorted(taken.number for taken in block.taken) == list(range(23))


async def test_what_was_seen_is_kept():
    block = PacedBlock(as_callers([Scripted(took_ns=70)]), [b"a", b"b"], strict=True)
    await block.run()
    assert [taken.done_ns - taken.sent_ns for taken in block.taken] == [70, 70]


async def test_no_request_begins_when_the_time_to_begin_is_up():
    scripted = [Scripted() for _ in range(3)]
    block = PacedBlock(as_callers(scripted), [b"x"] * 9, strict=False, begin_within_s=-1)
    await block.run()
    assert block.taken == []


async def test_waves_start_when_the_last_is_over():
    scripted = [Scripted() for _ in range(4)]
    await WaveBlock(as_callers(scripted), b"stream", 3).run()
    assert [len(caller.requests) for caller in scripted] == [3, 3, 3, 3]


async def test_the_first_failure_ends_a_strict_block():
    with pytest.raises(ArmFailed, match="closed"):
        await WaveBlock(as_callers([Scripted(), Failing()]), b"stream", 1).run()
    with pytest.raises(ArmFailed, match="answered 500"):
        await PacedBlock(as_callers([Refusing()]), [b"a"], strict=True).run()


async def test_others_count_failures_and_go_on():
    block = PacedBlock(as_callers([Failing()]), [b"a", b"b"], strict=False)
    await block.run()
    assert [(taken.head, taken.reason) for taken in block.taken] == [(None, "closed")] * 2


async def test_silence_ends_a_block():
    with pytest.raises(ArmFailed, match="left requests unanswered"):
        await PacedBlock(as_callers([Silent()]), [b"a"], strict=True).run(within_s=0.01)


async def test_silence_in_one_of_many_is_a_failure_and_closes_the_connections():
    scripted = [Silent(), Scripted()]
    block = PacedBlock(as_callers(scripted), [b"a", b"b", b"c"], strict=False)
    await block.run(within_s=0.02)
    assert [(taken.number, taken.reason) for taken in block.taken if taken.reason] == [
        (0, "no whole answer within 0.02 s")
    ]
    assert all(caller.closed for caller in scripted)


async def test_an_open_loop_does_not_wait_for_answers():
    """Two callers, five requests due at once: the third waits for a caller, and its time has begun all the same."""
    scripted = [Scripted(), Scripted()]
    block = OpenBlock(as_callers(scripted), [b"%d" % i for i in range(5)], [0, 0, 0, 0, 2_000_000])
    await block.run()
    assert sorted(r for caller in scripted for r in caller.requests) == [b"%d" % i for i in range(5)]
    due = [taken.due_ns for taken in sorted(block.taken)]
    assert due[0] == due[3]
    assert due[4] - due[0] == 2_000_000


async def test_an_open_loop_keeps_its_times():
    scripted = [Scripted()]
    began = asyncio.get_running_loop().time()
    await OpenBlock(as_callers(scripted), [b"a", b"b"], [0, 30_000_000]).run()
    assert asyncio.get_running_loop().time() - began >= 0.029


async def test_what_found_no_free_connection_in_time_has_failed_too():
    """Else a gateway that hangs would be charged for the few that it took, and not for those that it kept waiting."""
    scripted: list[Scripted] = [Silent(), Silent()]
    block = OpenBlock(as_callers(scripted), [b"%d" % i for i in range(5)], [0] * 5)
    await block.run(within_s=0.02)
    assert {taken.number: taken.reason.partition(":")[0] for taken in block.taken} == {
        **dict.fromkeys((0, 1), "no whole answer within 0.02 s"),
        **dict.fromkeys((2, 3, 4), "not sent within 0.02 s"),
    }


async def test_a_connection_that_was_not_needed_has_not_failed():
    """Its number is of the block before."""
    idle, silent = Silent(), Silent()
    idle.number = 7
    block = OpenBlock(as_callers([silent, idle]), [b"a"], [0])
    await block.run(within_s=0.02)
    assert [taken.number for taken in block.taken] == [0]
