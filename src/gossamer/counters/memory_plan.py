"""What one request touches of this process's meters, and what its answer says of them."""

from typing import Final

from gossamer.core.allowance import Limits
from gossamer.counters.lines import request_lines, token_lines
from gossamer.counters.meters import Meter
from gossamer.counters.plans import has_budget, has_tokens
from gossamer.counters.rules import Check

_BOUNDLESS: Final = 1 << 62
"""No limit, as a number that nothing reaches: one comparison for both cases."""


class Bound:
    """A subject's meter, and what this worker may let in."""

    __slots__ = ("check", "concurrent", "day", "has_budget", "meter", "month", "places", "requests", "shares", "tokens")

    def __init__(self, check: Check, meter: Meter, shares: Limits) -> None:
        self.check = check
        self.meter = meter
        self.shares = shares
        self.places = 1 if check.takes_place else 0
        """That the request takes."""
        self.requests = _or_boundless(shares.requests_per_min)
        self.tokens = _or_boundless(shares.tokens_per_min)
        self.concurrent = _or_boundless(shares.concurrent)
        self.day = _or_boundless(shares.nanos_per_day)
        self.month = _or_boundless(shares.nanos_per_month)
        self.has_budget = shares.nanos_per_day is not None or shares.nanos_per_month is not None


class MemoryPlan:
    """What one request touches."""

    __slots__ = ("bounds", "has_budget", "has_tokens", "is_known", "requests", "tokens")

    def __init__(self, bounds: tuple[Bound, ...]) -> None:
        checks = [bound.check for bound in bounds]
        self.bounds = bounds
        self.has_tokens = has_tokens(checks)
        self.has_budget = has_budget(checks)
        self.requests = tuple(bound for bound in bounds if bound.shares.requests_per_min is not None)
        self.tokens = tuple(bound for bound in bounds if bound.shares.tokens_per_min is not None)
        self.is_known = not self.has_budget
        """Whether it is known what was spent before."""


def _or_boundless(limit: int | None) -> int:
    return _BOUNDLESS if limit is None else limit


def lines_of(plan: MemoryPlan) -> str:
    lines = ""
    if plan.requests:
        bound = plan.requests[0] if len(plan.requests) == 1 else min(plan.requests, key=_requests_left)
        window = bound.meter.requests
        lines = request_lines(bound.requests, bound.requests - window.total, window.reset_s)
    if plan.tokens:
        bound = plan.tokens[0] if len(plan.tokens) == 1 else min(plan.tokens, key=_tokens_left)
        window = bound.meter.tokens
        lines += token_lines(bound.tokens, bound.tokens - window.total, window.reset_s)
    return lines


def _requests_left(bound: Bound) -> int:
    return bound.requests - bound.meter.requests.total


def _tokens_left(bound: Bound) -> int:
    return bound.tokens - bound.meter.tokens.total
