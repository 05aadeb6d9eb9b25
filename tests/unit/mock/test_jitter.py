"""Draws and the delays made of them. Seeds are fixed: the figures below never move."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.mock.jitter import STEADY, Jitter, draws, parse_jitter

IDS = [b"request-%d" % at for at in range(2_000)]


@given(st.binary(max_size=64), st.binary(max_size=100), st.integers(0, 40), st.integers(0, 40))
def test_a_longer_list_of_draws_begins_with_the_shorter_one(seed, request_id, some, more):
    assert draws(seed, request_id, some + more)[:some] == draws(seed, request_id, some)


@given(st.binary(max_size=64), st.binary(max_size=100))
def test_draws_lie_between_zero_and_one(seed, request_id):
    assert all(0.0 < draw < 1.0 for draw in draws(seed, request_id, 9))


def test_draws_are_spread_evenly():
    found = [draws(b"0", request_id, 1)[0] for request_id in IDS]
    counts = [sum(low <= draw < low + 0.1 for draw in found) for low in (at / 10 for at in range(10))]
    assert sum(counts) == len(IDS)
    assert min(counts) > 150
    assert max(counts) < 250


def test_seeds_and_ids_tell_draws_apart():
    assert draws(b"0", b"a", 4) != draws(b"1", b"a", 4)
    assert draws(b"0", b"a", 4) != draws(b"0", b"b", 4)


def test_uniform_stays_within_its_fraction():
    factors = _factors(Jitter("uniform", 0.2))
    assert 0.8 <= min(factors) < 0.805
    assert 1.195 < max(factors) <= 1.2
    assert statistics.mean(factors) == pytest.approx(1.0, abs=0.01)


def test_lognormal_has_its_median_and_its_sigma():
    factors = _factors(Jitter("lognormal", 0.5))
    logs = [math.log(factor) for factor in factors]
    assert statistics.median(factors) == pytest.approx(1.0, abs=0.05)
    assert statistics.stdev(logs) == pytest.approx(0.5, abs=0.03)


def test_none_is_steady():
    assert set(_factors(STEADY)) == {1.0}


@pytest.mark.parametrize(
    ("text", "jitter"),
    [("none", STEADY), ("uniform:0.25", Jitter("uniform", 0.25)), ("lognormal:0.5", Jitter("lognormal", 0.5))],
)
def test_it_is_read_from_text(text, jitter):
    assert parse_jitter(text) == jitter


@pytest.mark.parametrize("text", ["", "normal:1", "none:1", "uniform", "uniform:1.1", "uniform:x", "lognormal:-1"])
def test_what_is_no_jitter_is_told_so(text):
    with pytest.raises(ValueError, match=r"uniform:FRACTION|lognormal:SIGMA"):
        parse_jitter(text)


def _factors(jitter: Jitter) -> list[float]:
    return [jitter.factor(draws(b"0", request_id, 1)[0]) for request_id in IDS]
