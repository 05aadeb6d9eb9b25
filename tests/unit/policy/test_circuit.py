from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.policy.circuit import (
    BUCKET_S,
    BUCKETS,
    FIRST_PAUSE_S,
    LEAST_SAMPLES,
    LONGEST_PAUSE_S,
    MOST_REFUSALS,
    PROBE_LASTS_S,
    PROBES,
    TRANSITIONS,
    Circuit,
    Event,
    State,
)

MIDDLE = 0.5
"""A draw."""


def opened(at: float = 100.0) -> Circuit:
    circuit = Circuit()
    for _ in range(MOST_REFUSALS):
        circuit.bad(at, at, MIDDLE, is_refusal=True)
    assert circuit.state == "open"
    return circuit


def probing(at: float = 100.0) -> tuple[Circuit, float]:
    circuit = opened(at)
    assert circuit.admits(circuit.due_at)
    assert circuit.state == "half open"
    return circuit, circuit.due_at


def test_the_table_says_for_each_state_what_each_event_leads_to():
    assert set(TRANSITIONS) == set(get_args(State))
    assert all(set(row) == set(get_args(Event)) for row in TRANSITIONS.values())


def test_it_admits_while_it_is_closed():
    assert Circuit().admits(0.0)


@pytest.mark.parametrize(
    ("good", "bad", "state"), [(0, 9, "closed"), (0, 10, "open"), (5, 5, "open"), (6, 5, "closed")]
)
def test_it_opens_by_the_share_of_enough_samples(good: int, bad: int, state: State):
    circuit = Circuit()
    for _ in range(good):
        circuit.good(1.0, 1.0)
    for _ in range(bad):
        circuit.bad(1.0, 1.0, MIDDLE)
    assert circuit.state == state


def test_what_is_older_than_the_window_counts_no_more():
    circuit = Circuit()
    for _ in range(LEAST_SAMPLES - 1):
        circuit.bad(1.0, 1.0, MIDDLE)
    later = 1.0 + BUCKET_S * BUCKETS
    circuit.bad(later, later, MIDDLE)
    assert circuit.state == "closed"


def test_what_is_within_the_window_counts():
    circuit = Circuit()
    for number in range(LEAST_SAMPLES):
        now = number * BUCKET_S
        circuit.bad(now, now, MIDDLE)
    assert circuit.state == "open"


def test_refusals_in_a_row_open_it_and_an_answer_between_them_does_not():
    circuit = Circuit()
    for number in range(2 * MOST_REFUSALS - 1):
        if number == MOST_REFUSALS - 1:
            for _ in range(LEAST_SAMPLES * 3):
                circuit.good(1.0, 1.0)
        else:
            circuit.bad(1.0, 1.0, MIDDLE, is_refusal=True)
    assert circuit.admits(1.0)
    circuit.bad(1.0, 1.0, MIDDLE, is_refusal=True)
    assert not circuit.admits(1.0)


def test_open_it_admits_nobody_until_it_is_due():
    circuit = opened(100.0)
    assert not circuit.admits(circuit.due_at - 0.01)
    assert circuit.admits(circuit.due_at)


def test_half_open_it_admits_one_at_a_time():
    circuit, now = probing()
    circuit.asked(now)
    assert not circuit.admits(now)
    circuit.left()
    assert circuit.admits(now)
    circuit.asked(now)
    assert not circuit.admits(now + PROBE_LASTS_S)
    assert circuit.admits(now + PROBE_LASTS_S + 1)


def test_enough_good_probes_close_it():
    circuit, now = probing()
    for number in range(PROBES):
        assert circuit.state == "half open", number
        circuit.asked(now)
        circuit.good(now, now)
    assert circuit.state == "closed"
    circuit.bad(now, now, MIDDLE)
    assert circuit.state == "closed", "what was before is forgotten"


def test_a_bad_probe_opens_it_for_longer():
    circuit, now = probing()
    pauses = []
    for _ in range(5):
        circuit.asked(now)
        circuit.bad(now, now, 1.0)
        assert circuit.state == "open"
        pauses.append(circuit.due_at - now)
        now = circuit.due_at
        assert circuit.admits(now)
    assert pauses == [2.0, 4.0, 5.0, 5.0, 5.0]


def test_what_was_asked_before_it_opened_says_nothing_of_a_probe():
    circuit, now = probing(100.0)
    circuit.bad(99.0, now, MIDDLE)
    assert circuit.state == "half open"
    circuit.good(99.0, now)
    circuit.good(99.0, now)
    assert circuit.state == "half open"


@pytest.mark.parametrize(("draw", "pause_s"), [(0.0, FIRST_PAUSE_S / 2), (1.0, FIRST_PAUSE_S)])
def test_chance_sets_those_apart_who_try_again(draw: float, pause_s: float):
    circuit = Circuit()
    circuit.trip(10.0, draw)
    assert circuit.due_at == pytest.approx(10.0 + pause_s)


def test_another_workers_word_opens_it_and_hurries_it():
    circuit = Circuit()
    circuit.trip(10.0, MIDDLE)
    assert not circuit.admits(10.1)
    circuit.hurry(10.2)
    assert circuit.admits(10.2)


def test_its_own_good_answers_of_just_now_are_known():
    circuit = Circuit()
    assert not circuit.was_well_lately(1.0)
    circuit.good(1.0, 1.0)
    assert circuit.was_well_lately(1.0)
    assert not circuit.was_well_lately(1.0 + BUCKET_S)


Deed = Callable[[Circuit, float], object]
DEEDS: tuple[Deed, ...] = (
    lambda circuit, now: circuit.good(now, now),
    lambda circuit, now: circuit.bad(now, now, MIDDLE),
    lambda circuit, now: circuit.bad(now, now, MIDDLE, is_refusal=True),
    lambda circuit, now: circuit.asked(now) if circuit.admits(now) else None,
    lambda circuit, _: circuit.left(),
    lambda circuit, now: circuit.hurry(now),
    lambda circuit, now: circuit.trip(now, MIDDLE),
)


@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.floats(0, 40)), max_size=80))
def test_whatever_happens_it_can_be_asked_again_within_its_longest_pause(story: list[tuple[Deed, float]]):
    circuit, now = Circuit(), 1000.0
    for deed, passed_s in story:
        now += passed_s
        deed(circuit, now)
    circuit.left()
    assert circuit.admits(now + LONGEST_PAUSE_S)
