"""How long it still takes."""

from io import StringIO

import pytest

from gossamer.bench.profiles import SHORT
from gossamer.bench.progress import Progress, shown, time_left
from gossamer.bench.schedule import schedule
from tests.unit.bench.made_up import run_of


def test_what_took_longer_than_planned_makes_the_rest_longer():
    assert time_left([1.0] * 10, 0, 4, 4.0) == pytest.approx(6.0)
    assert time_left([1.0] * 10, 0, 4, 8.0) == pytest.approx(12.0)


def test_a_resumed_run_counts_from_where_it_goes_on():
    assert time_left([1.0] * 10, 5, 5, 0.0) == pytest.approx(5.0)
    assert time_left([1.0] * 10, 5, 7, 4.0) == pytest.approx(6.0)


def test_a_line_a_round_where_nobody_watches_and_one_line_on_a_terminal():
    run = run_of(cells=SHORT.cells, rounds=2)
    for is_terminal, lines in ((False, 2), (True, 0)):
        out = StringIO()
        progress = Progress(out, SHORT.cells, is_terminal=is_terminal)
        for at, visit in enumerate(schedule(SHORT.cells, tuple(arm.name for arm in run.arms), 2, run.seed)):
            progress.visit(run, visit, at)
        progress.end()
        assert out.getvalue().count("\n") == lines
        assert "round 2 of 2" in out.getvalue()


def test_minutes_from_two_on():
    assert (shown(119), shown(180)) == ("119 s", "3 min")
