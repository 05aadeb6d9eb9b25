import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.config.money import (
    Budget,
    format_budget,
    format_rate,
    format_usd,
    parse_budget,
    parse_rate,
    parse_usd,
)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("600/min", 600), ("1M/min", 1_000_000), ("2.5k/min", 2500), ("60 / min", 60), ("1 m/min", 1_000_000)],
)
def test_a_rate(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["600", "600/s", "1.5/min", "-1/min", "/min", "1G/min", "1e3/min", "600/minute"])
def test_what_is_no_rate(text):
    with pytest.raises(ValueError, match=text):
        parse_rate(text)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("50 USD/month", Budget(50_000_000_000, "month")),
        ("2.50 USD/day", Budget(2_500_000_000, "day")),
        ("0.000000001USD / day", Budget(1, "day")),
    ],
)
def test_a_budget(text, budget):
    assert parse_budget(text) == budget


@pytest.mark.parametrize("text", ["50", "50 USD", "50 EUR/month", "50 USD/year", "-1 USD/day", "0.0000000001 USD/day"])
def test_what_is_no_budget(text):
    with pytest.raises(ValueError, match=text):
        parse_budget(text)


@pytest.mark.parametrize(("text", "picos"), [("0.15", 150_000), ("0.075", 75_000), ("15", 15_000_000), ("0", 0)])
def test_a_price_is_what_is_written(text, picos):
    assert parse_usd(text, 1_000_000) == picos


@pytest.mark.parametrize("text", ["0.0000001", "-1", "1e-3", "free", "9999999999999"])
def test_what_is_no_price(text):
    with pytest.raises(ValueError, match=text):
        parse_usd(text, 1_000_000)


@given(st.integers(0, 10**13), st.sampled_from(["day", "month"]))
def test_what_is_written_back_reads_as_the_same(amount, period):
    assert parse_rate(format_rate(amount)) == amount
    budget = Budget(amount, period)
    assert parse_budget(format_budget(budget)) == budget


@given(st.integers(0, 10**9))
def test_a_price_that_is_written_back_reads_as_the_same(amount):
    assert parse_usd(f"{format_usd(amount, 1_000_000):.6f}", 1_000_000) == amount
