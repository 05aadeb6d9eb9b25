"""Intended times of an open loop."""

import pytest

from gossamer.bench.arrivals import arrivals_ns


def test_they_rise_at_the_rate_and_are_the_same_for_the_same_seed():
    due = arrivals_ns(20_000, 1000, 1)
    assert due == sorted(due) == arrivals_ns(20_000, 1000, 1)
    assert due[-1] / 1e9 == pytest.approx(20, rel=0.03)
    assert due != arrivals_ns(20_000, 1000, 2)


def test_gaps_are_those_of_strangers():
    due = arrivals_ns(20_000, 1000, 1)
    short = sum(b - a < 1_000_000 for a, b in zip(due, due[1:], strict=False)) / len(due)
    assert short == pytest.approx(0.632, abs=0.02)
