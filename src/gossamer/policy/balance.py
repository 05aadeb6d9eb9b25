"""Which of several good targets to ask. Numbers in, the place of one out; what is random is handed in.

Before this comes whether a target can be asked at all, and behind it the next priority: neither is decided here.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

HALF_LIFE_S: Final = 10.0
"""In which what was measured loses half of its say, and what was not asked half of its bad name."""
_HASH_BYTES: Final = 8


def weighted(reaches: Sequence[int], draw: float) -> int:
    """By chance, each as often as it weighs. `reaches`: the sum of all weights up to each place, its own included."""
    return min(bisect_right(reaches, draw * reaches[-1]), len(reaches) - 1)


def least_busy(busy: Sequence[int], weights: Sequence[int], turn: int) -> int:
    """The one with the fewest requests for what it weighs; where several have, in turn."""
    loads = [under_way / weight for under_way, weight in zip(busy, weights, strict=True)]
    least = min(loads)
    idlest = [place for place, load in enumerate(loads) if load == least]
    return idlest[turn % len(idlest)]


class Latency:
    """A decayed average. What is not asked for a while becomes worth a try again."""

    __slots__ = ("_asked_at", "_heard_at", "_mean_s")

    def __init__(self) -> None:
        self._mean_s: float | None = None
        self._heard_at = 0.0
        self._asked_at = 0.0

    def asked(self, now: float) -> None:
        self._asked_at = now

    def heard(self, took_s: float, now: float) -> None:
        if self._mean_s is None:
            self._mean_s = took_s
        else:
            # Samples of one moment share their say, or the last one of a burst would have all of it.
            share: float = 1 - 0.5 ** (max(now - self._heard_at, 0.02) / HALF_LIFE_S)
            self._mean_s += (took_s - self._mean_s) * share
        self._heard_at = now

    def score(self, busy: int, now: float) -> float:
        """The less, the better. One try at a time finds out about a target that nobody knows."""
        if self._mean_s is None:
            return math.inf if busy else 0.0
        faded: float = 0.5 ** (max(0.0, now - self._asked_at) / HALF_LIFE_S)
        return self._mean_s * faded


def lowest(scores: Sequence[float], turn: int) -> int:
    """The place of the least; where nobody is known yet, in turn."""
    least = min(scores)
    return turn % len(scores) if math.isinf(least) else scores.index(least)


def keeper(of: bytes, names: Sequence[bytes], weights: Sequence[int]) -> int:
    """Always the same one for a session or key, in each worker and on each node; where one goes, only its own move."""
    scores = [weight / -math.log(_share(of, name)) for name, weight in zip(names, weights, strict=True)]
    return scores.index(max(scores))


def _share(of: bytes, name: bytes) -> float:
    digest = blake2b(of, digest_size=_HASH_BYTES, key=name[:64]).digest()
    return (int.from_bytes(digest) + 1) / ((1 << 8 * _HASH_BYTES) + 2)
