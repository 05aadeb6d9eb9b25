"""Quantiles through a hop, over rounds drawn again."""

import random

import pytest

from gossamer.bench.statistics import Interval
from gossamer.bench.tails import UNBOUNDED, Drawn, aa_noise, aa_noise_of_centres, added, ratio, ratio_of_centres


def blocks_of(chance: random.Random, centre: float, rounds: int = 15, size: int = 400) -> list[list[int]]:
    return [[int(chance.lognormvariate(0, 0.5) * 1000 + centre) for _ in range(size)] for _ in range(rounds)]


def test_the_same_luck_in_both_arms_cancels_out():
    base = blocks_of(random.Random(1), 0)
    through = [[value + 2000 for value in block] for block in base]
    assert added(0.99, base, through, random.Random(2), draws=100).interval == Interval(2000, 2000, 2000, 0.95)


def test_nothing_added_is_nothing_found_nineteen_times_of_twenty():
    holds = 0
    for seed in range(40):
        chance = random.Random(seed)
        found = added(0.9, blocks_of(chance, 0, 12, 80), blocks_of(chance, 0, 12, 80), chance, draws=200).interval
        holds += found.low <= 0 <= found.high
    assert holds >= 36


def test_one_disturbed_round_widens_the_interval_of_a_tail():
    chance = random.Random(2)
    base, calm = blocks_of(chance, 0), blocks_of(chance, 100)
    disturbed = [*calm[:-1], [value + 50_000 for value in calm[-1]]]
    narrow = added(0.99, base, calm, random.Random(3), draws=200).interval
    wide = added(0.99, base, disturbed, random.Random(3), draws=200).interval
    assert wide.smallest_effect > 5 * narrow.smallest_effect


def shifted(rows: list[list[int]], by: int) -> list[list[int]]:
    return [[value + by for value in row] for row in rows]


def test_a_ratio_is_of_what_is_added_not_of_what_is_measured():
    base = blocks_of(random.Random(1), 50_000)
    found = ratio(0.99, base, shifted(base, 1000), shifted(base, 1300), random.Random(2), draws=100)
    assert found.interval == Interval(1.3, 1.3, 1.3, 0.95)


def test_a_ratio_to_nothing_has_no_bound():
    base = blocks_of(random.Random(1), 0)
    assert ratio(0.5, base, base, shifted(base, 10), random.Random(2), draws=20).centre == UNBOUNDED


def test_a_ratio_of_centres_bears_a_wild_round():
    old, new = [10.0] * 9 + [500.0], [13.0] * 9 + [2.0]
    found = ratio_of_centres(old, new, random.Random(2), draws=50)
    assert found.centre == pytest.approx(1.3)


def test_the_noise_floor_is_what_a_way_differs_from_itself_by():
    base = blocks_of(random.Random(1), 0)
    assert aa_noise(0.9, base, shifted(base, 30), random.Random(2), draws=50) == 30
    assert aa_noise_of_centres([-30.0] * 10, random.Random(2), draws=50) == 30


def test_one_round_decides_nothing():
    found = Drawn(2.0, (2.0, 2.0), 1)
    assert found.interval == Interval(2.0, 2.0, 2.0, 0.0)
    assert found.p_above(0.0) == 1.0


def test_few_rounds_do_not_claim_what_they_cannot_hold():
    held = [Drawn(2.0, (1.0, 3.0), rounds).interval.confidence for rounds in (2, 5, 6, 10)]
    assert held == [0.5, 0.9375, 0.95, 0.95]


def test_the_p_value_and_the_interval_do_not_contradict_each_other():
    """Where the lower end lies on the threshold, one side holds what an interval leaves out on one side."""
    chance = random.Random(1)
    draws = tuple(sorted(chance.gauss(1.0, 0.1) for _ in range(20_000)))
    found = Drawn(1.0, draws, 10)
    assert found.p_above(found.interval.low) == pytest.approx(0.025, abs=0.004)
