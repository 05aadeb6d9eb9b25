"""Takes the blocks of a run in the order of its plan, and keeps what came of each. Knows no statistics.

A block that cannot be taken has its reason in the result and does not end the run; a run that is interrupted keeps
what it has, and one that is resumed takes what is missing.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gossamer.bench.arms import Way
from gossamer.bench.blocks import BLOCK_WITHIN_S
from gossamer.bench.busy import Busy
from gossamer.bench.cells import Cell
from gossamer.bench.driver import Driver
from gossamer.bench.errors import BenchError, SubjectBroken
from gossamer.bench.machine import Surroundings
from gossamer.bench.metrics import fetch_totals, means_ns, settled_totals
from gossamer.bench.orders import Measure, Measured
from gossamer.bench.provider import Provider
from gossamer.bench.record import Block, Costs, Run, Sample
from gossamer.bench.rig import Rig
from gossamer.bench.schedule import Visit, schedule
from gossamer.bench.statistics import quantile
from gossamer.bench.usage import cpu_now, memory_now, spent_ns

PATIENCE = 4.0
"""Times what a block should take: then no more requests begin, so that a slow way does not stretch the run."""
LEAST_PATIENCE_S = 1.0
REST_S = 0.05
"""After a block, before the clocks are read: what was put off is still paid for by who put it off."""
SILENT, LONG_S = 2, 10.0
"""A block without an answer can take half a minute, and a run has hundreds: so many in a row, and a way is given up."""
GIVEN_UP = f"{SILENT} blocks in a row without one answer: it was not asked any more"
TOO_MUCH = "a lower rate was too much already"
INTERRUPTED = "interrupted: fewer rounds than planned"
"""A note of a run, until it is whole."""
BEATEN_NS = 20_000_000
"""A p99 above this on the ladder: the way is not asked for a higher rate in this round. The gate's hard limit."""


@dataclass(slots=True)
class Runner:
    """`keep` is called after each round, and at the end."""

    rig: Rig
    run: Run
    ways: Mapping[str, Way]
    driver: Driver
    provider: Provider
    progress: Callable[[Visit, int], None]
    keep: Callable[[], None]
    _began_s: float = field(default_factory=time.monotonic)
    _beaten: set[tuple[int, str]] = field(default_factory=set)
    _silent: Counter[str] = field(default_factory=Counter)
    """Blocks in a row without one answer."""

    def take_all(self) -> None:
        """What is in the plan and not in the result, and again what could not be taken."""
        run = self.run
        run.is_complete = False
        run.blocks = [block for block in run.blocks if not block.reason or block.reason == TOO_MUCH]
        visits = list(schedule(run.cells, tuple(self.ways), run.rounds, run.seed))
        done = {(block.round, block.cell, block.arm) for block in run.blocks}
        current = 0
        for position, visit in enumerate(visits):
            missing = [arm for arm in visit.arms if (visit.round, visit.cell.name, arm) not in done]
            if not missing:
                continue
            if visit.round != current:
                self.keep()
                current = visit.round
            self.progress(visit, position)
            self._take_visit(visit, missing)
        run.is_complete = True
        run.notes = [note for note in run.notes if note != INTERRUPTED]

    def take_more(self, cells: Sequence[Cell], rounds: int) -> None:
        """More rounds of some cells, behind those of the plan: for what is unclear."""
        before = max((block.round for block in self.run.blocks), default=-1) + 1
        for at, visit in enumerate(schedule(cells, tuple(self.ways), before + rounds, self.run.seed)):
            if visit.round >= before:
                self.progress(visit, at)
                self._take_visit(visit, list(visit.arms))

    def _take_visit(self, visit: Visit, missing: list[str]) -> None:
        around = Surroundings(self.rig.gateway.core, {self.rig.gateway.core, self.rig.load.core})
        for position, arm in enumerate(missing):
            block = self._take_block(visit, self.ways[arm], position)
            self.run.blocks.append(block)
        self.run.visits.append(around.close(visit.round, visit.cell.name))

    def _take_block(self, visit: Visit, way: Way, position: int) -> Block:
        cell, began_s = visit.cell, time.monotonic() - self._began_s
        name = way.arm.name
        if cell.rate_per_s and (visit.round, name) in self._beaten:
            return Block(visit.round, cell.name, name, position, began_s, reason=TOO_MUCH)
        if self._silent[name] >= SILENT:
            return Block(visit.round, cell.name, name, position, began_s, reason=GIVEN_UP)
        sample, costs, reason = None, None, ""
        try:
            way.check()
            sample, costs = self._measure(cell, way, visit.first_number, visit.round)
        except BenchError as error:
            reason = str(error)
        self._note_silence(name, sample, time.monotonic() - self._began_s - began_s)
        if cell.rate_per_s and (sample is None or is_beaten(sample)):
            self._beaten.add((visit.round, name))
        return Block(visit.round, cell.name, name, position, began_s, sample, costs, reason)

    def _note_silence(self, name: str, sample: Sample | None, took_s: float) -> None:
        if sample is not None and sample.answered:
            self._silent[name] = 0
        elif took_s > LONG_S:
            self._silent[name] += 1

    def _measure(self, cell: Cell, way: Way, first_number: int, turn: int) -> tuple[Sample, Costs]:
        patience_s = min(BLOCK_WITHIN_S, max(LEAST_PATIENCE_S, PATIENCE * cell.block_s))
        order = Measure(way.arm.name, cell, first_number, patience_s)
        reached = self.provider.requests()
        totals = fetch_totals(way.metrics_url) if way.metrics_url and turn < way.metrics_rounds else {}
        window = Busy(self.provider.process, self.driver.process)
        before = cpu_now(way)
        sample = self.driver.tell(order, Measured, SubjectBroken).sample
        window.close()
        time.sleep(REST_S)
        return sample, Costs(
            *spent_ns(way, before, cpu_now(way)),
            memory_now(way),
            window.share,
            self.provider.requests() - reached,
            means_ns(totals, settled_totals(way.metrics_url, totals, sample.answered)) if totals else {},
        )


def is_beaten(sample: Sample) -> bool:
    """Whether a rate was too much: late, or not answered."""
    if sample.failures or set(sample.statuses) != {"200"}:
        return True
    return quantile(sorted(sample.took_ns), 0.99) > BEATEN_NS
