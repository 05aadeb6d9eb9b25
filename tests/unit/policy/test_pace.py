"""How many more would be let in: the sum that a flood is held against."""

import pytest

from gossamer.policy.pace import Cells, Pace

NOW = 1000.0


def test_there_is_room_for_the_burst_and_then_for_none():
    cells = Cells(Pace(5, 0.1))
    for left in (5, 4, 3, 2, 1):
        assert cells.room("a", NOW) == left
        assert cells.wait_s("a", NOW) == 0.0
        cells.take("a", NOW)
    assert cells.room("a", NOW) == 0
    assert cells.wait_s("a", NOW) == pytest.approx(0.1)
    assert cells.room("b", NOW) == 5


def test_room_comes_back_with_time():
    cells = Cells(Pace(5, 0.1))
    for _ in range(5):
        cells.take("a", NOW)
    assert [cells.room("a", NOW + passed) for passed in (0.05, 0.1001, 0.2001, 0.6, 9.0)] == [0, 1, 2, 5, 5]


@pytest.mark.parametrize("now", [0.1, 1e9, 1.7e9 + 0.3])
def test_room_and_waiting_never_contradict_each_other(now: float):
    cells = Cells(Pace(50, 0.1))
    for step in range(300):
        at = now + step * 0.037
        assert (cells.room("a", at) == 0) == (cells.wait_s("a", at) > 0)
        if cells.room("a", at):
            cells.take("a", at)
