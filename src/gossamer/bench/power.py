"""What a run can see: how many requests a quantile takes, and how small a change shows with those that there are.

For log-normal latencies, which is what service times mostly are; below the number a figure is shown and not judged.
"""

import math

from gossamer.bench.student import NORMAL

SIGMA = 0.5
"""Of the logarithm: the spread of a service under moderate load."""
EFFECT = 0.20
POWER = 0.80
_SIDE = 0.95
"""One side: a regression is looked for, not a change."""


def requests_needed(q: float, effect: float = EFFECT, sigma: float = SIGMA) -> int:
    """In each arm, to see the quantile rise by `effect` four times in five."""
    return math.ceil(2 * (_reach(q, sigma) / math.log1p(effect)) ** 2)


def effect_seen(q: float, requests: int, sigma: float = SIGMA) -> float:
    """The smallest relative rise of the quantile that so many requests in each arm show four times in five."""
    return math.expm1(_reach(q, sigma) / math.sqrt(requests / 2)) if requests else math.inf


def _reach(q: float, sigma: float) -> float:
    """Standard errors that must lie between, times that of a logarithm's quantile from one request."""
    errors = NORMAL.inv_cdf(_SIDE) + NORMAL.inv_cdf(POWER)
    return errors * sigma * math.sqrt(q * (1 - q)) / NORMAL.pdf(NORMAL.inv_cdf(q))
