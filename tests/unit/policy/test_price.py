from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.core.record import Usage
from gossamer.policy.price import Price

MINI = Price(input_picos=150_000, output_picos=600_000, cached_picos=75_000)
"""0.15, 0.60 and 0.075 dollars for a million tokens."""
COUNTS = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("price", "usage", "nanos"),
    [
        (MINI, Usage(1_000_000, 0), 150_000_000),
        (MINI, Usage(0, 1_000_000), 600_000_000),
        (MINI, Usage(1_000_000, 0, cached=1_000_000), 75_000_000),
        (MINI, Usage(100, 10, cached=40), 60 * 150 + 40 * 75 + 10 * 600),
        (MINI, Usage(100, 10, reasoning=8), 100 * 150 + 10 * 600),
        (Price(input_picos=150_000), Usage(100, 10, cached=40), 100 * 150),
        (Price(request_nanos=10_000_000), Usage(5, 5), 10_000_000),
        (Price(input_picos=1, request_nanos=7), Usage(1, 0), 8),
        (Price(input_picos=1), Usage(1000, 0), 1),
        (MINI, Usage(10, 0, cached=99), 10 * 75),
        (Price(), Usage(9, 9), 0),
    ],
)
def test_what_it_costs(price, usage, nanos):
    assert price.cost(usage) == nanos


@given(COUNTS, COUNTS, COUNTS, st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_it_is_exact_to_the_nano_dollar_and_never_less(read, written, cached, per_read, per_written, request):
    price = Price(input_picos=per_read, output_picos=per_written, cached_picos=per_read // 2, request_nanos=request)
    cached = min(cached, read)
    exact = request + Fraction((read - cached) * per_read + cached * (per_read // 2) + written * per_written, 1000)
    assert 0 <= price.cost(Usage(read, written, cached)) - exact < 1


@pytest.mark.parametrize(("price", "is_flat"), [(MINI, False), (Price(request_nanos=1), True), (Price(), True)])
def test_whether_it_is_the_same_whatever_was_used(price, is_flat):
    assert price.is_flat is is_flat
