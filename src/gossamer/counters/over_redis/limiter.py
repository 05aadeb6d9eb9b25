"""The limiter that counts in Redis, so that all workers of all nodes keep one limit together.

No request waits for Redis longer than its timeout, once: then, and until Redis answers again, each worker counts its
share by itself, or what is limited is refused, as the settings say.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from secrets import token_hex
from typing import Final

from gossamer.core.clock import wall_time
from gossamer.core.errors import Unavailable
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.record import Record
from gossamer.counters.lines import request_lines, token_lines
from gossamer.counters.memory import MemoryLimiter
from gossamer.counters.over_redis.admission import Admission, Question
from gossamer.counters.over_redis.debts import Debts
from gossamer.counters.over_redis.leases import RENEW_S, Held, Holdings, LocalLease, RedisLease
from gossamer.counters.over_redis.plan import LOADS, RedisPlan
from gossamer.counters.plans import Plans
from gossamer.counters.refusal import LIMIT_KINDS, NEVER_S, Refusal
from gossamer.counters.rules import Check, Rules
from gossamer.counters.weigh import weight_of
from gossamer.policy.calendar import day_ends_in_s, day_of, month_ends_in_s, month_of
from gossamer.redis.address import RedisAddress
from gossamer.redis.cluster import open_servers
from gossamer.redis.resp import ReplyError
from gossamer.redis.server import TIMEOUT_S

_GONE_S: Final = 0.3
"""At the end: for the last settlements to be heard."""
_NS_PER_S: Final = 1_000_000_000
_NO_USE: Final = -2
_AGAIN_S: Final = 1.0
"""Redis is asked again about as often."""
_COLUMNS: Final = 3
"""Of an answer, for each subject."""
_FIRST: Final = 4
"""Column of the first subject."""


class RedisCounters:
    """What outlives a reload: connections, leases, and what Redis has still to hear."""

    def __init__(self, address: RedisAddress, on_trouble: Callable[[str], None], timeout_s: float = TIMEOUT_S) -> None:
        self.is_cluster = address.is_cluster
        self.life = token_hex(6)
        """Tells the leases and settlements of this process from those of any other."""
        self._life = self.life.encode()
        self.debts = Debts()
        self.holdings = Holdings()
        self.servers = open_servers(address, LOADS, lambda _: self.debts.came_up(), on_trouble, timeout_s)
        self.debts.attach(self.servers)
        self._numbers = count(1)
        self._renewal: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self.servers.start()
        self._renew()

    async def close(self) -> None:
        """After the last request."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GONE_S):
                await self.debts.cleared()
        if self._renewal is not None:
            self._renewal.cancel()
        self.servers.close()

    def next_lease(self) -> bytes:
        return b"%b-%d" % (self._life, next(self._numbers))

    def _renew(self) -> None:
        self.holdings.renew(self.servers)
        self._renewal = asyncio.get_running_loop().call_later(RENEW_S, self._renew)


class RedisLimiter:
    """A Limiter. `local` counts while Redis is away, unless what is limited is to be refused then."""

    def __init__(self, rules: Rules, counters: RedisCounters, local: MemoryLimiter, *, refuses_alone: bool) -> None:
        self._rules = rules
        self._counters = counters
        self._servers = counters.servers
        self._debts = counters.debts
        self._local = local
        self._refuses_alone = refuses_alone
        self._plans = Plans(self, rules, self._plan)
        self._second = 0
        self._day = self._month = 0

    def admit(self, exchange: Exchange) -> Later | None:
        plan = self._plans.plan_of(exchange)
        if plan is None:
            return None
        tokens, nanos = 0, None
        if plan.has_weight:
            tokens, nanos = weight_of(exchange, self._rules, has_tokens=plan.has_tokens, has_budget=plan.has_budget)
        if exchange.stamps[-1] // _NS_PER_S != self._second:
            self._look_at_date(exchange.stamps[-1] // _NS_PER_S)
        group = plan.groups[0]
        dated = group.dated(self._day, self._month)
        admission = Admission(self, exchange, plan, dated, self._counters.next_lease(), tokens, nanos)
        if len(plan.groups) > 1:
            return self._ask_all(admission)
        server = self._servers.of_slot(group.slot)
        if not server.is_up:
            return self.fall_back(admission)
        server.ask(admission)
        return admission

    def note(self, record: Record) -> None:
        self._local.note(record)

    def _ask_all(self, admission: Admission) -> Later | None:
        """In a cluster: of each home, at the same time."""
        for group in admission.plan.groups[1:]:
            admission.ask_further(group, group.dated(self._day, self._month))
        asked = [(self._servers.of_slot(question.slot), question) for question in admission.questions]
        if not all(server.is_up for server, _ in asked):
            return self.fall_back(admission)
        for server, question in asked:
            server.ask(question)
        return admission

    def _plan(self, checks: tuple[Check, ...]) -> RedisPlan:
        return RedisPlan(checks, self._counters.life, is_cluster=self._counters.is_cluster)

    def _look_at_date(self, second: int) -> None:
        """Once a second at most."""
        self._second = second
        day = day_of(wall_time())
        if day != self._day:
            self._day, self._month = day, month_of(day)

    # --- for an admission (a Decider) ---

    def redirect(self, error: ReplyError, question: Question) -> bool:
        return self._servers.redirect(error, question)

    def doubt(self, question: Question, error: ReplyError) -> None:
        self._servers.of_slot(question.slot).doubt(str(error))

    def decide(self, admission: Admission) -> None:
        exchange, questions = admission.exchange, admission.questions
        exchange.limit_lines = _lines(questions)
        refused = [question for question in questions if not question.is_granted]
        if refused:
            raise _worst(refused).error(admission.asked_tokens, 1)
        held = [question.held() for question in questions]
        exchange.lease = RedisLease(self._debts, self._counters.holdings, held, admission.nanos)

    def fall_back(self, admission: Admission) -> Later | None:
        if self._refuses_alone:
            raise Unavailable(
                "Whether there is room for this request cannot be counted now. Try again later.", retry_after_s=_AGAIN_S
            )
        plan = admission.plan
        if plan.local is None:
            plan.local = self._local.plan(plan.checks)
        later = self._local.admit_by(admission.exchange, plan.local)
        if later is None:
            self._take_over(admission)
            return None
        taken = Later()

        def take_over(error: Exception | None) -> None:
            if error is None:
                self._take_over(admission)
            taken.end(error)

        later.when_ended(take_over)
        return taken

    def undo(self, held: Held) -> None:
        self._debts.settle(held.undone())

    def _take_over(self, admission: Admission) -> None:
        """The lease that this worker granted by itself becomes one whose money Redis hears of."""
        lease = admission.exchange.lease
        assert lease is not None
        groups = [(group, group.dated(self._day, self._month)) for group in admission.plan.groups if group.has_budget]
        if groups:
            admission.exchange.lease = LocalLease(self._debts, groups, lease)


def _worst(refused: Sequence[Question]) -> Refusal:
    """Of several slots' answers, the one with the longest wait."""
    return max(map(_refusal, refused), key=lambda refusal: (refusal.wait_s == NEVER_S, refusal.wait_s))


def _refusal(question: Question) -> Refusal:
    assert question.reply is not None
    number, kind_number, wait_ms = question.reply[:3]
    kind = LIMIT_KINDS[kind_number - 1]
    wait_s = NEVER_S if wait_ms == _NO_USE else wait_ms / 1000
    if kind == "day":
        wait_s = day_ends_in_s(wall_time())
    elif kind == "month":
        wait_s = month_ends_in_s(wall_time())
    return Refusal(wait_s, kind, question.group.checks[number - 1])


def _lines(questions: Sequence[Question]) -> str:
    requests: tuple[int, int, int] | None = None
    tokens: tuple[int, int, int] | None = None
    for question in questions:
        reply = question.reply
        assert reply is not None
        at = _FIRST
        for check in question.group.checks:
            limits = check.limits
            left, left_tokens, reset_s = reply[at : at + _COLUMNS]
            at += _COLUMNS
            if limits.requests_per_min is not None and (requests is None or left < requests[1]):
                requests = (limits.requests_per_min, left, reset_s)
            if limits.tokens_per_min is not None and (tokens is None or left_tokens < tokens[1]):
                tokens = (limits.tokens_per_min, left_tokens, reset_s)
    return (request_lines(*requests) if requests else "") + (token_lines(*tokens) if tokens else "")
