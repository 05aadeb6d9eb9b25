"""Numbers in, numbers out: quantiles and the intervals that the gate decides on.

Rounds and blocks are the unit of every interval, never single requests: the requests of one block share its luck.
Nothing here reads a clock or a file. Tails, which take chance, are in tails.py.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

CONFIDENCE = 0.95
POWER_FACTOR = (1.96 + 0.84) / 1.96
"""A 95 % half-width times this is what a run finds four times in five (normal quantiles of 97.5 % and 80 %)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and where it may lie. `confidence` is what the interval truly holds, not what was wished for."""

    centre: float
    low: float
    high: float
    confidence: float

    @property
    def smallest_effect(self) -> float:
        """The smallest difference that a run as noisy as this one would have seen, four times in five."""
        return (self.high - self.low) / 2 * POWER_FACTOR

    def times(self, factor: float) -> "Interval":
        """The same in another unit."""
        return Interval(self.centre * factor, self.low * factor, self.high * factor, self.confidence)


def quantile(ordered: Sequence[int], q: float) -> int:
    """The nearest-rank quantile of sorted values: always one that was observed."""
    if not ordered:
        raise ValueError("no quantile of nothing")
    return ordered[_rank(q, len(ordered)) - 1]


def median(values: Sequence[float]) -> float:
    """The middle, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The median between two order statistics, whatever the shape. Under six values it holds less than 95 %."""
    ordered = sorted(values)
    n = len(ordered)
    tails = [2 * sum(math.comb(n, i) for i in range(cut + 1)) / 2**n for cut in range((n + 1) // 2)]
    cut = max((i for i, tail in enumerate(tails) if tail <= 1 - confidence), default=0)
    return Interval(median(ordered), ordered[cut], ordered[n - 1 - cut], max(0.0, 1 - tails[cut]))


def centre(values: Sequence[float]) -> float:
    """Hodges and Lehmann's: the median of all pairwise means, steady as a mean, and one wild value in four is borne."""
    return median([(a + b) / 2 for i, a in enumerate(values) for b in values[i:]])


def hodges_lehmann(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The median of all pairwise means, with the interval of Wilcoxon's signed-rank test."""
    means = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
    critical, tail = _signed_rank_cut(len(values), (1 - confidence) / 2)
    return Interval(median(means), means[critical], means[-1 - critical], max(0.0, 1 - 2 * tail))


@cache
def _signed_rank_cut(n: int, tail: float) -> tuple[int, float]:
    """The largest rank sum whose lower tail is at most `tail` (else 0), and the tail that it has."""
    within, seen, best = 2**n * tail, 0, (0, 1 / 2**n)
    for rank_sum, ways in enumerate(_rank_sums(n)):
        seen += ways
        if seen > within:
            break
        best = (rank_sum, seen / 2**n)
    return best


def _rank_sums(n: int) -> list[int]:
    """How many subsets of 1..n have each sum."""
    ways = [1] + [0] * (n * (n + 1) // 2)
    for rank in range(1, n + 1):
        for total in range(len(ways) - 1, rank - 1, -1):
            ways[total] += ways[total - rank]
    return ways


class Blocks:
    """Samples that know their block, so that whole blocks can be drawn again without sorting again."""

    __slots__ = ("_blocks", "_descending", "_values")

    def __init__(self, blocks: Sequence[Sequence[int]]) -> None:
        self._blocks = [sorted(block) for block in blocks]
        self._descending = sorted(((v, b) for b, block in enumerate(blocks) for v in block), reverse=True)
        self._values = sorted({value for value, _ in self._descending})

    def quantile(self, q: float, weights: Sequence[int] | None = None) -> int:
        """The nearest-rank quantile when block b is present `weights[b]` times."""
        drawn = weights or [1] * len(self._blocks)
        total = sum(len(block) * weight for block, weight in zip(self._blocks, drawn, strict=True))
        if not total:
            raise ValueError("no quantile of nothing")
        above = total - _rank(q, total)
        return self._walk(above, drawn) if above < _WALKED else self._halve(total - above, drawn)

    def _walk(self, above: int, drawn: Sequence[int]) -> int:
        """From the top: a tail is short."""
        for value, block in self._descending:
            above -= drawn[block]
            if above < 0:
                return value
        raise ValueError("no quantile of nothing")

    def _halve(self, rank: int, drawn: Sequence[int]) -> int:
        """By halving, each block counted by itself: for what lies deeper."""
        present = [(block, weight) for block, weight in zip(self._blocks, drawn, strict=True) if weight]
        values, low, high = self._values, 0, len(self._values) - 1
        while low < high:
            middle = (low + high) // 2
            value = values[middle]
            if sum(bisect_right(block, value) * weight for block, weight in present) >= rank:
                high = middle
            else:
                low = middle + 1
        return values[low]


_WALKED = 150
"""Values from the top that are passed in the time of one halving."""


def _rank(q: float, n: int) -> int:
    """From 1. Rounded first: 0.99 times 300 is 297, not a hair above it."""
    return min(n, max(1, math.ceil(round(q * n, 9))))
