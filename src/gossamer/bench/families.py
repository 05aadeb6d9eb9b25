"""Many comparisons in one run: who may be believed when 32 cells are looked at. P-values in, decisions out."""

import math
from collections.abc import Mapping, Sequence
from statistics import stdev
from typing import TypeVar

from gossamer.bench.student import inside

ALPHA = 0.05
Key = TypeVar("Key")


def holm(p_values: Mapping[Key, float], alpha: float = ALPHA) -> set[Key]:
    """Those that are significant when at most one false one in `1/alpha` families is allowed."""
    found: set[Key] = set()
    for position, (key, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        if p > alpha / (len(p_values) - position):
            break
        found.add(key)
    return found


def p_above(threshold: float, centre: float, draws: Sequence[float], units: int) -> float:
    """One-sided: how well a bootstrap over `units` goes with a true value at or below the threshold.

    Student's t of the distance, by the spread of the draws: counting draws could never say less than one over their
    number, and Holm asks for less.
    """
    if units < 2:
        return 1.0
    error = stdev(draws) * math.sqrt(units / (units - 1))
    if error <= 0:
        return 0.0 if centre > threshold else 1.0
    t = (centre - threshold) / error
    half = inside(abs(t), units - 1) / 2
    return 0.5 - half if t > 0 else 0.5 + half
