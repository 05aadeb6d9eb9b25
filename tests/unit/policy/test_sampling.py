"""Which traces are told of."""

import pytest

from gossamer.core.trace_context import trace_id_of
from gossamer.policy.sampling import is_drawn, is_sampled

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_as_many_are_drawn_as_the_share_says(share: float):
    count = 4000
    drawn = sum(is_drawn(trace_id_of(f"req_{number}", None), share) for number in range(count))
    assert drawn / count == pytest.approx(share, abs=0.03)  # five sigma


def test_whoever_is_drawn_for_a_small_share_is_drawn_for_a_larger_one():
    ids = [trace_id_of(f"req_{number}", None) for number in range(500)]
    assert all(is_drawn(each, 0.6) for each in ids if is_drawn(each, 0.2))


def test_only_the_last_seven_bytes_decide():
    assert is_drawn("0" * 18 + "f" * 14, 0.01)
    assert not is_drawn("f" * 18 + "0" * 14, 0.99)


@pytest.mark.parametrize(("flags", "share", "is_kept"), [("01", 0.0, True), ("00", 1.0, False), ("02", 1.0, False)])
def test_the_callers_word_goes_first(flags: str, share: float, is_kept: bool):
    assert is_sampled(TRACE, f"{TRACE}-{SPAN}-{flags}", share) is is_kept


def test_without_it_the_share_decides():
    assert is_sampled(TRACE, None, 1.0)
    assert not is_sampled(TRACE, None, 0.0)
