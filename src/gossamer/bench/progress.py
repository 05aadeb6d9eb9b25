"""How far a run is and how long it still takes: one line that is rewritten on a terminal, a line a round elsewhere.

Plain text: a run of minutes needs no library for one line.
"""

import time
from collections.abc import Sequence
from typing import TextIO

from gossamer.bench.cells import Cell
from gossamer.bench.record import Run
from gossamer.bench.schedule import Visit, schedule

_WIDTH = 100
"""Enough to paint over the line before."""


class Progress:
    """`visit` is told of each visit as it begins."""

    def __init__(self, out: TextIO, cells: Sequence[Cell], *, is_terminal: bool) -> None:
        self._out = out
        self._cells = cells
        self._is_terminal = is_terminal
        self._began_s = time.monotonic()
        self._costs: list[float] = []
        self._first = -1
        self._round = -1

    def visit(self, run: Run, visit: Visit, position: int) -> None:
        """`position` in the plan of all visits."""
        if not self._costs:
            plan = schedule(self._cells, tuple(arm.name for arm in run.arms), run.rounds, run.seed)
            self._costs = [each.cell.block_s * len(each.arms) for each in plan]
            self._first = position
        passed_s = time.monotonic() - self._began_s
        if visit.round < run.rounds:
            left = shown(time_left(self._costs, self._first, position, passed_s))
            line = f"round {visit.round + 1} of {run.rounds}, {left} left: {visit.cell.name}"
        else:
            line = f"round {visit.round + 1}, for what was unclear: {visit.cell.name}"
        if self._is_terminal:
            self._out.write(f"\r{line:<{_WIDTH}}")
        elif visit.round != self._round:
            self._out.write(f"{passed_s:4.0f} s  {line}\n")
        self._round = visit.round
        self._out.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal:
            self._out.write("\r" + " " * _WIDTH + "\r")
            self._out.flush()


def time_left(costs: Sequence[float], first: int, position: int, passed_s: float) -> float:
    """By what the visits should take, and by how much longer those took that were taken."""
    planned_s = sum(costs[first:position])
    left_s = sum(costs[position:])
    return left_s * max(0.5, passed_s / planned_s) if planned_s else left_s


def shown(seconds: float) -> str:
    """Whole seconds under two minutes, then minutes."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
