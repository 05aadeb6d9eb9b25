"""What a failure means for what comes next: the same target once more, another one, or the end. Values in, values out.

What a caller has to mend itself is no failure of a target: it goes back to the caller, and nobody else is asked.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gossamer.core.failure import FailureKind


class Verdict(NamedTuple):
    """`again`: the same target may be asked once more, where the route allows retries. `elsewhere`: another one may."""

    again: bool
    elsewhere: bool
    harms: bool
    """Whether it counts against the target, as its circuit sees it."""


VERDICTS: Final[Mapping[FailureKind, Verdict]] = {
    "refused": Verdict(again=True, elsewhere=True, harms=True),
    "unreached": Verdict(again=False, elsewhere=True, harms=True),
    "reset": Verdict(again=True, elsewhere=True, harms=True),
    # Whoever took so long once would take the rest of the deadline as well.
    "late": Verdict(again=False, elsewhere=True, harms=True),
    "limited": Verdict(again=True, elsewhere=True, harms=False),
    "overloaded": Verdict(again=True, elsewhere=True, harms=True),
    "broken": Verdict(again=True, elsewhere=True, harms=True),
    "denied": Verdict(again=False, elsewhere=True, harms=True),
    "unfit": Verdict(again=False, elsewhere=True, harms=False),
    "wrong": Verdict(again=False, elsewhere=False, harms=False),
}

_OF_STATUS: Final[Mapping[int, FailureKind]] = {
    401: "denied",
    402: "denied",
    403: "denied",
    408: "overloaded",
    429: "limited",
    503: "overloaded",
    529: "overloaded",
}


def kind_of_status(status: int) -> FailureKind:
    """Of an answer from 400 on."""
    return _OF_STATUS.get(status) or ("broken" if status >= 500 else "wrong")


FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 2.0
"""What is not over by then is an outage, and those are for other targets."""
MOST_PATIENCE_S: Final = 10.0
"""What a request waits for the sake of `Retry-After`, where no deadline says otherwise: callers have their own."""


def pause_s(tries: int, retry_after_s: float | None, draw: float) -> float:
    """Before the next try of a target that was tried so often. `draw` is from 0 to 1: full jitter, so that those who
    failed together do not come back together. Never before the target itself said to.
    """
    jittered: float = draw * min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (tries - 1))
    return jittered if retry_after_s is None else retry_after_s + jittered * FIRST_PAUSE_S


class RetryBudget:
    """A token bucket: each request pays in a part of a retry, so that retries stay a part of the traffic, whatever is
    down. Paid in when it is asked for, by how many requests there were: those that need no retry pay nothing for it.
    """

    SHARE: Final = 0.2
    """Retries a request, in the long run."""
    MOST: Final = 10.0
    """At once: what one blip may cost."""

    __slots__ = ("_counted", "_tokens")

    def __init__(self) -> None:
        self._tokens = self.MOST
        self._counted = 0

    def take(self, requests: int) -> bool:
        """Whether there may be one more retry; `requests` is how many there ever were."""
        self._tokens = min(self.MOST, self._tokens + (requests - self._counted) * self.SHARE)
        self._counted = requests
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
