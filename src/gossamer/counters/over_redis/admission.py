"""One request that waits for Redis: until all slots have answered, its time is over, or its client has left.

What Redis granted and nobody will use is undone, however late its answer comes.
"""

from collections.abc import Sequence
from typing import Protocol

from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.counters.over_redis.leases import Held
from gossamer.counters.over_redis.plan import Dated, Group, RedisPlan
from gossamer.redis.cluster import BETWEEN_SLOTS
from gossamer.redis.line import IGNORED, Line
from gossamer.redis.resp import ReplyError


class Decider(Protocol):
    """Who turns answers into leases and refusals."""

    def redirect(self, error: ReplyError, question: "Question") -> bool: ...

    def doubt(self, question: "Question", error: ReplyError) -> None: ...

    def decide(self, admission: "Admission") -> None:
        """All have answered. Raises RateLimitExceeded and its kin."""

    def fall_back(self, admission: "Admission") -> Later | None:
        """Somebody has not. Raises RateLimitExceeded and its kin, and Unavailable."""

    def undo(self, held: Held) -> None: ...


class Question:
    """What is asked of one slot (a Routed)."""

    redirects = 0
    is_over = False
    reply: list[int] | None = None

    def __init__(self, decider: Decider, group: Group, dated: Dated, lease: bytes, tokens: int, nanos: int) -> None:
        self.decider = decider
        self.group = group
        self.dated = dated
        self.slot = group.slot
        self.number = lease
        self.tokens = tokens if group.has_tokens else 0
        self.reserved = nanos
        self.command = group.admit(dated, lease, self.tokens, nanos)

    @property
    def is_granted(self) -> bool:
        return self.reply is not None and self.reply[0] == 0

    def held(self) -> Held:
        assert self.reply is not None
        return Held(self.group, self.dated, self.number, self.reply[3], self.tokens, self.reserved)

    def answered(self, reply: object, line: Line) -> None:
        if isinstance(reply, list):
            self.reply = reply
            if self.is_over:
                self._undo_late(line)
            else:
                self.is_over = True
                self.heard()
        elif isinstance(reply, ReplyError) and not self.is_over and not self.decider.redirect(reply, self):
            self.is_over = True
            if reply.kind != BETWEEN_SLOTS:
                self.decider.doubt(self, reply)
            self.missed()

    def failed(self, reason: str) -> None:  # noqa: ARG002 - a Waiter
        if not self.is_over:
            self.is_over = True
            self.missed()

    def heard(self) -> None:
        """There is an answer."""

    def missed(self) -> None:
        """There is none."""

    def _undo_late(self, line: Line) -> None:
        """On the line that it came by: the server reads it next, however slow it is."""
        if self.is_granted and line.is_open:
            line.send(self.held().undone().command(0), IGNORED)


class Admission(Question, Later):
    """The first question, mostly the only one; it ends when all have."""

    others: "Sequence[Further]" = ()
    _is_decided = False

    def __init__(
        self,
        decider: Decider,
        exchange: Exchange,
        plan: RedisPlan,
        dated: Dated,
        lease: bytes,
        tokens: int,
        nanos: int | None,
    ) -> None:
        super().__init__(decider, plan.groups[0], dated, lease, tokens, nanos or 0)
        self.exchange = exchange
        self.plan = plan
        self.nanos = nanos
        self.asked_tokens = tokens

    def ask_further(self, group: Group, dated: Dated) -> "Further":
        further = Further(self.decider, group, dated, self.number, self.asked_tokens, self.nanos or 0)
        further.first = self
        self.others = (*self.others, further)
        return further

    @property
    def questions(self) -> "Sequence[Question]":
        return (self, *self.others)

    def heard(self) -> None:
        if self.others and not (self._is_decided or all(question.is_over for question in self.questions)):
            return
        if self._is_decided or self.exchange.is_settled:  # its client has left
            self._is_decided = True
            self._undo()
            return
        self._is_decided = True
        try:
            self.decider.decide(self)
        except Exception as error:  # noqa: BLE001 - whoever waits for it hears it
            self._undo()
            self.end(error)
        else:
            self.others = ()
            self.end()

    def missed(self) -> None:
        if self._is_decided:
            return
        self._is_decided = True
        self._undo()
        if self.exchange.is_settled:
            return
        try:
            later = self.decider.fall_back(self)
        except Exception as error:  # noqa: BLE001 - whoever waits for it hears it
            self.end(error)
        else:
            if later is None:
                self.end()
            else:
                later.when_ended(self.end)

    def _undo(self) -> None:
        """What was granted so far."""
        for question in self.questions:
            if question.is_granted:
                self.decider.undo(question.held())
                question.reply = None


class Further(Question):
    """Of another home, in a cluster."""

    first: Admission

    def heard(self) -> None:
        self.first.heard()

    def missed(self) -> None:
        self.first.missed()
