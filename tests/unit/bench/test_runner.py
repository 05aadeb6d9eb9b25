"""The runner's patience: a way that gives no answer at all is given up, one that comes back is not."""

from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from gossamer.bench import runner
from gossamer.bench.arms import Way
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.record import Arm, Costs, Role, Sample
from gossamer.bench.runner import GIVEN_UP, Runner
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
