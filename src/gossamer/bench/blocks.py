"""The two shapes of load: a paced closed loop for latency, waves of streams for CPU per chunk.

A block holds its arm to the rule that every request is answered: the first failure ends it.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence

from gossamer.bench.caller import ArmFailed, Caller, EventCounter
from gossamer.bench.traffic import SERVICE_NS, service_ns

BLOCK_WITHIN_S = 30.0
"""A block takes one to five seconds; an arm that hangs must not hang the run."""


class Block(ABC):
    """What both shapes share: a future that the last answer or the first failure resolves."""

    def __init__(self, callers: Sequence[Caller]) -> None:
        self._callers = callers
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for caller in callers:
            caller.on_answer = self.answered
            caller.on_failure = self._fail

    @abstractmethod
    def answered(self, caller: Caller, /) -> None:
        """One whole answer."""

    def finish(self) -> None:
        """The last answer is in."""
        if not self._done.done():
            self._done.set_result(None)

    def _fail(self, error: ArmFailed) -> None:
        if not self._done.done():
            self._done.set_exception(error)

    async def wait(self) -> None:
        """Until the last answer, the first failure, or too late."""
        try:
            async with asyncio.timeout(BLOCK_WITHIN_S):
                await self._done
        except TimeoutError:
            raise ArmFailed(f"left requests unanswered for {BLOCK_WITHIN_S:g} s") from None


class PacedBlock(Block):
    """Each caller sends its next request when its last is answered, until all requests are out."""

    def __init__(self, callers: Sequence[Caller], requests: Sequence[bytes], first_number: int) -> None:
        super().__init__(callers)
        self._requests = requests
        self._first_number = first_number
        self._issued = 0
        self._open = 0
        self.beyond_ns = [0] * len(requests)

    async def run(self) -> None:
        """Callers begin spread over one service time, so that no burst leads the block."""
        loop = asyncio.get_running_loop()
        spread_s = SERVICE_NS / 1e9
        for position, caller in enumerate(self._callers):
            loop.call_later(spread_s * position / len(self._callers), self._next, caller)
        await self.wait()

    def _next(self, caller: Caller) -> None:
        if self._issued == len(self._requests):
            return
        caller.number = self._issued
        self._issued += 1
        self._open += 1
        caller.send(self._requests[caller.number])

    def answered(self, caller: Caller, /) -> None:
        took_ns = caller.seen_ns - caller.sent_ns
        self.beyond_ns[caller.number] = took_ns - service_ns(self._first_number + caller.number)
        self._open -= 1
        self._next(caller)
        if self._open == 0 and self._issued == len(self._requests):
            self.finish()


class WaveBlock(Block):
    """All callers start together and wait for each other."""

    def __init__(self, callers: Sequence[Caller], request: bytes, waves: int) -> None:
        super().__init__(callers)
        self._request = request
        self._waves_left = waves
        self._streaming = 0
        for caller in callers:
            caller.counter = EventCounter()
            caller.reads = 0

    async def run(self) -> None:
        """All the waves."""
        self._begin_wave()
        await self.wait()

    def _begin_wave(self) -> None:
        self._waves_left -= 1
        self._streaming = len(self._callers)
        for caller in self._callers:
            caller.send(self._request)

    def answered(self, _caller: Caller, /) -> None:
        self._streaming -= 1
        if self._streaming == 0:
            if self._waves_left:
                self._begin_wave()
            else:
                self.finish()

    @property
    def events(self) -> int:
        """Events that arrived, over all streams."""
        return sum(caller.counter.events for caller in self._callers if caller.counter)

    @property
    def reads(self) -> int:
        """How often bytes arrived."""
        return sum(caller.reads for caller in self._callers)
