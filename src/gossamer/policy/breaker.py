"""Whether to ask somebody who may be down. A table of states, and the pauses between two tries; the time is handed in.

closed     it is asked
open       it is not: there was no answer in time, or none at all
half open  one try is under way, with nothing at stake
"""

from collections.abc import Mapping
from typing import Final, Literal

State = Literal["closed", "open", "half open"]
Event = Literal["answered", "failed", "due"]

TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = {
    "closed": {"answered": "closed", "failed": "open", "due": "closed"},
    # An answer that comes late was asked for before: it says nothing of the next one.
    "open": {"answered": "open", "failed": "open", "due": "half open"},
    "half open": {"answered": "closed", "failed": "open", "due": "half open"},
}

FIRST_PAUSE_S: Final = 0.1
"""Most outages are a restart."""
LONGEST_PAUSE_S: Final = 1.0
"""So that it is noticed within about a second that all is well again."""
STEADY_S: Final = 5.0
"""Closed for so long, it is well. One that fails sooner goes on with the pauses that it had."""


class Breaker:
    """One of whom answers are expected."""

    __slots__ = ("_closed_at", "_first_pause_s", "_longest_pause_s", "_pause_s", "due_at", "state")

    def __init__(self, *, first_pause_s: float = FIRST_PAUSE_S, longest_pause_s: float = LONGEST_PAUSE_S) -> None:
        self.state: State = "closed"
        self.due_at = 0.0
        """While open: when to try again."""
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._pause_s = first_pause_s
        self._closed_at = -STEADY_S

    def hear(self, event: Event, now: float) -> State:
        """What happened, and the state that follows."""
        before, self.state = self.state, TRANSITIONS[self.state][event]
        if self.state == "closed" and before != "closed":
            self._closed_at = now
        elif self.state == "open" and before != "open":
            if before == "closed" and now - self._closed_at >= STEADY_S:
                self._pause_s = self._first_pause_s
            self.due_at = now + self._pause_s
            self._pause_s = min(2 * self._pause_s, self._longest_pause_s)
        return self.state
