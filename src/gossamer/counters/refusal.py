"""Why a request is not let in: whose limit, which one, and when to come back."""

from typing import Final, Literal, NamedTuple

from gossamer.core.allowance import NANOS_PER_USD
from gossamer.core.errors import BudgetExceeded, RateLimitExceeded, TokenLimitExceeded
from gossamer.counters.rules import Check

LimitKind = Literal["requests", "tokens", "concurrent", "day", "month"]
LIMIT_KINDS: Final[tuple[LimitKind, ...]] = ("requests", "tokens", "concurrent", "day", "month")

WHEN_ONE_ENDS_S: Final = 1.0
"""Nobody knows when a request under way will end."""
NEVER_S: Final = -1.0
"""It would be too much even if nothing else had been used."""


class Refusal(NamedTuple):
    """One limit that has no room; of several, the one that takes longest to have some."""

    wait_s: float
    kind: LimitKind
    check: Check

    def error(self, asked_tokens: int, share_of: int) -> RateLimitExceeded:
        """In words. `share_of`: how many workers count by themselves."""
        limits, who = self.check.limits, self.check.called
        shared = f" Each of {share_of} workers lets in its share of that." if share_of > 1 else ""
        wait_s = None if self.wait_s == NEVER_S else max(self.wait_s, 0.001)
        if self.kind == "requests":
            return RateLimitExceeded(
                f"{who} may make {limits.requests_per_min} requests a minute, and has made them.{shared} "
                "Wait as long as Retry-After says.",
                retry_after_s=wait_s,
            )
        if self.kind == "concurrent":
            return RateLimitExceeded(
                f"{who} may have {limits.concurrent} requests under way, and has as many.{shared} "
                "Wait until one has ended.",
                retry_after_s=wait_s,
            )
        if self.kind == "tokens":
            what = f"{who} may use {limits.tokens_per_min} tokens a minute, and this request may take {asked_tokens}."
            advice = (
                "Wait as long as Retry-After says, or ask for fewer."
                if wait_s is not None
                else "No wait makes room for it: send less, or ask for fewer by `max_tokens`."
            )
            return TokenLimitExceeded(f"{what}{shared} {advice}", retry_after_s=wait_s)
        budget, period = (limits.nanos_per_day, "day") if self.kind == "day" else (limits.nanos_per_month, "month")
        return BudgetExceeded(
            f"{who} may spend {in_usd(budget or 0)} USD a {period}, and that is spent, or reserved by requests under "
            f"way.{shared} It begins anew with the next {period} (UTC); the operator can raise it.",
            retry_after_s=wait_s,
        )


def in_usd(nanos: int) -> str:
    """With cents, and as many places beyond as it has."""
    whole, rest = divmod(nanos, NANOS_PER_USD)
    return f"{whole}.{f'{rest:09}'.rstrip('0').ljust(2, '0')}"
