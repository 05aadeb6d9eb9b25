from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.core.record import Usage
from gossamer.policy.price import Price

MINI = Price(input_picos=150_000, output_picos=600_000, cached_picos=75_000)
"""0.15, 0.60 and 0.075 dollars for a million tokens."""
HAIKU = Price(
    input_picos=1_000_000,
    output_picos=5_000_000,
    cached_picos=100_000,
    cache_write_picos=1_250_000,
    cache_write_1h_picos=2_000_000,
)
SPEECH = Price(input_picos=2_500, output_picos=10_000, audio_input_picos=40_000, audio_output_picos=80_000)
"""In pico-dollars that divide well: a nano-dollar is a thousand of them."""
IMAGES = Price(input_picos=5_000, output_picos=10_000, image_input_picos=8_000, image_output_picos=40_000)
THINKER = Price(output_picos=2_000, reasoning_picos=9_000)
LONG = Price(input_picos=1_000, output_picos=4_000, long_above=200, long=Price(input_picos=2_000, output_picos=6_000))
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
        (HAIKU, Usage(100, 10, 40, cache_write=20, cache_write_1h=30), 10_000 + 50_000 + 4_000 + 25_000 + 60_000),
        (HAIKU, Usage(100, 0, 99, cache_write=20, cache_write_1h=30), 99 * 100 + 2_000),
        (MINI, Usage(100, 10, cache_write=20, cache_write_1h=30), 100 * 150 + 10 * 600),
        (Price(input_picos=1000, cache_write_picos=3000), Usage(9, 0, cache_write_1h=2), 7 + 2 * 3),
        (SPEECH, Usage(100, 10, audio_input=60, audio_output=4), 40 * 2.5 + 60 * 40 + 6 * 10 + 4 * 80),
        (MINI, Usage(100, 10, audio_input=60, audio_output=4), 100 * 150 + 10 * 600),
        (IMAGES, Usage(50, 500, image_input=40, image_output=500), 10 * 5 + 40 * 8 + 500 * 40),
        (THINKER, Usage(0, 10, reasoning=8), 2 * 2 + 8 * 9),
        (THINKER, Usage(0, 10, reasoning=80), 10 * 9),
        (LONG, Usage(200, 10), 200 + 40),
        (LONG, Usage(201, 10), 402 + 60),
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


@given(st.tuples(*[COUNTS] * 10))
def test_whatever_is_told_no_token_is_charged_twice_or_for_less_than_nothing(counts):
    usage = Usage(*counts)
    kinds = [field for field in Price.__struct_fields__ if field.endswith("_picos")]
    dearest = msgspec.convert(dict.fromkeys(kinds, 9_000), Price)
    assert dearest.cost(usage) == (usage.input + usage.output) * 9
    cheap = msgspec.convert(dict.fromkeys(kinds, 0) | {"input_picos": 9_000, "output_picos": 9_000}, Price)
    assert 0 <= cheap.cost(usage) <= (usage.input + usage.output) * 9


@pytest.mark.parametrize(
    ("price", "is_flat"),
    [(MINI, False), (Price(request_nanos=1), True), (Price(), True), (THINKER, False), (LONG, False)],
)
def test_whether_it_is_the_same_whatever_was_used(price, is_flat):
    assert price.is_flat is is_flat
