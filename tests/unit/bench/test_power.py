"""How many requests a quantile takes: the numbers that the method names, and the way back."""

import pytest

from gossamer.bench.power import effect_seen, requests_needed


@pytest.mark.parametrize(("q", "needed"), [(0.5, 147), (0.95, 416), (0.99, 1297), (0.999, 8196)])
def test_a_rise_of_a_fifth_takes_so_many(q: float, needed: int):
    assert requests_needed(q) == pytest.approx(needed, abs=1), "printed tables round the normal's quantiles"
    assert effect_seen(q, needed) == pytest.approx(0.20, abs=1e-3)
    assert effect_seen(q, needed - 10) > 0.20


def test_nothing_is_seen_without_requests():
    assert effect_seen(0.5, 0) == float("inf")
