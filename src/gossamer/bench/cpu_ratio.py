"""CPU per unit of work of the gateway's worker, as a ratio to nginx doing the same work in the same rounds.

The kernel counts the time, the measure's `work` counts the units; nothing is sampled. Decided on is the median of the
rounds' ratios between order statistics: a disturbed round is always dearer, so nothing that wants symmetry would do.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gossamer.bench.budgets import BUDGETS
from gossamer.bench.kernel import cpu_of, family
from gossamer.bench.rig import Rig
from gossamer.bench.rounds import Rounds, until_decided
from gossamer.bench.statistics import Interval, median, median_interval
from gossamer.bench.verdict import Answer, Result

SETTLE_S = 0.1
"""After a turn, before the clock is read: what was put off (a journal write) is still paid for by who put it off."""


@dataclass(slots=True)
class Arm:
    """One side of the comparison: its processes, what it does in a turn, and what each turn cost."""

    root: int
    worker: int
    work: Callable[[], int]
    """Does one turn and says how many units that was."""
    worker_us: list[float] = field(default_factory=list)
    node_us: list[float] = field(default_factory=list)

    def turn(self) -> None:
        """One turn; its costs are appended."""
        before = cpu_of(family(self.root))
        units = self.work()
        time.sleep(SETTLE_S)
        after = cpu_of(before)
        self.worker_us.append((after[self.worker] - before[self.worker]) / units / 1000)
        self.node_us.append(sum(after[pid] - before[pid] for pid in after) / units / 1000)


def ratios(gateway_us: Sequence[float], hop_us: Sequence[float]) -> list[float]:
    """Round by round, so that what slows a whole round cancels out."""
    return [gateway / hop for gateway, hop in zip(gateway_us, hop_us, strict=True)]


def compare(
    rig: Rig, name: str, unit: str, gateway: Arm, hop: Arm, *, node: str = "", only_dearer: bool = True
) -> list[Result]:
    """Rounds of both arms until the ratio is clear of its budget or time is up; `only_dearer` as in Rounds.

    `node` names the budget of all processes together, where they have one: told from the same rounds, and no more.
    """
    budget, rounds = BUDGETS[name], rig.rounds(only_dearer=only_dearer)

    def take_round() -> None:
        rounds.take({"gateway": gateway.turn, "nginx": hop.turn})
        mine, theirs = gateway.worker_us[-1], hop.worker_us[-1]
        costs = f"gateway {mine:.1f} us, nginx {theirs:.1f} us, {mine / theirs:.2f} x"
        rig.say(f"{name}  round {len(rounds.shares)}: {costs}; {rounds.last}")

    def look() -> tuple[Answer, Interval]:
        interval = median_interval(rounds.counted(ratios(gateway.worker_us, hop.worker_us)))
        return rounds.judge(interval, budget.limit), interval

    answer, interval = until_decided(take_round, look, rig.plan.rounds, rig.deadline)
    notes = (_note(rounds, gateway, hop, unit), *rounds.notes())
    results = [Result(name, budget, answer, interval, notes, _series(rounds, gateway, hop))]
    return [*results, _node(node, rounds, gateway, hop, unit)] if node else results


def _node(name: str, rounds: Rounds, gateway: Arm, hop: Arm, unit: str) -> Result:
    """Beside nginx's worker too, which is all of nginx that works."""
    budget = BUDGETS[name]
    interval = median_interval(rounds.counted(ratios(gateway.node_us, hop.worker_us)))
    cost = f"all processes of the gateway, a {unit}: {median(rounds.counted(gateway.node_us)):.1f} us"
    return Result(name, budget, rounds.judge(interval, budget.limit), interval, (cost, *rounds.notes()))


def _note(rounds: Rounds, gateway: Arm, hop: Arm, unit: str) -> str:
    mine, theirs, node = (median(rounds.counted(s)) for s in (gateway.worker_us, hop.worker_us, gateway.node_us))
    return (
        f"CPU a {unit}, medians of {len(rounds.counted(rounds.shares))} rounds: gateway's worker {mine:.1f} us, "
        f"nginx's {theirs:.1f} us; all processes of the gateway {node:.1f} us ({node / theirs:.2f} x)"
    )


def _series(rounds: Rounds, gateway: Arm, hop: Arm) -> dict[str, list[float]]:
    return {
        "gateway_us": gateway.worker_us,
        "gateway_node_us": gateway.node_us,
        "nginx_us": hop.worker_us,
        "neighbours_share": rounds.shares,
        "pace_ms": rounds.paces_ms,
    }
