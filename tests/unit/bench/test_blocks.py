"""The shapes of load, on callers that only take notes."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from gossamer.bench import blocks
from gossamer.bench.blocks import PacedBlock, WaveBlock
from gossamer.bench.caller import ArmFailed, Caller
from gossamer.bench.traffic import service_ns


class Scripted:
    """Answers each request on the next turn of the loop; time is told, not taken."""

    def __init__(self, took_ns: int = 0) -> None:
        self.requests: list[bytes] = []
        self.number = self.sent_ns = self.seen_ns = self.reads = 0
        self.took_ns = took_ns
        self.busy = False
        self.counter = None
        self.on_answer: Callable[[Scripted], None] = _ignore
        self.on_failure: Callable[[ArmFailed], None] = _ignore

    def send(self, request: bytes) -> None:
        assert not self.busy, "one request at a time on a connection"
        self.busy = True
        self.requests.append(request)
        asyncio.get_running_loop().call_soon(self.answer)

    def answer(self) -> None:
        self.busy = False
        self.sent_ns, self.seen_ns = 1_000, 1_000 + self.took_ns
        self.on_answer(self)


def _ignore(_: object) -> None:
    pass


def as_callers(scripted: list[Scripted]) -> list[Caller]:
    return cast("list[Caller]", scripted)


async def test_paced_block_sends_each_request_once():
    scripted = [Scripted() for _ in range(5)]
    requests = [b"%d" % i for i in range(23)]
    block = PacedBlock(as_callers(scripted), requests, 0)
    await block.run()
    assert sorted(r for caller in scripted for r in caller.requests) == sorted(requests)


async def test_the_providers_own_time_is_taken_off():
    scripted = [Scripted(took_ns=70_000_000)]
    block = PacedBlock(as_callers(scripted), [b"a", b"b"], first_number=40)
    await block.run()
    assert block.beyond_ns == [70_000_000 - service_ns(40), 70_000_000 - service_ns(41)]


async def test_waves_start_when_the_last_is_over():
    scripted = [Scripted() for _ in range(4)]
    block = WaveBlock(as_callers(scripted), b"stream", 3)
    await block.run()
    assert [len(caller.requests) for caller in scripted] == [3, 3, 3, 3]


class Refusing(Scripted):
    def answer(self) -> None:
        self.on_failure(ArmFailed("answered 500: oh"))


async def test_the_first_failure_ends_a_block():
    with pytest.raises(ArmFailed, match="answered 500: oh"):
        await WaveBlock(as_callers([Scripted(), Refusing()]), b"stream", 1).run()


class Silent(Scripted):
    def answer(self) -> None:
        pass


async def test_silence_ends_a_block(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blocks, "BLOCK_WITHIN_S", 0.01)
    with pytest.raises(ArmFailed, match="left requests unanswered"):
        await PacedBlock(as_callers([Silent()]), [b"a"], 0).run()
