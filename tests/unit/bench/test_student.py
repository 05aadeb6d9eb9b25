"""Against the printed table of t."""

import pytest

from gossamer.bench.student import bootstrap_tail, inside, stretch, t_quantile


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (9, 2.262), (10, 2.228), (15, 2.131), (30, 2.042)],
)
def test_the_two_sided_five_percent_of_the_tables(freedom: int, t: float):
    assert t_quantile(0.95, freedom) == pytest.approx(t, abs=6e-4)
    assert inside(t, freedom) == pytest.approx(0.95, abs=2e-4)


def test_another_column_of_the_tables():
    assert t_quantile(0.99, 7) == pytest.approx(3.499, abs=6e-4)


def test_few_rounds_need_wider_intervals_and_many_do_not():
    assert stretch(10, 0.95) == pytest.approx(2.262 / 1.960 * (10 / 9) ** 0.5, abs=1e-3)
    assert stretch(10_000, 0.95) == pytest.approx(1.0, abs=1e-3)
    assert bootstrap_tail(10_000, 0.95) == pytest.approx(0.025, abs=1e-4)
    assert bootstrap_tail(10, 0.95) < 0.01
    assert bootstrap_tail(1, 0.95) == 0.0
