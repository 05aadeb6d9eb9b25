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


def test_a_p_value_is_never_nought_nor_one():
    assert 0 < p_above(0.0, [1.0] * 1000, 10) < 0.01
    assert 0.99 < p_above(2.0, [1.0] * 1000, 10) < 1


def test_few_rounds_prove_less():
    draws = [-1.0] * 10 + [1.0] * 990
    assert p_above(0.0, draws, 5) > p_above(0.0, draws, 30)
