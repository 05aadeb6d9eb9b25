"""The budget gate: which measures there are, in which order, and what becomes of one that cannot be taken.

Nothing is ever left out silently: a measure without its tools is inconclusive and says what to install.
"""

import os
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from gossamer.bench.budgets import BUDGETS
from gossamer.bench.errors import RigBroken, SubjectBroken
from gossamer.bench.measures import added_p99, chunk_cpu, request_cpu, rss_idle, start
from gossamer.bench.rig import Plan, Rig, standing_rig
from gossamer.bench.rounds import Deadline
from gossamer.bench.verdict import Answer, Result

TIME_LIMIT_S = 225.0
"""No round of an undecided measure begins when it would end after this: the gate stays under four minutes."""

DEBIAN_PACKAGES = {"nginx": "nginx-light", "wrk": "wrk"}


@dataclass(frozen=True, slots=True)
class Measure:
    """`reserve_s` is the time that its first look takes by default, kept free of the rounds of those before it."""

    name: str
    needs: tuple[str, ...]
    reserve_s: float
    take: Callable[[Rig], Sequence[Result]]
    two_cores: bool = True
    also: tuple[str, ...] = ()
    """Other budgets that are told from the same load."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of its results, in their order."""
        return (self.name, *self.also)


MEASURES = (
    Measure(start.NAME, ("nginx",), 8, start.measure, two_cores=False),
    Measure(rss_idle.NAME, ("nginx",), 8, rss_idle.measure, two_cores=False),
    Measure(added_p99.NAME, ("nginx",), 50, added_p99.measure),
    Measure(chunk_cpu.NAME, ("nginx",), 50, chunk_cpu.measure),
    Measure(request_cpu.NAME, ("nginx", "wrk"), 40, request_cpu.measure, also=(request_cpu.NODE,)),
)
"""Quick ones first: what a broken gateway does is seen at once."""

NAMES = tuple(name for measure in MEASURES for name in measure.names)


def run_gate(plan: Plan, only: Collection[str], say: Callable[[str], None], seed: int) -> list[Result]:
    """Take the measures that were asked for (all, if none was named)."""
    chosen = [measure for measure in MEASURES if not only or set(measure.names) & set(only)]
    cores = len(os.sched_getaffinity(0))
    ends_s = time.monotonic() + TIME_LIMIT_S
    results: list[Result] = []
    with standing_rig(plan, say, seed) as rig:
        for position, measure in enumerate(chosen):
            later_s = sum(other.reserve_s for other in chosen[position + 1 :])
            own = replace(rig, deadline=Deadline(ends_s - later_s)).with_folder(measure.name)
            results += _take(measure, own, missing_for(measure, shutil.which, cores))
    return [result for result in results if not only or result.name in only]


def missing_for(measure: Measure, which: Callable[[str], str | None], cores: int) -> Sequence[str]:
    """What this machine lacks for a measure, each with the remedy."""
    lacks = [
        f"{tool} is missing; on Debian and Ubuntu: apt-get install {DEBIAN_PACKAGES[tool]}"
        for tool in measure.needs
        if which(tool) is None
    ]
    if measure.two_cores and cores < 2:
        lacks.append(
            "it takes two cores, one for the gateway and one for load and provider, and this process may use one"
        )
    return lacks


def _take(measure: Measure, rig: Rig, lacks: Sequence[str]) -> Sequence[Result]:
    """The results, whatever happens: a broken rig says nothing of the gateway, a broken gateway fails."""
    if lacks:
        for lack in lacks:
            rig.say(f"!!! {measure.name} IS NOT MEASURED: {lack}")
        return _untaken(measure, Answer.INCONCLUSIVE, *(f"NOT MEASURED: {lack}" for lack in lacks))
    try:
        return measure.take(rig)
    except RigBroken as error:
        answer, text = Answer.INCONCLUSIVE, f"NOT MEASURED, the bench broke down: {error}"
    except SubjectBroken as error:
        answer, text = Answer.FAIL, f"the gateway broke down: {error}"
    rig.say(f"!!! {measure.name}: {text}")
    return _untaken(measure, answer, text)


def _untaken(measure: Measure, answer: Answer, *notes: str) -> list[Result]:
    return [Result(name, BUDGETS[name], answer, notes=notes) for name in measure.names]
