"""Student's t, for intervals from few blocks: pure Python, whole degrees of freedom, which is all that a run has."""

import math
from functools import cache
from statistics import NormalDist

NORMAL = NormalDist()
_HALVINGS = 60
"""Of a bracket of 1,000: far below what a float can hold."""


def inside(t: float, freedom: int) -> float:
    """How likely it is that |T| is below `t`: the closed forms of Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    squared = math.cos(angle) ** 2
    is_odd = freedom % 2
    if freedom == 1:
        return 2 * angle / math.pi
    total = term = math.cos(angle) if is_odd else 1.0
    for step in range(3 if is_odd else 2, freedom - 1, 2):
        term *= (step - 1) / step * squared
        total += term
    found = math.sin(angle) * total
    return 2 / math.pi * (angle + found) if is_odd else found


@cache
def t_quantile(confidence: float, freedom: int) -> float:
    """The t that holds so much between itself and its negative."""
    low, high = 0.0, 1000.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle, freedom) < confidence else (low, middle)
    return low


def stretch(units: int, confidence: float) -> float:
    """How much wider a percentile bootstrap over few units has to be: Hesterberg's expanded percentiles.

    Drawing n units again makes a spread that is too small by sqrt((n-1)/n), and takes the normal for the t.
    """
    if units < 2:
        return math.inf
    normal = NORMAL.inv_cdf((1 + confidence) / 2)
    return t_quantile(confidence, units - 1) / normal * math.sqrt(units / (units - 1))


@cache
def bootstrap_tail(units: int, confidence: float) -> float:
    """Which quantile of the draws, and one minus it, are the ends of an interval that holds `confidence`."""
    if units < 2:
        return 0.0
    return NORMAL.cdf(-stretch(units, confidence) * NORMAL.inv_cdf((1 + confidence) / 2))
