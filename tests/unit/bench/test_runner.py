"""The runner's patience: a way that gives no answer at all is given up, one that comes back is not.

And what a resume takes: what is missing, and what could not be taken.
"""

from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from gossamer.bench import runner
from gossamer.bench.arms import Way
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.record import Arm, Costs, Role, Run, Sample
from gossamer.bench.runner import GIVEN_UP, INTERRUPTED, TOO_MUCH, Runner
from gossamer.bench.schedule import Visit
from tests.unit.bench.made_up import run_of

CELL = Cell(Lane.FLOOR, 1, 5)
WAY = Way(Arm("gateway", Role.GATEWAY, "http://localhost/v1", "x"), "t", "m")


class Scripted(Runner):
    """Each block has so many answers."""

    answers: list[int]

    def _measure(self, cell: Cell, way: Way, first_number: int, turn: int) -> tuple[Sample, Costs]:
        block = run_of(rounds=1, cells=(CELL,)).blocks[0]
        assert block.sample is not None
        assert block.costs is not None
        return msgspec.structs.replace(block.sample, answered=self.answers.pop(0)), block.costs


def reasons(answers: list[int]) -> list[str]:
    nobody = cast("Any", Path())
    found = Scripted(nobody, run_of(rounds=1), {"gateway": WAY}, nobody, nobody, lambda *_: None, lambda: None)
    found.answers = list(answers)
    visits = [Visit(turn, CELL, ("gateway",), 0) for turn in range(len(answers) + 1)]
    return [found._take_block(visit, WAY, 0).reason for visit in visits if found.answers or found._silent["gateway"]]


def test_two_long_blocks_without_an_answer_are_the_last(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runner, "LONG_S", -1.0)
    assert reasons([5, 0, 0]) == ["", "", "", GIVEN_UP]
    assert reasons([0, 5, 0, 5]) == ["", "", "", ""]


def test_a_way_that_fails_at_once_costs_no_patience():
    assert reasons([0, 0, 0, 0]) == ["", "", "", ""]


class Resumed(Scripted):
    """Takes no look at the machine."""

    asked: list[tuple[int, str]]

    def _take_visit(self, visit: Visit, missing: list[str]) -> None:
        for arm in missing:
            self.asked.append((visit.round, arm))
            self.run.blocks.append(self._take_block(visit, self.ways[arm], 0))


def resume(run: Run) -> list[tuple[int, str]]:
    nobody = cast("Any", Path())
    ways = {arm.name: Way(arm, "t", "m") for arm in run.arms}
    found = Resumed(nobody, run, ways, nobody, nobody, lambda *_: None, lambda: None)
    found.answers, found.asked = [5] * 100, []
    found.take_all()
    return sorted(found.asked)


def test_a_run_that_is_whole_in_the_end_does_not_say_that_it_was_interrupted():
    run = run_of(rounds=2, cells=(CELL,))
    gone, run.blocks = run.blocks[-1], run.blocks[:-1]
    run.is_complete, run.notes = False, ["a note", INTERRUPTED, "resumed today"]
    assert resume(run) == [(gone.round, gone.arm)]
    assert run.is_complete
    assert run.notes == ["a note", "resumed today"]


def test_what_was_given_up_is_tried_again_and_what_was_too_much_is_not():
    run = run_of(rounds=3, cells=(CELL,))
    reasons = {(0, "gateway"): GIVEN_UP, (1, "gateway"): "it is gone", (2, "gateway"): TOO_MUCH}
    run.blocks = [
        msgspec.structs.replace(block, sample=None, costs=None, reason=reasons[block.round, block.arm])
        if (block.round, block.arm) in reasons
        else block
        for block in run.blocks
    ]
    assert resume(run) == [(0, "gateway"), (1, "gateway")]
    assert len(run.blocks) == 3 * len(run.arms)
    assert [block.reason for block in run.blocks if block.reason] == [TOO_MUCH]
