"""The limiter that counts in this process. With several workers each lets in its share, so that all keep the limit.

Checks everything, then charges everything, in one call without a pause: nobody can come between.
"""

import asyncio
from typing import Final

from gossamer.core.allowance import Spent
from gossamer.core.clock import now_ns, wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import SpendBook
from gossamer.core.record import Record
from gossamer.counters.ledger import Ledger
from gossamer.counters.memory_plan import Bound, MemoryPlan, lines_of
from gossamer.counters.meters import Meter, Meters
from gossamer.counters.plans import Plans
from gossamer.counters.refusal import NEVER_S, WHEN_ONE_ENDS_S, LimitKind, Refusal
from gossamer.counters.rules import Check, Rules, shared
from gossamer.counters.weigh import weight_of
from gossamer.policy.calendar import day_ends_in_s, day_of, month_ends_in_s, month_of

_NS_PER_S: Final = 1_000_000_000


class MemoryLease:
    """What was charged (a Lease)."""

    __slots__ = ("_bounds", "_second", "_tokens", "nanos")

    def __init__(self, bounds: tuple[Bound, ...], second: int, tokens: int, nanos: int | None) -> None:
        self._bounds = bounds
        self._second = second
        self._tokens = tokens
        self.nanos = nanos

    def settle(self, tokens: int | None, nanos: int | None) -> None:  # noqa: ARG002 - money is counted by the records
        more = 0 if tokens is None else tokens - self._tokens
        reserved = self.nanos or 0
        for bound in self._bounds:
            meter = bound.meter
            meter.in_flight -= bound.places
            meter.reserved_nanos -= reserved
            if more < 0:
                meter.tokens.take_back(self._second, -more)
            elif more > 0:  # counted as of when it is known, so that it counts for a whole minute
                meter.tokens.advance(now_ns() // _NS_PER_S)
                meter.tokens.add(more)


class MemoryLimiter:
    """A Limiter. `meters` and `ledger` are those of the process, and outlive this one."""

    def __init__(
        self, rules: Rules, meters: Meters, ledger: Ledger, book: SpendBook | None, workers: int = 1, number: int = 0
    ) -> None:
        self._rules = rules
        self._meters = meters
        self._ledger = ledger
        self._book = book
        self._workers = workers
        self._number = number
        self._second = 0
        self._day = self._month = 0
        self._asking: set[asyncio.Task[None]] = set()
        self._plans = Plans(self, rules, self.plan)

    def plan(self, checks: tuple[Check, ...]) -> MemoryPlan:
        return MemoryPlan(tuple(map(self._bound, checks)))

    def admit(self, exchange: Exchange) -> Later | None:
        plan = self._plans.plan_of(exchange)
        if plan is not None:
            if not plan.is_known:
                return self._learn(exchange, plan)
            self._enter(exchange, plan)
        return None

    def admit_by(self, exchange: Exchange, plan: MemoryPlan) -> Later | None:
        if plan.is_known:
            self._enter(exchange, plan)
            return None
        return self._learn(exchange, plan)

    def note(self, record: Record) -> None:
        self._ledger.note(record)

    def _bound(self, check: Check) -> Bound:
        return Bound(check, self._meters.meter(check.subject), shared(check.limits, self._workers, self._number))

    def _learn(self, exchange: Exchange, plan: MemoryPlan) -> Later:
        """The first time that somebody with a budget comes."""
        later = Later()
        task = asyncio.get_running_loop().create_task(self._ask_book(exchange, plan, later))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return later

    async def _ask_book(self, exchange: Exchange, plan: MemoryPlan, later: Later) -> None:
        self._look_at_date()
        unknown = [bound.meter for bound in plan.bounds if bound.has_budget and bound.meter.opening is None]
        day, month = self._day, self._month
        try:
            if self._book is not None and unknown:
                found = await self._book.spent([meter.subject for meter in unknown], day, month)
                for meter, spent in zip(unknown, found, strict=True):
                    meter.opening = (day, month, spent)
            plan.is_known = True
            if not exchange.is_settled:  # its client may have left
                self._enter(exchange, plan)
        except Exception as error:  # noqa: BLE001 - whoever waits for it hears it
            later.end(error)
        else:
            later.end()

    def _enter(self, exchange: Exchange, plan: MemoryPlan) -> None:
        """Charge the exchange, or raise why not."""
        second = exchange.stamps[-1] // _NS_PER_S
        if second != self._second:
            self._second = second
            self._meters.sweep(second)
            self._look_at_date()
        tokens, nanos = 0, None
        if plan.has_tokens or plan.has_budget:
            tokens, nanos = weight_of(exchange, self._rules, has_budget=plan.has_budget)
        reserving = nanos or 0
        bounds = plan.bounds
        for bound in bounds:
            meter = bound.meter
            if meter.requests.second != second:
                self._meters.advance(meter, second)
            if (
                meter.requests.total >= bound.requests
                or meter.tokens.total + tokens > bound.tokens
                or meter.in_flight >= bound.concurrent
                or (bound.has_budget and not self._affords(bound, reserving))
            ):
                self._refuse(exchange, plan, tokens, reserving)
        for bound in bounds:
            meter = bound.meter
            meter.requests.add(1)
            meter.in_flight += bound.places
            if tokens:
                meter.tokens.add(tokens)
            meter.reserved_nanos += reserving
        exchange.lease = MemoryLease(bounds, second, tokens, nanos)
        exchange.limit_lines = lines_of(plan)

    def _look_at_date(self) -> None:
        """Once a second at most: budgets go by the wall clock, all else by one that does not jump."""
        day = day_of(wall_time())
        if day != self._day:
            self._day, self._month = day, month_of(day)

    # --- budgets ---

    def _affords(self, bound: Bound, nanos: int) -> bool:
        spent = self._spent(bound.meter)
        nanos += bound.meter.reserved_nanos
        return spent.day + nanos <= bound.day and spent.month + nanos <= bound.month

    def _spent(self, meter: Meter) -> Spent:
        before = meter.opening_for(self._day, self._month)
        since = self._ledger.spent(meter.subject, self._day, self._month)
        return Spent(before.day + since.day, before.month + since.month)

    # --- refusing ---

    def _refuse(self, exchange: Exchange, plan: MemoryPlan, tokens: int, nanos: int) -> None:
        for bound in plan.bounds:
            self._meters.advance(bound.meter, self._second)
        refusals = [refusal for bound in plan.bounds for refusal in self._refusals(bound, tokens, nanos)]
        exchange.limit_lines = lines_of(plan)
        worst = min(refusals, key=lambda refusal: (refusal.wait_s != NEVER_S, -refusal.wait_s))
        raise worst.error(tokens, self._workers)

    def _refusals(self, bound: Bound, tokens: int, nanos: int) -> list[Refusal]:
        meter, check = bound.meter, bound.check
        found: list[Refusal] = []

        def no(kind: LimitKind, wait_s: float) -> None:
            found.append(Refusal(wait_s, kind, check))

        now_s = now_ns() / _NS_PER_S
        if meter.requests.total >= bound.requests:
            no("requests", meter.requests.free_at(meter.requests.total + 1 - bound.requests) - now_s)
        if (excess := meter.tokens.total + tokens - bound.tokens) > 0:
            no("tokens", NEVER_S if tokens > bound.tokens else meter.tokens.free_at(excess) - now_s)
        if meter.in_flight >= bound.concurrent:
            no("concurrent", WHEN_ONE_ENDS_S)
        if bound.has_budget:
            spent = self._spent(meter)
            nanos += meter.reserved_nanos
            at = wall_time()
            if spent.day + nanos > bound.day:
                no("day", day_ends_in_s(at))
            if spent.month + nanos > bound.month:
                no("month", month_ends_in_s(at))
        return found
