"""The shapes of load: a closed loop, an open loop with its intended times, waves of streams.

A block keeps what its callers saw and reads nothing of it: that is done when the clock has stopped. `strict` blocks
hold their arm to the rule that every request is answered with 200: the first failure ends them.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from time import perf_counter_ns
from typing import NamedTuple

from gossamer.bench.alarm import Alarm
from gossamer.bench.caller import Caller
from gossamer.http.heads import ResponseHead

BLOCK_WITHIN_S = 30.0
"""A block takes a fraction of a second to five; an arm that hangs must not hang the run."""
OK = 200
_BODY_SHOWN_BYTES = 300
_NONE = -1
"""The number of a caller that has not been sent out in this block."""


class ArmFailed(Exception):
    """The arm closed, refused, or did not answer."""


class Taken(NamedTuple):
    """One request and what came of it. No head: no answer, and `reason` says why."""

    number: int
    due_ns: int
    sent_ns: int
    first_ns: int
    done_ns: int
    head: ResponseHead | None
    pieces: list[tuple[int, bytes]]
    """When, and what."""
    reason: str = ""


class Block(ABC):
    """What all shapes share: a future that the last answer or, where it is strict, the first failure resolves."""

    def __init__(self, callers: Sequence[Caller], *, strict: bool) -> None:
        self._callers = callers
        self._is_strict = strict
        self._open = 0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.taken: list[Taken] = []
        for caller in callers:
            caller.number = _NONE
            caller.on_answer = self._answered
            caller.on_failure = self._failed

    @abstractmethod
    def begin(self) -> None:
        """Send the first requests."""

    @abstractmethod
    def go_on(self, caller: Caller) -> None:
        """A caller is free again."""

    async def run(self, within_s: float = BLOCK_WITHIN_S) -> None:
        """Until the last answer, the first failure of a strict block, or too late."""
        self.begin()
        try:
            async with asyncio.timeout(within_s):
                await self._done
        except TimeoutError:
            if self._is_strict:
                raise ArmFailed(f"left requests unanswered for {within_s:g} s") from None
            self._give_up(within_s)
        finally:
            for caller in self._callers:
                caller.on_answer = caller.on_failure = _late

    def finish(self) -> None:
        """The last answer is in."""
        if not self._done.done():
            self._done.set_result(None)

    def send(self, caller: Caller, request: bytes) -> None:
        self._open += 1
        caller.head = None
        caller.send(request)

    def _answered(self, caller: Caller) -> None:
        head = caller.head
        self._open -= 1
        self.taken.append(
            Taken(caller.number, caller.due_ns, caller.sent_ns, caller.first_ns, caller.done_ns, head, caller.pieces)
        )
        if self._is_strict and head is not None and head.status != OK:
            self._fail(f"answered {head.status}: {_shown(caller.pieces)}")
            return
        self.go_on(caller)

    def _failed(self, caller: Caller, reason: str) -> None:
        self._open -= 1
        if self._is_strict:
            self._fail(reason)
            return
        self.taken.append(
            Taken(
                caller.number,
                caller.due_ns,
                caller.sent_ns,
                caller.first_ns,
                perf_counter_ns(),
                caller.head,
                caller.pieces if caller.head is not None else [],
                reason,
            )
        )
        self.go_on(caller)

    def _fail(self, reason: str) -> None:
        if not self._done.done():
            self._done.set_exception(ArmFailed(reason))

    def _give_up(self, within_s: float) -> None:
        """What is still open has failed. Connections are closed, or their answers would come into the next block."""
        waiting = {caller.number for caller in self._callers} - {taken.number for taken in self.taken} - {_NONE}
        for number in sorted(waiting):
            self.taken.append(Taken(number, 0, 0, 0, 0, None, [], f"no whole answer within {within_s:g} s"))
        for caller in self._callers:
            caller.close()


class PacedBlock(Block):
    """Each caller sends its next request when its last is answered, until all are out or time to begin is up."""

    def __init__(
        self,
        callers: Sequence[Caller],
        requests: Sequence[bytes],
        *,
        strict: bool,
        spread_s: float = 0.0,
        begin_within_s: float = BLOCK_WITHIN_S,
    ) -> None:
        """Callers begin spread over `spread_s`, so that no burst leads the block."""
        super().__init__(callers, strict=strict)
        self._requests = requests
        self._issued = 0
        self._spread_s = spread_s
        self._ends_ns = perf_counter_ns() + round(begin_within_s * 1e9)

    def begin(self) -> None:
        loop = asyncio.get_running_loop()
        for position, caller in enumerate(self._callers):
            loop.call_later(self._spread_s * position / len(self._callers), self.go_on, caller)

    def go_on(self, caller: Caller) -> None:
        number = self._issued
        if number < len(self._requests) and perf_counter_ns() < self._ends_ns:
            self._issued = number + 1
            caller.number = number
            caller.due_ns = 0
            self.send(caller, self._requests[number])
        elif not self._open:
            self.finish()


class OpenBlock(Block):
    """Requests are due at their times, whatever became of those before. One that finds no free caller waits for one."""

    def __init__(self, callers: Sequence[Caller], requests: Sequence[bytes], due_ns: Sequence[int]) -> None:
        """`due_ns` count from the begin and rise."""
        super().__init__(callers, strict=False)
        self._requests = requests
        self._due_ns = due_ns
        self._issued = 0
        self._free = deque(callers)
        self._alarm = Alarm(self._ring)
        self._began_ns = 0

    async def run(self, within_s: float = BLOCK_WITHIN_S) -> None:
        try:
            await super().run(within_s)
        finally:
            self._alarm.close()

    def begin(self) -> None:
        self._began_ns = perf_counter_ns()
        self._ring()

    def _give_up(self, within_s: float) -> None:
        """What was due and found no free connection has failed too: its wait is the gateway's doing."""
        super()._give_up(within_s)
        reason = f"not sent within {within_s:g} s: all connections were waiting for answers"
        for number in range(self._issued, len(self._requests)):
            self.taken.append(Taken(number, 0, 0, 0, 0, None, [], reason))

    def _ring(self) -> None:
        """Send all that is due, and sleep until the next is."""
        requests, due_ns, free = self._requests, self._due_ns, self._free
        while free and self._issued < len(requests):
            number = self._issued
            due = self._began_ns + due_ns[number]
            if due > perf_counter_ns():
                self._alarm.set(due)
                return
            self._issued = number + 1
            caller = free.popleft()
            caller.number = number
            caller.due_ns = due
            self.send(caller, requests[number])

    def go_on(self, caller: Caller) -> None:
        was_short = not self._free
        self._free.append(caller)
        if self._issued < len(self._requests):
            if was_short:
                self._ring()
        elif not self._open:
            self.finish()


class WaveBlock(Block):
    """All callers start together and wait for each other."""

    def __init__(self, callers: Sequence[Caller], request: bytes, waves: int) -> None:
        super().__init__(callers, strict=True)
        self._request = request
        self._waves_left = waves
        self._reads_before = self._all_reads()

    def begin(self) -> None:
        self._waves_left -= 1
        for caller in self._callers:
            self.send(caller, self._request)

    def go_on(self, caller: Caller) -> None:  # noqa: ARG002 - it waits for the others
        if not self._open:
            if self._waves_left:
                self.begin()
            else:
                self.finish()

    @property
    def events(self) -> int:
        """Events that arrived, over all streams: counted by the blank lines that end them."""
        return sum(b"".join(data for _, data in taken.pieces).count(b"\n\n") for taken in self.taken)

    @property
    def reads(self) -> int:
        """How often bytes arrived."""
        return self._all_reads() - self._reads_before

    def _all_reads(self) -> int:
        return sum(caller.line.reads for caller in self._callers if caller.line is not None)


def _late(*_: object) -> None:
    """The block is over."""


def _shown(pieces: Sequence[tuple[int, bytes]]) -> str:
    return b"".join(data for _, data in pieces)[:_BODY_SHOWN_BYTES].decode("utf-8", "replace")
