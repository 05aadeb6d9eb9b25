"""Dollars as text and nano-dollars as numbers, to the last digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.control.api.shapes.limits import LimitsIn, LimitsOut, to_nanos, to_usd
from gossamer.core.allowance import UNLIMITED, Limits


@pytest.mark.parametrize(
    ("usd", "nanos", "shown"),
    [
        ("5", 5_000_000_000, "5.00"),
        ("5.00", 5_000_000_000, "5.00"),
        ("0.1", 100_000_000, "0.10"),
        ("0.000000001", 1, "0.000000001"),
        ("0", 0, "0.00"),
        ("1000000000", 10**18, "1000000000.00"),
        ("12.345", 12_345_000_000, "12.345"),
    ],
)
def test_an_amount_goes_there_and_back(usd: str, nanos: int, shown: str):
    assert to_nanos(usd) == nanos
    assert to_usd(nanos) == shown
    assert to_nanos(shown) == nanos


@given(st.integers(0, 10**18))
def test_no_nano_dollar_is_lost(nanos: int):
    assert to_nanos(to_usd(nanos)) == nanos


def test_what_is_not_said_stays_and_null_takes_away():
    before = Limits(requests_per_min=1, tokens_per_min=2, nanos_per_day=3)
    asked = LimitsIn.model_validate({"tokens_per_min": None, "usd_per_month": "1", "concurrent": 4})
    assert asked.over(before) == Limits(requests_per_min=1, concurrent=4, nanos_per_day=3, nanos_per_month=10**9)
    assert LimitsIn().over(before) == before


def test_what_goes_out_can_come_in():
    limits = Limits(requests_per_min=1, tokens_per_min=2, concurrent=3, nanos_per_day=4, nanos_per_month=5)
    assert LimitsIn.model_validate(LimitsOut.of(limits).model_dump()).over(UNLIMITED) == limits
