"""Many comparisons: Holm's example, and what is left of it when one is in doubt."""

from gossamer.bench.families import holm, p_above


def test_holm_steps_down_until_the_first_that_is_not():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == {"a", "d"}


def test_one_alone_is_held_against_five_percent():
    assert holm({"a": 0.049}) == {"a"}
    assert holm({"a": 0.051}) == set()


def test_what_is_not_rejected_protects_what_comes_after():
    """0.04 would do alone; behind one that failed it does not."""
    assert holm({"a": 0.03, "b": 0.04}) == set()


def test_what_does_not_vary_is_sure():
    assert p_above(0.0, 1.0, [1.0] * 100, 10) == 0.0
    assert p_above(2.0, 1.0, [1.0] * 100, 10) == 1.0


def test_on_the_threshold_nobody_knows():
    assert p_above(1.0, 1.0, [0.9, 1.1], 10) == 0.5


def test_few_rounds_prove_less_and_one_nothing():
    draws = [0.5, 1.0, 1.5] * 100
    assert p_above(0.0, 1.0, draws, 5) > p_above(0.0, 1.0, draws, 30) > 0
    assert p_above(0.0, 1.0, draws, 1) == 1.0
