"""Which cells a reader must see: what a verdict said of each, and the worst of those that were judged. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.bench.cells import Lane
from gossamer.bench.figures import Added, ArmFigures, CellFigures, Figures
from gossamer.bench.record import Role
from gossamer.bench.verdict import Answer, Result

DOUBT = {Answer.FAIL: 2, Answer.INCONCLUSIVE: 1}
"""How bad an answer is; all others are no trouble."""
SILENT = (None, Answer.SHOWN)
PLOTTED = (Lane.LATENCY, Lane.FLOOR)
FEW, MOST_DOUBTED, MOST_PLAIN = 8, 8, 4
"""Cells, of a matrix of a hundred."""


@dataclass(frozen=True, slots=True)
class Standout:
    """One gateway in one cell, and what was said of it."""

    cell: CellFigures
    arm: ArmFigures
    is_stream: bool
    answer: Answer | None

    @property
    def p99(self) -> Added:
        """Of streams until the first byte: their end is the provider's."""
        return self.arm.first_byte[-1] if self.is_stream else self.arm.at(0.99)

    @property
    def badness(self) -> tuple[int, float]:
        return doubt_of(self.answer), self.p99.us.centre


def doubt_of(answer: Answer | None) -> int:
    return DOUBT.get(answer, 0) if answer is not None else 0


def answer_of(arm: str, cell: str, results: Sequence[Result]) -> Answer | None:
    """The worst that was said of a way in a cell, where anything was. A comparison with a base names the cell alone."""
    mine = [result.answer for result in results if result.name.startswith((f"{arm}: {cell} ", f"{cell} "))]
    return max(mine, key=doubt_of, default=None)


def worst_judged(figures: Figures, results: Sequence[Result], *, is_stream: bool) -> tuple[Standout | None, int]:
    """Of the latency lane, and out of how many: those that a verdict is on, else those with requests enough.

    Where nothing can be judged (0) it is the worst of the busiest cells of the first gateway.
    """
    names = [arm.name for arm in figures.gateways]
    found = [
        Standout(cell, arm, is_stream, answer_of(arm.arm, cell.name, results))
        for cell in figures.cells
        if cell.cell.lane is Lane.LATENCY and cell.cell.is_stream is is_stream
        for arm in cell.arms
        if arm.arm in names and arm.role is Role.GATEWAY
    ]
    firsts = [each for each in found if each.arm.arm == names[0]]
    if judged := [each for each in found if each.answer not in SILENT] or [e for e in firsts if e.p99.is_judged]:
        return max(judged, key=lambda each: each.badness), len(judged)
    return max(firsts, key=lambda each: (each.cell.cell.concurrency, each.badness), default=None), 0


def plotted(figures: Figures, results: Sequence[Result]) -> list[CellFigures]:
    """Of few cells all; of many the worst that did not pass, and beside them plain ones with least and most load."""
    cells = [cell for cell in figures.cells if cell.cell.lane in PLOTTED and cell.arms]
    if len(cells) <= FEW:
        return cells
    doubts = {cell.name: max(_badness(cell, arm, results) for arm in cell.arms) for cell in cells}
    doubted = sorted((cell for cell in cells if doubts[cell.name][0]), key=lambda cell: doubts[cell.name], reverse=True)
    plain = [cell for cell in cells if cell.cell.body_bytes == 1000 and cell.cell.dialect == "chat"]
    ends = [cell for cell in plain if cell.cell.concurrency in (1, 100)]
    chosen = {cell.name for cell in (*doubted[:MOST_DOUBTED], *ends[:MOST_PLAIN])}
    return [cell for cell in cells if cell.name in chosen]


def _badness(cell: CellFigures, arm: ArmFigures, results: Sequence[Result]) -> tuple[int, float]:
    return Standout(cell, arm, cell.cell.is_stream, answer_of(arm.arm, cell.name, results)).badness
