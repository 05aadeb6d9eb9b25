"""When a server is asked, and when it is left alone: by the clock that is handed in."""

from gossamer.agents.tools.gate import FIRST_PAUSE_S, LONGEST_PAUSE_S, Gate


def test_one_that_cannot_be_reached_is_left_alone_at_once():
    gate = Gate()
    gate.lost(100.0)
    assert not gate.admits(100.0)
    assert gate.wait_s(100.0) == FIRST_PAUSE_S


def test_one_is_let_through_when_it_is_due_and_the_others_wait():
    gate = Gate()
    gate.lost(100.0)
    assert [gate.admits(101.0) for _ in range(3)] == [True, False, False]
    gate.answered(101.1)
    assert gate.admits(101.1)


def test_stumbles_count_in_a_row():
    gate = Gate()
    for _ in range(5):
        gate.stumbled(100.0)
        gate.stumbled(100.0)
        gate.answered(100.0)
    assert gate.admits(100.0)
    for _ in range(3):
        gate.stumbled(100.0)
    assert not gate.admits(100.0)


def test_pauses_grow_to_a_bound():
    gate, now = Gate(), 100.0
    for _ in range(20):
        gate.lost(now)
        now += gate.wait_s(now)
        assert gate.admits(now)
    gate.stumbled(now)
    assert gate.wait_s(now) == LONGEST_PAUSE_S


def test_whoever_leaves_leaves_the_try_to_the_next_one():
    gate = Gate()
    gate.lost(100.0)
    assert gate.admits(101.0)
    gate.given_up(101.5)
    assert gate.admits(101.5)


def test_leaving_an_open_or_a_closed_gate_changes_nothing():
    gate = Gate()
    gate.given_up(100.0)
    assert gate.admits(100.0)
    gate.lost(100.0)
    gate.given_up(100.1)
    assert not gate.admits(100.1)
