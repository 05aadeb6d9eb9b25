from typing import get_args

from gossamer.policy.breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S, TRANSITIONS, Breaker, Event, State


def test_every_state_says_what_follows_every_event():
    assert set(TRANSITIONS) == set(get_args(State))
    for follows in TRANSITIONS.values():
        assert set(follows) == set(get_args(Event))


def test_one_failure_opens_it_and_one_good_try_closes_it():
    breaker = Breaker()
    assert breaker.hear("answered", 0.0) == "closed"
    assert breaker.hear("failed", 10.0) == "open"
    assert breaker.due_at == 10.0 + FIRST_PAUSE_S
    assert breaker.hear("due", breaker.due_at) == "half open"
    assert breaker.hear("answered", 10.2) == "closed"


def test_an_answer_that_comes_late_does_not_close_it():
    breaker = Breaker()
    breaker.hear("failed", 0.0)
    assert breaker.hear("answered", 5.0) == "open"


def test_the_pauses_grow_to_the_longest_and_begin_anew_when_all_was_well():
    breaker, now, pauses = Breaker(), 0.0, []
    for _ in range(6):
        breaker.hear("failed", now)
        pauses.append(round(breaker.due_at - now, 6))
        now = breaker.due_at
        breaker.hear("due", now)
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert pauses[-1] == LONGEST_PAUSE_S
    breaker.hear("answered", now)
    breaker.hear("failed", now + 1)
    assert breaker.due_at == now + 1 + LONGEST_PAUSE_S, "it was not well for long"
    breaker.hear("due", now + 2)
    breaker.hear("answered", now + 2)
    breaker.hear("failed", now + 2 + STEADY_S)
    assert round(breaker.due_at - now - 2 - STEADY_S, 6) == FIRST_PAUSE_S


def test_further_failures_while_it_is_open_do_not_put_the_next_try_off():
    breaker = Breaker()
    breaker.hear("failed", 0.0)
    due_at = breaker.due_at
    breaker.hear("failed", 0.05)
    assert breaker.due_at == due_at
