"""The cells of the matrix: what is asked, how much at once, and what the provider is told to take for it.

A cell belongs to one lane, and lanes are never mixed: see docs/adr/0011-what-overhead-is.md.
"""

from enum import StrEnum
from math import ceil

import msgspec

TTFT_MS, GAP_MS, TOKENS = 50, 10, 20
"""The latency lane's provider: well above what any hop adds, so that all ways run at nearly the same rate."""
SPREAD = "uniform:0.2"
"""Of its times, each way. With one constant time the requests of a closed loop would march in step."""
HANG_MS = 5_000
"""A provider that is asked to hang answers after all, so late that a gateway's limit of a second comes first."""

_AROUND_S = 0.08
"""Around a block: to render its requests, to rest, to look at the machine."""
_SLOWEST = 1.1
"""A block of many at once ends with the connection that drew the longest times."""


class Lane(StrEnum):
    """What a cell is for."""

    LATENCY = "latency"
    FLOOR = "floor"
    CAPACITY = "capacity"
    ERRORS = "errors"


class Dialect(StrEnum):
    """Whose words are spoken."""

    CHAT = "chat"
    RESPONSES = "responses"
    MESSAGES = "messages"


class Cell(msgspec.Struct, frozen=True):
    """One point of the matrix. `requests` are kept of each block; a rate makes the loop an open one."""

    lane: Lane
    concurrency: int
    requests: int
    body_bytes: int = 1_000
    is_stream: bool = False
    dialect: Dialect = Dialect.CHAT
    rate_per_s: int = 0
    fault: str = ""
    tokens: int = TOKENS
    """Of each answer."""

    @property
    def name(self) -> str:
        """Unique within a profile, and the same in every run."""
        load = f"{self.rate_per_s}/s" if self.rate_per_s else f"c{self.concurrency}"
        form = f"sse{'' if self.tokens == TOKENS else self.tokens}" if self.is_stream else "json"
        words = [self.lane, self.dialect, form, size_name(self.body_bytes), load]
        return " ".join([*words, self.fault] if self.fault else words)

    @property
    def is_timed_by_provider(self) -> bool:
        """Whether the provider takes time, and stamps what it does."""
        return self.lane is Lane.LATENCY

    @property
    def service_words(self) -> str:
        """What the provider is told in the prompt."""
        if self.is_timed_by_provider:
            return f"ttft-ms={TTFT_MS} gap-ms={GAP_MS} tokens={self.tokens} jitter={SPREAD} stamp=1"
        return f"tokens={self.tokens} fault={self.fault}" if self.fault else f"tokens={self.tokens}"

    @property
    def warm(self) -> int:
        """Requests in front of those that are kept: one for each connection, and a fifth of quick ones."""
        if self.lane is Lane.ERRORS:
            return 0
        is_quick = not self.is_stream and not self.is_timed_by_provider
        return self.concurrency + (self.requests // 5 if is_quick else 0)

    @property
    def block_s(self) -> float:
        """About how long a block takes, for the time that is left; a gateway may be slower."""
        total = self.requests + self.warm
        if self.rate_per_s:
            return total / self.rate_per_s + _AROUND_S
        if self.fault.startswith("slow-first"):
            return HANG_MS / 1000
        if not self.is_timed_by_provider:
            return total * 0.0002 + _AROUND_S
        answer_s = (TTFT_MS + GAP_MS * self.tokens * self.is_stream) / 1000
        return ceil(total / self.concurrency) * answer_s * (_SLOWEST if self.concurrency > 1 else 1) + _AROUND_S


def size_name(count: int) -> str:
    """1 KB is 1,000 bytes."""
    return f"{count // 1000}KB" if count >= 1000 else f"{count}B"
