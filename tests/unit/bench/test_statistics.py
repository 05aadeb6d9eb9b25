"""Against published tables and examples, and against the slow and obvious way."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.bench.statistics import (
    Blocks,
    Interval,
    hodges_lehmann,
    median,
    median_interval,
    quantile,
)

DEPRESSION = [0.952, -0.147, 1.022, 0.430, 0.620, 0.590, 0.490, -0.080, 0.010]
"""Hamilton depression scale factor IV before and after treatment: Hollander & Wolfe, section 3.1."""


def test_hodges_lehmann_gives_the_textbook_answer():
    found = hodges_lehmann(DEPRESSION)
    assert (found.centre, found.low, found.high) == pytest.approx((0.46, 0.010, 0.786))
    assert found.confidence == pytest.approx(1 - 2 * 10 / 512)


@pytest.mark.parametrize(("n", "critical"), [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (15, 25), (20, 52), (25, 89)])
def test_signed_rank_cuts_are_those_of_the_tables(n: int, critical: int):
    """The two-sided 5 % column that every table of Wilcoxon's test prints."""
    powers = [2.0**i for i in range(n)]  # all pairwise means differ, so ranks can be read off the interval
    means = sorted((a + b) / 2 for i, a in enumerate(powers) for b in powers[i:])
    assert hodges_lehmann(powers).low == means[critical]
    assert hodges_lehmann(powers).high == means[-1 - critical]


def test_too_few_values_say_how_little_they_hold():
    assert hodges_lehmann([1.0, 2.0, 3.0]) == Interval(2.0, 1.0, 3.0, 0.75)
    assert median_interval([1.0, 2.0, 3.0]) == Interval(2.0, 1.0, 3.0, 0.75)


@pytest.mark.parametrize(
    ("n", "low", "high", "confidence"),
    [(5, 1, 5, 0.9375), (6, 1, 6, 0.96875), (10, 2, 9, 0.978516), (15, 4, 12, 0.964844), (20, 6, 15, 0.958611)],
)
def test_median_interval_takes_the_ranks_of_the_sign_test(n: int, low: int, high: int, confidence: float):
    values = [float(value) for value in range(1, n + 1)]
    random.Random(n).shuffle(values)
    found = median_interval(values)
    assert (found.low, found.high) == (low, high)
    assert found.confidence == pytest.approx(confidence, abs=1e-6)


def test_median_interval_shrugs_off_disturbed_rounds():
    calm = [1.90 + i / 1000 for i in range(15)]
    disturbed = [*calm[:12], 3.9, 4.5, 5.0]
    assert median_interval(disturbed).high == median_interval(calm).high


def test_one_value_is_its_own_interval():
    assert median_interval([4.0]) == Interval(4.0, 4.0, 4.0, 0.0)


def test_median_of_even_and_odd():
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert median([4.0, 1.0, 2.0, 3.0]) == 2.5


@pytest.mark.parametrize(
    ("n", "q", "expected"), [(100, 0.99, 99), (100, 0.5, 50), (300, 0.99, 297), (1, 0.99, 1), (7, 0.0, 1), (7, 1.0, 7)]
)
def test_quantiles_are_values_that_were_seen(n: int, q: float, expected: int):
    assert quantile(list(range(1, n + 1)), q) == expected
    assert Blocks([list(range(1, n + 1))]).quantile(q) == expected


def test_no_quantile_of_nothing():
    with pytest.raises(ValueError, match="nothing"):
        quantile([], 0.5)
    with pytest.raises(ValueError, match="nothing"):
        Blocks([[]]).quantile(0.5)


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(0, 3)), min_size=1, max_size=6
    ),
    st.sampled_from([0.01, 0.5, 0.9, 0.99]),
)
def test_drawing_blocks_again_is_the_quantile_of_the_copies(drawn: list[tuple[list[int], int]], q: float):
    drawn = [*drawn, ([7], 1)]
    copies = sorted(value for block, weight in drawn for value in block * weight)
    found = Blocks([block for block, _ in drawn]).quantile(q, [weight for _, weight in drawn])
    assert found == quantile(copies, q)


def test_deep_quantiles_are_found_as_shallow_ones_are():
    """Halving takes over where the walk from the top would be long."""
    chance = random.Random(1)
    rows = [[chance.randrange(500) for _ in range(200)] for _ in range(5)]
    weights = [2, 0, 1, 3, 1]
    copies = sorted(value for row, weight in zip(rows, weights, strict=True) for value in row * weight)
    for q in (0.01, 0.3, 0.5, 0.7, 0.89, 0.9, 0.99):
        assert Blocks(rows).quantile(q, weights) == quantile(copies, q)


def test_the_smallest_effect_is_wider_than_the_interval():
    assert Interval(5.0, 4.0, 6.0, 0.95).smallest_effect == pytest.approx(2.8 / 1.96)


def test_another_unit():
    assert Interval(2.0, 1.0, 3.0, 0.95).times(0.5) == Interval(1.0, 0.5, 1.5, 0.95)
