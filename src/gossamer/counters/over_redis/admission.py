"""One request that waits for Redis: until all slots have answered, its time is over, or its client has left.

What Redis granted and nobody will use is undone, however late its answer comes.
"""

import asyncio
from typing import Protocol

from gossamer.core.exchange import Exchange
from gossamer.counters.over_redis.leases import Held
from gossamer.counters.over_redis.plan import Dated, Group, RedisPlan
from gossamer.redis.cluster import BETWEEN_SLOTS
from gossamer.redis.line import IGNORED, Line
from gossamer.redis.resp import ReplyError


class Decider(Protocol):
    """Who turns answers into leases and refusals."""

    def redirect(self, error: ReplyError, part: "Part") -> bool: ...

    def doubt(self, part: "Part", error: ReplyError) -> None: ...

    def held(self, part: "Part") -> Held: ...

    def decide(self, admission: "Admission") -> None:
        """All have answered. Raises RateLimitExceeded and its kin."""

    def fall_back(self, admission: "Admission") -> asyncio.Future[None] | None:
        """Somebody has not. Raises RateLimitExceeded and its kin, and Unavailable."""

    def undo(self, held: Held) -> None: ...


class Part:
    """What is asked of one slot (a Routed)."""

    __slots__ = ("admission", "command", "dated", "group", "is_over", "redirects", "reply", "slot")

    def __init__(self, admission: "Admission", group: Group, dated: Dated, command: bytes) -> None:
        self.admission = admission
        self.group = group
        self.dated = dated
        self.command = command
        self.slot = group.slot
        self.redirects = 0
        self.is_over = False
        self.reply: list[int] | None = None

    @property
    def is_granted(self) -> bool:
        return self.reply is not None and self.reply[0] == 0

    def answered(self, reply: object, line: Line) -> None:
        if isinstance(reply, list):
            self.reply = reply
            if self.is_over:
                self._undo_late(line)
            else:
                self.is_over = True
                self.admission.answered()
        elif isinstance(reply, ReplyError) and not self.is_over and not self.admission.decider.redirect(reply, self):
            self.is_over = True
            if reply.kind != BETWEEN_SLOTS:
                self.admission.decider.doubt(self, reply)
            self.admission.failed()

    def failed(self, reason: str) -> None:  # noqa: ARG002 - a Waiter
        if not self.is_over:
            self.is_over = True
            self.admission.failed()

    def _undo_late(self, line: Line) -> None:
        """On the line that it came by: the server reads it next, however slow it is."""
        if self.is_granted and line.is_open:
            line.send(self.admission.decider.held(self).undone().command(0), IGNORED)


class Admission:
    """`done` is what the request waits for."""

    __slots__ = ("_is_decided", "_missing", "decider", "done", "exchange", "lease", "nanos", "parts", "plan", "tokens")

    def __init__(
        self, decider: Decider, exchange: Exchange, plan: RedisPlan, lease: str, tokens: int, nanos: int | None
    ) -> None:
        self.decider = decider
        self.exchange = exchange
        self.plan = plan
        self.lease = lease
        self.tokens = tokens
        self.nanos = nanos
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.parts: list[Part] = []
        self._missing = 0
        self._is_decided = False

    def ask(self, group: Group, dated: Dated) -> Part:
        command = group.admit(dated, self.lease, self.tokens if group.has_tokens else 0, self.nanos or 0)
        part = Part(self, group, dated, command)
        self.parts.append(part)
        self._missing += 1
        return part

    def answered(self) -> None:
        self._missing -= 1
        if self._is_decided:
            self._undo()
        elif self._missing == 0:
            self._is_decided = True
            if self.exchange.is_settled:  # its client has left
                self._undo()
            else:
                self._conclude()

    def failed(self) -> None:
        self._missing -= 1
        if self._is_decided:
            return
        self._is_decided = True
        self._undo()
        if not self.exchange.is_settled:
            self._go_without()

    def _conclude(self) -> None:
        try:
            self.decider.decide(self)
        except Exception as error:  # noqa: BLE001 - whoever waits for it hears it
            self._undo()
            self._fail(error)
        else:
            self._succeed()

    def _go_without(self) -> None:
        try:
            later = self.decider.fall_back(self)
        except Exception as error:  # noqa: BLE001 - whoever waits for it hears it
            self._fail(error)
        else:
            if later is None:
                self._succeed()
            else:
                later.add_done_callback(self._hear)

    def _hear(self, later: asyncio.Future[None]) -> None:
        if later.cancelled():
            self.done.cancel()
        elif (error := later.exception()) is not None:
            self._fail(error)
        else:
            self._succeed()

    def _succeed(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)
            self.done.exception()  # looked at: where the client leaves in this very turn, nobody else will

    def _undo(self) -> None:
        """What was granted so far."""
        for part in self.parts:
            if part.is_granted:
                self.decider.undo(self.decider.held(part))
                part.reply = None
