"""What changed between two gateways: in one run beside each other, or in two by their ratios to the hop. Pure."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from gossamer.bench.analysis import DRAWS, US_IN_NS, median_deltas
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.judging import CPU_LIMIT, FELT_US, LATENCY_LIMIT, Change, floor_of, p_of
from gossamer.bench.power import requests_needed
from gossamer.bench.record import Role, Run
from gossamer.bench.rows import Row, table_of
from gossamer.bench.statistics import Interval, centre, hodges_lehmann
from gossamer.bench.tails import UNBOUNDED, Drawn, aa_noise, aa_noise_of_centres, added, ratio, ratio_of_centres

QUANTILES = (0.5, 0.99)
_LEAST = 1e-9


# --- in one run ---


def changes_within(run: Run) -> list[Change]:
    """The gateway against the base, round by round in one run: the sharpest that there is."""
    chance = random.Random(run.seed)  # noqa: S311 - draws of a bootstrap are no secret
    names = {role: next((arm.name for arm in run.arms if arm.role is role), "") for role in Role}
    found: list[Change] = []
    for cell in run.cells:
        rows = table_of(run, cell.name).rows
        if not all(rows.get(names[role]) for role in (Role.DIRECT, Role.AGAIN, Role.BASE, Role.GATEWAY)):
            continue
        old, new = rows[names[Role.BASE]], rows[names[Role.GATEWAY]]
        if is_judged_for_latency(cell):
            pair = _Pair(rows[names[Role.DIRECT]], rows[names[Role.AGAIN]], old, new, chance)
            found += [pair.change(cell, q) for q in QUANTILES]
        if is_judged_for_cpu(cell):
            found += _cpu_within(cell, old, new)
    return found


class _Pair:
    """One cell's rows of both gateways."""

    def __init__(
        self, direct: Sequence[Row], again: Sequence[Row], old: Sequence[Row], new: Sequence[Row], chance: random.Random
    ) -> None:
        self._direct = [row.beyond_ns for row in direct]
        self._again = [row.beyond_ns for row in again]
        self._base = [[*a, *b] for a, b in zip(self._direct, self._again, strict=True)]
        self._old = [row.beyond_ns for row in old]
        self._new = [row.beyond_ns for row in new]
        self._chance = chance

    def change(self, cell: Cell, q: float) -> Change:
        """At one quantile."""
        floor = floor_of(self._noise(q))
        drawn = self._ratio(q)
        requests = sum(map(len, self._new))
        return Change(
            name=f"{cell.name} added p{q * 100:g}",
            ratio=drawn.interval,
            p=drawn.p_above(1 + floor),
            floor=floor,
            limit=LATENCY_LIMIT,
            change_us=self._change_us(q),
            felt_us=FELT_US[q],
            doubt=too_few(q, requests),
        )

    def _noise(self, q: float) -> float:
        """As a share of what the old gateway adds."""
        if q == QUANTILES[0]:
            noise = aa_noise_of_centres(median_deltas(self._direct, self._again), self._chance, DRAWS)
            size = centre(median_deltas(self._base, self._old))
        else:
            noise = aa_noise(q, self._direct, self._again, self._chance, DRAWS)
            size = added(q, self._base, self._old, self._chance, 1).centre
        return noise / max(size, _LEAST)

    def _ratio(self, q: float) -> Drawn:
        if q == QUANTILES[0]:
            return ratio_of_centres(
                median_deltas(self._base, self._old), median_deltas(self._base, self._new), self._chance, DRAWS
            )
        return ratio(q, self._base, self._old, self._new, self._chance, DRAWS)

    def _change_us(self, q: float) -> Interval:
        if q == QUANTILES[0]:
            return hodges_lehmann(median_deltas(self._old, self._new)).times(US_IN_NS)
        return added(q, self._old, self._new, self._chance, DRAWS).interval.times(US_IN_NS)


def _cpu_within(cell: Cell, old: Sequence[Row], new: Sequence[Row]) -> list[Change]:
    pairs = [(_cpu(before), _cpu(after)) for before, after in zip(old, new, strict=True)]
    if not all(before and after for before, after in pairs):
        return []
    found = hodges_lehmann([after / before for before, after in pairs])
    floor = floor_of(0.0)
    return [Change(f"{cell.name} CPU a request", found, p_of(found, 1 + floor), floor, CPU_LIMIT)]


def _cpu(row: Row) -> float:
    return row.costs.cpu_ns / max(1, row.sample.answered)


# --- between two runs ---


def changes_between(old: Figures, new: Figures) -> list[Change]:
    """By ratios to the null hop of each run's own, which carry from machine to machine."""
    before = {cell.name: cell for cell in old.cells}
    pairs = pairs_of(old, new)
    found: list[Change] = []
    for cell in new.cells:
        if cell.name in before:
            for was, now in pairs:
                changes = _between(_arm(before[cell.name], was), _arm(cell, now), before[cell.name], cell)
                found += [_fitted(each, whose(now, pairs), times_too=is_same_machine(old, new)) for each in changes]
    return found


def pairs_of(old: Figures, new: Figures) -> list[tuple[str, str]]:
    """Which gateway of the one is held against which of the other: by name, or the only ones that there are."""
    was, now = ([arm.name for arm in figures.arms if arm.role is Role.GATEWAY] for figures in (old, new))
    shared = [(name, name) for name in now if name in was]
    return shared or ([(was[0], now[0])] if len(was) == len(now) == 1 else [])


def whose(name: str, pairs: Sequence[tuple[str, str]]) -> str:
    """What stands before a result's own name: the gateway's, where there are several."""
    return f"{name}: " if len(pairs) > 1 else ""


def _arm(cell: CellFigures, name: str) -> ArmFigures | None:
    return next((arm for arm in cell.arms if arm.arm == name), None)


def _fitted(change: Change, prefix: str, *, times_too: bool) -> Change:
    """Times of another machine are no part of it."""
    named = replace(change, name=f"{prefix}{change.name}")
    return named if times_too else replace(named, change_us=None)


def why_not_comparable(old: Figures, new: Figures) -> str:
    """Empty where the two can be held against each other."""
    hops = [next((arm.what for arm in figures.arms if arm.role is Role.HOP), "") for figures in (old, new)]
    if hops[0] != hops[1]:
        return f"the null hops differ ({hops[0] or 'none'}; {hops[1] or 'none'}): ratios to them say nothing"
    if not {cell.name for cell in old.cells} & {cell.name for cell in new.cells}:
        return f"no cell is in both: the profiles are {old.profile} and {new.profile}"
    if not all(any(arm.role is Role.GATEWAY for arm in figures.arms) for figures in (old, new)):
        return "one of them measured no gateway"
    if not pairs_of(old, new):
        names = [", ".join(arm.name for arm in each.arms if arm.role is Role.GATEWAY) for each in (old, new)]
        return f"they measured different gateways ({names[0]}; {names[1]})"
    return ""


def is_same_machine(old: Figures, new: Figures) -> bool:
    """Whether absolute times may be compared too."""
    return (old.machine, old.digest) == (new.machine, new.digest)


def _between(before: ArmFigures | None, after: ArmFigures | None, old: CellFigures, new: CellFigures) -> list[Change]:
    if before is None or after is None:
        return []
    found = []
    if is_judged_for_latency(new.cell):
        found = [change for q in QUANTILES if (change := _between_at(q, old, new, before, after)) is not None]
    if is_judged_for_cpu(new.cell) and before.cpu_to_hop is not None and after.cpu_to_hop is not None:
        ratio_now = over(after.cpu_to_hop, before.cpu_to_hop)
        floor = floor_of(0.0)
        found.append(Change(f"{new.name} CPU a request", ratio_now, p_of(ratio_now, 1 + floor), floor, CPU_LIMIT))
    return found


def _between_at(q: float, old: CellFigures, new: CellFigures, before: ArmFigures, after: ArmFigures) -> Change | None:
    was, now = before.at(q), after.at(q)
    if was.to_hop is None or now.to_hop is None:
        return None
    noise_us = max(old.noise_us, new.noise_us) if q == QUANTILES[0] else max(old.noise_p99_us, new.noise_p99_us)
    floor = floor_of(noise_us / max(_LEAST, was.us.centre))
    found = over(now.to_hop, was.to_hop)
    change_us = Interval(
        now.us.centre - was.us.centre,
        now.us.low - was.us.high,
        now.us.high - was.us.low,
        min(now.us.confidence, was.us.confidence),
    )
    return Change(
        name=f"{new.name} added p{q * 100:g}",
        ratio=found,
        p=p_of(found, 1 + floor),
        floor=floor,
        limit=LATENCY_LIMIT,
        change_us=change_us,
        felt_us=FELT_US[q],
        doubt=too_few(q, min(was.requests, now.requests)),
        notes=(f"against the null hop: {was.to_hop.centre:.2f} before, {now.to_hop.centre:.2f} now",)
        if found.confidence
        else (),
    )


def over(above: Interval, below: Interval) -> Interval:
    """One ratio over another that was measured apart: half widths add as squares, in logarithms."""
    if min(above.low, below.low) <= 0 or max(above.high, below.high) >= UNBOUNDED:
        return Interval(0.0, 0.0, 0.0, 0.0)
    centre = math.log(above.centre / below.centre)
    down = math.hypot(math.log(above.centre / above.low), math.log(below.high / below.centre))
    up = math.hypot(math.log(above.high / above.centre), math.log(below.centre / below.low))
    confidence = min(above.confidence, below.confidence)
    return Interval(math.exp(centre), math.exp(centre - down), math.exp(centre + up), confidence)


# --- what is judged ---


def is_judged_for_latency(cell: Cell) -> bool:
    """At full speed and on the ladder latency is throughput by another name."""
    return cell.lane in (Lane.LATENCY, Lane.FLOOR)


def is_judged_for_cpu(cell: Cell) -> bool:
    """Where there are enough requests that ticks and timers do not matter."""
    return cell.lane is Lane.CAPACITY and not cell.rate_per_s


def too_few(q: float, requests: int) -> str:
    """Empty where there are enough."""
    needed = requests_needed(q)
    return "" if requests >= needed else f"{requests} requests an arm, and it takes {needed}"
