"""How an attempt at a target can fail, in one word each, and what comes after it."""

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from gossamer.core.ports import Target

FailureKind = Literal[
    "refused",
    "unreached",
    "reset",
    "late",
    "limited",
    "overloaded",
    "broken",
    "denied",
    "unfit",
    "wrong",
]
"""refused: no connection, nothing was sent. unreached: none in time. reset: sent, and no whole answer. late: too slow.
limited: 429. overloaded: 408, 503, 529. broken: any other 5xx. denied: the gateway's own key. unfit: what was asked
cannot be said to this target. wrong: the caller's own to mend.
"""


class Failure(msgspec.Struct, frozen=True):
    """Of one attempt, before the caller was sent a byte."""

    kind: FailureKind
    retry_after_s: float | None = None


class Step(msgspec.Struct, frozen=True):
    """The next attempt: whom to ask, and how long to wait before."""

    target: "Target"
    pause_s: float = 0.0
