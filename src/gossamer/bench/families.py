"""Many comparisons in one run: who may be believed when 32 cells are looked at. P-values in, decisions out."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from gossamer.bench.student import NORMAL, stretch

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


def p_above(threshold: float, draws: Sequence[float], units: int) -> float:
    """One-sided: how well the draws of a bootstrap over `units` go with a true value at or below the threshold.

    Corrected as the interval is (see student.stretch), so that the two never contradict each other. Never nought: a
    bootstrap cannot know more than it drew.
    """
    below = sum(draw <= threshold for draw in draws)
    raw = min((below + 1) / (len(draws) + 2), 1 - 1 / (len(draws) + 2))
    return NORMAL.cdf(NORMAL.inv_cdf(raw) / stretch(units, 1 - ALPHA))
