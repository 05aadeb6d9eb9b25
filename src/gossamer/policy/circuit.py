"""Whether a target is worth asking, from how it has answered. A table of states, and a window over the last 30 seconds.

closed     it is asked, and its answers are counted
open       it is not asked
half open  the pause is over: one request at a time tries whether all is well again

The time is handed in, in seconds of a clock that does not jump.
"""

import math
from collections.abc import Mapping
from typing import Final, Literal

State = Literal["closed", "open", "half open"]
Event = Literal["tripped", "due", "recovered", "failed"]

TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = {
    "closed": {"tripped": "open", "due": "closed", "recovered": "closed", "failed": "closed"},
    "open": {"tripped": "open", "due": "half open", "recovered": "open", "failed": "open"},
    "half open": {"tripped": "half open", "due": "half open", "recovered": "closed", "failed": "open"},
}

BUCKET_S: Final = 3.0
BUCKETS: Final = 10
"""30 s: long enough for a judgement on a target that is asked now and then."""
LEAST_SAMPLES: Final = 10
"""Fewer say nothing: two failures of three may be chance."""
WORST_SHARE: Final = 0.5
MOST_REFUSALS: Final = 5
"""In a row: nobody listens there, and no share is needed to know it."""
PROBES: Final = 2
"""Good answers in a row that close it again: one may be luck."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 5.0
"""Between two probes: a target that is back is noticed within 10 s, with room for the probe itself."""
PROBE_LASTS_S: Final = 30.0
"""A probe that nobody heard of again stands in nobody's way for longer."""


class Circuit:
    """Of one target, as one worker sees it."""

    __slots__ = (
        "_bad",
        "_bucket",
        "_bucket_ends",
        "_good",
        "_pause_s",
        "_probes",
        "_probing_since",
        "_refusals",
        "_since",
        "due_at",
        "state",
    )

    def __init__(self) -> None:
        self.state: State = "closed"
        self.due_at = 0.0
        """While open: when to try again."""
        self._good = [0] * BUCKETS
        self._bad = [0] * BUCKETS
        self._bucket = 0
        self._bucket_ends = 0.0
        self._refusals = 0
        self._probes = 0
        self._probing_since: float | None = None
        self._pause_s = FIRST_PAUSE_S
        self._since = -math.inf
        """The last change of state: what was asked before it says nothing of now."""

    # --- what is asked ---

    def admits(self, now: float) -> bool:
        """Whether a request may go there now. Whoever goes says so by `asked`."""
        if self.state == "open" and now >= self.due_at:
            self._hear("due", now)
        if self.state == "half open":
            return self._probing_since is None or now - self._probing_since > PROBE_LASTS_S
        return self.state == "closed"

    # --- what happens ---

    def asked(self, now: float) -> None:
        if self.state == "half open":
            self._probing_since = now

    def good(self, asked_at: float, now: float) -> None:
        if asked_at < self._since:
            return
        self._refusals = 0
        if self.state == "closed":
            self._good[self._bucket % BUCKETS if now < self._bucket_ends else self._advance(now)] += 1
        elif self.state == "half open":
            self._probing_since = None
            self._probes += 1
            if self._probes >= PROBES:
                self._hear("recovered", now)

    def begun(self, asked_at: float, now: float) -> None:
        """An answer that may take minutes has begun: what waits for the word of a probe need not wait for its end."""
        if self.state == "half open":
            self.good(asked_at, now)

    def bad(self, asked_at: float, now: float, draw: float, *, is_refusal: bool = False) -> None:
        """`draw`, from 0 to 1, sets workers and nodes apart in when they try again."""
        if asked_at < self._since:
            return
        self._refusals = self._refusals + 1 if is_refusal else 0
        if self.state == "closed":
            bucket = self._advance(now)
            self._bad[bucket] += 1
            if self._refusals >= MOST_REFUSALS or self._is_too_bad():
                self.trip(now, draw)
        elif self.state == "half open":
            self._hear("failed", now)
            self._wait(now, draw)

    def left(self) -> None:
        """A request that was asked ended without a word on the target: its client left."""
        self._probing_since = None

    def trip(self, now: float, draw: float) -> None:
        """By its own count, or on the word of another worker."""
        if self.state == "closed":
            self._hear("tripped", now)
            self._pause_s = FIRST_PAUSE_S
            self._wait(now, draw)

    def hurry(self, now: float) -> None:
        """Another worker found it well: to be tried at once."""
        if self.state == "open":
            self.due_at = now

    def was_well_lately(self, now: float) -> bool:
        """Whether there was a good answer in the bucket under way: better than any hearsay."""
        return self.state == "closed" and self._good[self._advance(now)] > 0

    # --- inside ---

    def _hear(self, event: Event, now: float) -> None:
        self.state = TRANSITIONS[self.state][event]
        self._since = now
        self._probing_since = None
        if event != "due":
            self._probes = self._refusals = 0
            self._good = [0] * BUCKETS
            self._bad = [0] * BUCKETS

    def _wait(self, now: float, draw: float) -> None:
        self.due_at = now + self._pause_s * (0.5 + draw / 2)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _advance(self, now: float) -> int:
        """The bucket of now, with those that are over emptied."""
        bucket = int(now / BUCKET_S)
        passed = bucket - self._bucket
        if passed > 0:
            for over in range(min(passed, BUCKETS)):
                self._good[(bucket - over) % BUCKETS] = self._bad[(bucket - over) % BUCKETS] = 0
            self._bucket = bucket
            self._bucket_ends = (bucket + 1) * BUCKET_S
        return self._bucket % BUCKETS

    def _is_too_bad(self) -> bool:
        bad = sum(self._bad)
        samples = bad + sum(self._good)
        return samples >= LEAST_SAMPLES and bad >= samples * WORST_SHARE
