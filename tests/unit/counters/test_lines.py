import pytest

from gossamer.counters.lines import request_lines, token_lines
from gossamer.counters.refusal import in_usd


@pytest.mark.parametrize(("seconds", "words"), [(0, "0s"), (1, "1s"), (59, "59s"), (60, "1m0s"), (61, "1m1s")])
def test_times_are_written_as_openai_writes_them(seconds, words):
    assert request_lines(10, 3, seconds) == (
        "x-ratelimit-limit-requests: 10\r\n"
        "x-ratelimit-remaining-requests: 3\r\n"
        f"x-ratelimit-reset-requests: {words}\r\n"
    )


def test_what_is_left_is_never_less_than_nothing():
    assert "x-ratelimit-remaining-tokens: 0\r\n" in token_lines(10, -5, 61)


@pytest.mark.parametrize(
    ("nanos", "usd"),
    [(0, "0.00"), (1, "0.000000001"), (10_000_000, "0.01"), (50_000_000_000, "50.00"), (1_500_000_000, "1.50")],
)
def test_an_amount_of_money(nanos, usd):
    assert in_usd(nanos) == usd
