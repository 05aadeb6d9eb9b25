"""Simulated runs whose truth is known: does a 95 % interval hold it 93 to 97 times in a hundred?

Seeded, so that the answer is the same each time. Rounds are few and blocks small, as in a short run.
"""

import random
from collections.abc import Callable

import pytest

from gossamer.bench.statistics import Interval, hodges_lehmann
from gossamer.bench.tails import added, ratio_of_centres

RUNS = 1000
ROUNDS, SIZE = 10, 30
DRAWS = 240
US = 1000
"""Latencies are in whole nanoseconds, and some microseconds long."""
Rows = list[list[int]]


def way(chance: random.Random, luck_us: list[float], adds_us: float, size: int = SIZE) -> Rows:
    """Blocks of log-normal latencies: the luck of a round is shared by all ways, a little is each way's own."""
    return [
        [round(US * (100 * chance.lognormvariate(0, 0.5) + luck + own + adds_us)) for _ in range(size)]
        for luck in luck_us
        for own in [chance.gauss(0, 5)]
    ]


def luck_of(chance: random.Random) -> list[float]:
    return [chance.gauss(0, 30) for _ in range(ROUNDS)]


def share_held(truth: float, run: Callable[[random.Random], Interval]) -> float:
    held = 0
    for seed in range(RUNS):
        found = run(random.Random(seed))
        held += found.low <= truth <= found.high
    return held / RUNS


@pytest.mark.parametrize("rounds", [7, 10, 15])
def test_the_centre_of_skewed_luck(rounds: int):
    """Block deltas as they are: symmetric luck with a heavy tail now and then."""

    def run(chance: random.Random) -> Interval:
        return hodges_lehmann([5 + chance.gauss(0, 1) * (4 if chance.random() < 0.1 else 1) for _ in range(rounds)])

    assert 0.93 <= share_held(5.0, run) <= 0.97


@pytest.mark.parametrize(("q", "size"), [(0.9, SIZE), (0.95, 42), (0.99, 130)])
def test_a_tail_that_is_raised(q: float, size: int):
    """Of p95 and p99 with as many requests as it takes to judge them."""

    def run(chance: random.Random) -> Interval:
        luck = luck_of(chance)
        return added(q, way(chance, luck, 0, size), way(chance, luck, 50, size), chance, DRAWS).interval

    assert 0.93 <= share_held(50 * US, run) <= 0.97


def test_a_ratio_of_centres():
    """As the gate takes it: of what each of two ways adds to a block's median."""

    def run(chance: random.Random) -> Interval:
        old = [1500 + chance.gauss(0, 150) for _ in range(ROUNDS)]
        new = [1800 + chance.gauss(0, 150) for _ in range(ROUNDS)]
        return ratio_of_centres(old, new, chance, DRAWS).interval

    assert 0.93 <= share_held(1.2, run) <= 0.97
