"""The limiter that counts in Redis, so that all workers of all nodes keep one limit together.

No request waits for Redis longer than its timeout, once: then, and until Redis answers again, each worker counts its
share by itself, or what is limited is refused, as the settings say.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from secrets import token_hex
from typing import Final

from gossamer.core.clock import wall_time
from gossamer.core.errors import Unavailable
from gossamer.core.exchange import Exchange
from gossamer.core.record import Record
from gossamer.counters.lines import Shown, limit_lines
from gossamer.counters.memory import MemoryLimiter
from gossamer.counters.over_redis.admission import Admission, Part
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

    def next_lease(self) -> str:
        return f"{self.life}-{next(self._numbers)}"

    def _renew(self) -> None:
        loop = asyncio.get_running_loop()
        self.holdings.renew(self.servers, loop.time())
        self._renewal = loop.call_later(RENEW_S, self._renew)


class RedisLimiter:
    """A Limiter. `local` counts while Redis is away; None: what is limited is refused then."""

    def __init__(self, rules: Rules, counters: RedisCounters, local: MemoryLimiter, *, refuses_alone: bool) -> None:
        self._rules = rules
        self._counters = counters
        self._servers = counters.servers
        self._debts = counters.debts
        self._local = local
        self._refuses_alone = refuses_alone
        self._loop = asyncio.get_running_loop()
        self._plans = Plans(self, rules, self._plan)
        self._day = self._month = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def admit(self, exchange: Exchange) -> Awaitable[None] | None:
        plan = self._plans.plan_of(exchange)
        if plan is None:
            return None
        tokens, nanos = weight_of(exchange, self._rules, has_tokens=plan.has_tokens, has_budget=plan.has_budget)
        admission = Admission(self, exchange, plan, self._counters.next_lease(), tokens, nanos)
        day, month = self._date()
        of_slot = self._servers.of_slot
        servers = [of_slot(group.slot) for group in plan.groups]
        for server in servers:
            if not server.is_up:
                return self.fall_back(admission)
        for server, group in zip(servers, plan.groups, strict=True):
            server.ask(admission.ask(group, group.dated(day, month)))
        return admission.done

    def note(self, record: Record) -> None:
        self._local.note(record)

    def _plan(self, checks: tuple[Check, ...]) -> RedisPlan:
        return RedisPlan(checks, self._local.plan(checks), self._counters.life, is_cluster=self._counters.is_cluster)

    def _date(self) -> tuple[int, int]:
        day = day_of(wall_time())
        if day != self._day:
            self._day, self._month = day, month_of(day)
        return self._day, self._month

    # --- for an admission (a Decider) ---

    def redirect(self, error: ReplyError, part: Part) -> bool:
        return self._servers.redirect(error, part)

    def doubt(self, part: Part, error: ReplyError) -> None:
        self._servers.of_slot(part.slot).doubt(str(error))

    def held(self, part: Part) -> Held:
        admission = part.admission
        assert part.reply is not None
        tokens = admission.tokens if part.group.has_tokens else 0
        return Held(
            part.group, part.dated, admission.lease, part.reply[3], tokens, admission.nanos or 0, self._loop.time()
        )

    def decide(self, admission: Admission) -> None:
        exchange, parts = admission.exchange, admission.parts
        exchange.limit_lines = _lines(parts)
        refused = [part for part in parts if not part.is_granted]
        if refused:
            raise _worst(refused).error(admission.tokens, 1)
        held = [self.held(part) for part in parts]
        exchange.lease = RedisLease(self._debts, self._counters.holdings, held, admission.nanos)

    def fall_back(self, admission: Admission) -> asyncio.Future[None] | None:
        if self._refuses_alone:
            raise Unavailable(
                "Whether there is room for this request cannot be counted now. Try again later.", retry_after_s=_AGAIN_S
            )
        later = self._local.admit_by(admission.exchange, admission.plan.local)
        if later is None:
            self._take_over(admission)
            return None
        task = self._loop.create_task(self._wait(later, admission))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def undo(self, held: Held) -> None:
        self._debts.settle(held.undone())

    async def _wait(self, later: Awaitable[None], admission: Admission) -> None:
        await later
        self._take_over(admission)

    def _take_over(self, admission: Admission) -> None:
        """The lease that this worker granted by itself becomes one whose money Redis hears of."""
        lease = admission.exchange.lease
        assert lease is not None
        if admission.exchange.is_settled:
            lease.settle(0, 0)
            return
        day, month = self._date()
        groups = [(group, group.dated(day, month)) for group in admission.plan.groups if group.has_budget]
        if groups:
            admission.exchange.lease = LocalLease(self._debts, groups, lease)


def _worst(refused: list[Part]) -> Refusal:
    """Of several slots' answers, the one with the longest wait."""
    return max(map(_refusal, refused), key=lambda refusal: (refusal.wait_s == NEVER_S, refusal.wait_s))


def _refusal(part: Part) -> Refusal:
    assert part.reply is not None
    number, kind_number, wait_ms = part.reply[:3]
    kind = LIMIT_KINDS[kind_number - 1]
    wait_s = NEVER_S if wait_ms == _NO_USE else wait_ms / 1000
    if kind == "day":
        wait_s = day_ends_in_s(wall_time())
    elif kind == "month":
        wait_s = month_ends_in_s(wall_time())
    return Refusal(wait_s, kind, part.group.checks[number - 1])


def _lines(parts: list[Part]) -> str:
    requests: Shown | None = None
    tokens: Shown | None = None
    for part in parts:
        reply = part.reply
        assert reply is not None
        at = _FIRST
        for check in part.group.checks:
            left, left_tokens, reset_s = reply[at : at + _COLUMNS]
            at += _COLUMNS
            limits = check.limits
            if limits.requests_per_min is not None and (requests is None or left < requests.left):
                requests = Shown(limits.requests_per_min, left, reset_s)
            if limits.tokens_per_min is not None and (tokens is None or left_tokens < tokens.left):
                tokens = Shown(limits.tokens_per_min, left_tokens, reset_s)
    return limit_lines(requests, tokens)
