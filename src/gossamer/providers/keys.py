"""The keys of one provider that has several: in turn, but for those that have reached their limit or were told to wait.

A provider with a single key and no limit for it has none of this: its key is part of its rendered head.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from gossamer.policy.window import Window

UNTOLD_PAUSE_S: Final = 1.0
"""Of a key whose 429 says nothing of when: short, since nobody knows."""
LONGEST_PAUSE_S: Final = 60.0
"""Limits are a minute's: whatever is said beyond is a guess, and one request a minute finds out."""


class ProviderKey(msgspec.Struct, frozen=True):
    """`requests_per_min` is the share of this worker."""

    secret: str
    requests_per_min: int | None = None

    def __repr__(self) -> str:
        return "ProviderKey(...)"


class KeyRing:
    """Places instead of keys: how a key is said to the provider is the provider's business."""

    def __init__(self, keys: Sequence[ProviderKey]) -> None:
        self.count = len(keys)
        self._limits = [key.requests_per_min for key in keys]
        self._windows = [Window() if key.requests_per_min is not None else None for key in keys]
        self._free_at = [0.0] * len(keys)
        self._is_plain = all(limit is None for limit in self._limits)
        """No key has to be looked at: neither is any limited, nor told to wait."""
        self._place = -1

    def take(self, now: float) -> int:
        """The place of the key for the next request. Where none is free, that which will be first."""
        if self._is_plain:
            self._place = place = (self._place + 1) % self.count
            return place
        self._place = place = self._pick(now)
        window = self._windows[place]
        if window is not None:
            window.advance(int(now))
            window.add(1)
        return place

    def rest(self, place: int, pause_s: float | None, now: float) -> None:
        """The provider answered 429 to this one."""
        pause_s = UNTOLD_PAUSE_S if pause_s is None else min(pause_s, LONGEST_PAUSE_S)
        self._free_at[place] = max(self._free_at[place], now + pause_s)
        self._is_plain = False

    def has_free(self, now: float) -> bool:
        return any(self._wait_s(place, now) <= 0 for place in range(self.count))

    def _pick(self, now: float) -> int:
        turn = [(self._place + 1 + step) % self.count for step in range(self.count)]
        waits = [self._wait_s(place, now) for place in turn]
        if max(waits) <= 0 and all(limit is None for limit in self._limits):
            self._is_plain = True
        return turn[waits.index(min(waits))]

    def _wait_s(self, place: int, now: float) -> float:
        wait_s = max(0.0, self._free_at[place] - now)
        window, limit = self._windows[place], self._limits[place]
        if window is not None and limit is not None:
            window.advance(int(now))
            if window.total >= limit:
                wait_s = max(wait_s, window.free_at(window.total + 1 - limit) - now)
        return wait_s
