"""Whether a server is asked now: its breaker, told by how calls and connections end. Nothing here waits or polls.

A server that cannot be reached is left alone at once; one that is late, or falls over its work, after a few in a row.
"""

from typing import Final

from gossamer.policy.breaker import Breaker

_STUMBLES: Final = 3
"""In a row. One slow call is a slow call, one crash is a crash; so many are a server that hangs or breaks each time."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
"""Starting a process that ends at once costs more than asking an address, so the pauses grow longer than elsewhere."""


class Gate:
    """One server's."""

    __slots__ = ("_breaker", "_stumbles")

    def __init__(self) -> None:
        self._breaker = Breaker(first_pause_s=FIRST_PAUSE_S, longest_pause_s=LONGEST_PAUSE_S)
        self._stumbles = 0

    @property
    def is_shut(self) -> bool:
        return self._breaker.state != "closed"

    def admits(self, now: float) -> bool:
        """Whether to go ahead. While it is half open, one is let through, and the others are told no."""
        if self._breaker.state == "open" and now >= self._breaker.due_at:
            self._breaker.hear("due", now)
            return True
        return self._breaker.state == "closed"

    def wait_s(self, now: float) -> float:
        """Until it is tried again."""
        return max(0.0, self._breaker.due_at - now)

    def answered(self, now: float) -> None:
        self._stumbles = 0
        self._breaker.hear("answered", now)

    def lost(self, now: float) -> None:
        """No session can be had with it."""
        self._stumbles = 0
        self._breaker.hear("failed", now)

    def stumbled(self, now: float) -> None:
        """No answer in time, or its session ended in the middle of one."""
        self._stumbles += 1
        if self._stumbles >= _STUMBLES or self._breaker.state == "half open":
            self.lost(now)

    def given_up(self, now: float) -> None:
        """Whoever was let through has left before it was known: the next one tries."""
        if self._breaker.state == "half open":
            self._breaker.hear("failed", now)
            self._breaker.due_at = now
