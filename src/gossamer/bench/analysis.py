"""From a run to its figures: what each way adds in each cell, what it costs, what it says of itself. Pure.

The base of every difference is both direct ways together; the second alone, against the first, is the noise floor.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from gossamer.bench.accounts import account_of, metrics_of
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.diagnosis import diagnose
from gossamer.bench.figures import CURVE, Added, ArmFigures, CellFigures, Figures, Flow
from gossamer.bench.limits import hard_limits
from gossamer.bench.power import effect_seen, requests_needed
from gossamer.bench.record import Arm, Role, Run, Spread, Visited
from gossamer.bench.rows import Row, Table, table_of
from gossamer.bench.statistics import Interval, hodges_lehmann, median, quantile
from gossamer.bench.tails import aa_noise, aa_noise_of_centres, added, ratio, ratio_of_centres

US_IN_NS = 1e-3
QUANTILES = (0.5, 0.95, 0.99)
FIRST_QUANTILES = (0.5, 0.99)
DRAWS = 500
"""Of each bootstrap: a run has some hundred of them, and pages are waited for."""
Rows = Sequence[Row]


def figures_of(run: Run) -> Figures:
    """All of it; chance is seeded by the run, so the same run gives the same figures."""
    chance = random.Random(run.seed)  # noqa: S311 - draws of a bootstrap are no secret
    cells = tuple(cell_figures(run, cell, chance) for cell in run.cells)
    arms = {arm.name: arm for arm in run.arms}
    figures = Figures(
        run.profile, run.seed, run.rounds, run.machine, run.digest, run.versions, run.began, run.arms, cells, (),
        tuple(run.notes), run.is_complete,
    )  # fmt: skip
    figures.findings = tuple(diagnose(cells, arms, hard_limits(figures)))
    return figures


def cell_figures(run: Run, cell: Cell, chance: random.Random) -> CellFigures:
    """One cell."""
    table = table_of(run, cell.name)
    view = View(run, cell, table, chance)
    noise = [view.noise_us(q) for q in (0.5, 0.99)]
    arms = tuple(view.figures(arm) for arm in run.arms if view.has_base and table.rows.get(arm.name))
    return CellFigures(
        cell.name, cell, table.rounds, table.calm, table.is_disturbed, noise[0], noise[1], arms, dict(table.missing),
        *_around([visit for visit in run.visits if visit.cell == cell.name]), tuple(table.turns),
    )  # fmt: skip


def _around(visits: Sequence[Visited]) -> tuple[float, float, float]:
    """What the machine did meanwhile."""
    if not visits:
        return 0.0, 0.0, 0.0
    return (
        median([visit.neighbours_share for visit in visits]),
        median([visit.steal_share for visit in visits]),
        median([visit.pressure for visit in visits]),
    )


class View:
    """One cell's rows, and the questions that are asked of them."""

    def __init__(self, run: Run, cell: Cell, table: Table, chance: random.Random) -> None:
        self._cell = cell
        self._table = table
        self._chance = chance
        self._names = {role: next((a.name for a in run.arms if a.role is role), "") for role in Role}
        direct, again = self._rows(Role.DIRECT), self._rows(Role.AGAIN)
        self._direct = direct
        self._again = again
        self._hop = self._rows(Role.HOP)
        both = [rows for rows in (direct, again) if rows]  # one alone where a run was interrupted in its first visit
        self._base = [list(chain.from_iterable(row.beyond_ns for row in rows)) for rows in zip(*both, strict=True)]
        self._base_first = [list(chain.from_iterable(row.first_ns for row in rows)) for rows in zip(*both, strict=True)]

    @property
    def has_base(self) -> bool:
        """Whether there is anything that what was measured could be held against."""
        return bool(self._base)

    def _rows(self, role: Role) -> Rows:
        return self._table.rows.get(self._names[role], [])

    def noise_us(self, q: float) -> float:
        """How far the direct way is from itself, 95 times of 100."""
        if not self._direct or not self._again:
            return 0.0
        direct, again = ([row.beyond_ns for row in rows] for rows in (self._direct, self._again))
        if q == QUANTILES[0]:
            return aa_noise_of_centres(median_deltas(direct, again), self._chance, DRAWS) * US_IN_NS
        return aa_noise(q, direct, again, self._chance, DRAWS) * US_IN_NS

    def figures(self, arm: Arm) -> ArmFigures:
        """Of one way."""
        rows = self._table.rows[arm.name]
        beyond = [row.beyond_ns for row in rows]
        samples = [row.sample for row in rows]
        deltas = median_deltas(self._base, beyond)
        centre = self._added(0.5, self._base, beyond)
        first_byte = tuple(
            self._added(q, self._base_first, [row.first_ns for row in rows], is_first=True) for q in FIRST_QUANTILES
        )
        told_by = first_byte[0] if self._cell.is_stream else centre  # it is said in the head
        return ArmFigures(
            arm=arm.name,
            role=arm.role,
            blocks=len(rows),
            added=(centre, *(self._added(q, self._base, beyond) for q in QUANTILES[1:])),
            first_byte=first_byte,
            quantiles_us=tuple(_pooled(beyond, q) * US_IN_NS for q in CURVE),
            medians_us=tuple(delta * US_IN_NS for delta in deltas),
            per_s=median([_speed(row) for row in rows]),
            headroom=self._headroom(rows),
            cpu_us=_interval(_cpu_us(rows)),
            cpu_to_hop=self._cpu_to_hop(rows),
            worker_cpu_us=_middle([row.costs.worker_cpu_ns / max(1, row.sample.answered) * US_IN_NS for row in rows]),
            rss_mb=max(row.costs.rss_bytes for row in rows) / 1e6,
            rss_growth_mb=(rows[-1].costs.rss_bytes - rows[0].costs.rss_bytes) / 1e6,
            load_share=median([row.costs.load_share for row in rows]),
            send_lag_us=_middle([s.send_lag_ns.p99 * US_IN_NS for s in samples if s.send_lag_ns is not None]),
            loop_lag_us=median([sample.loop_lag_ns * US_IN_NS for sample in samples]),
            statuses=_summed(sample.statuses for sample in samples),
            failures=_summed(sample.failures for sample in samples),
            hidden_errors=sum(sample.hidden_errors for sample in samples),
            refused=sum(sample.refused for sample in samples),
            answered=sum(sample.answered for sample in samples),
            reached=sum(row.costs.reached for row in rows),
            flow=self._flow(rows) if self._cell.is_stream and self._direct else None,
            account=account_of(rows, told_by.us.centre),
            metrics_us=metrics_of(rows),
        )

    def _added(
        self, q: float, base: Sequence[list[int]], through: Sequence[list[int]], *, is_first: bool = False
    ) -> Added:
        """The centre over block deltas, tails over rounds drawn again."""
        if q == QUANTILES[0]:
            interval = hodges_lehmann(median_deltas(base, through))
        else:
            interval = added(q, base, through, self._chance, DRAWS).interval
        requests = sum(map(len, through))
        to_hop = None if is_first or not self._hop else self._to_hop(q, base, through)
        return Added(
            q, interval.times(US_IN_NS), requests, requests_needed(q), round(effect_seen(q, requests), 4), to_hop
        )

    def _to_hop(self, q: float, base: Sequence[list[int]], through: Sequence[list[int]]) -> Interval:
        hop = [row.beyond_ns for row in self._hop]
        if q == QUANTILES[0]:
            old, new = median_deltas(base, hop), median_deltas(base, through)
            return ratio_of_centres(old, new, self._chance, DRAWS).interval
        return ratio(q, base, hop, through, self._chance, DRAWS).interval

    def _headroom(self, rows: Rows) -> float | None:
        if self._cell.lane is not Lane.CAPACITY or self._cell.rate_per_s or not self._direct:
            return None
        return median([_speed(mine) / _speed(direct) for mine, direct in zip(rows, self._direct, strict=True)])

    def _cpu_to_hop(self, rows: Rows) -> Interval | None:
        mine, theirs = _cpu_us(rows), _cpu_us(self._hop)
        if not mine or not all(theirs) or not theirs:
            return None
        return hodges_lehmann([a / b for a, b in zip(mine, theirs, strict=True)])

    def _flow(self, rows: Rows) -> Flow:
        mine = [row.sample.streams for row in rows if row.sample.streams is not None]
        theirs = [row.sample.streams for row in self._direct if row.sample.streams is not None]
        expected = {
            (turn, number): events
            for turn, row in enumerate(self._direct)
            if row.sample.streams is not None
            for number, events in zip(row.sample.numbers, row.sample.streams.events_of, strict=True)
        }
        got = {
            (turn, number): events
            for turn, row in enumerate(rows)
            if row.sample.streams is not None
            for number, events in zip(row.sample.numbers, row.sample.streams.events_of, strict=True)
        }
        shared = expected.keys() & got.keys()
        return Flow(
            delay_us=_spread_deltas([s.delay_ns for s in theirs], [s.delay_ns for s in mine], "p50"),
            delay_p99_us=_spread_deltas([s.delay_ns for s in theirs], [s.delay_ns for s in mine], "p99"),
            first_content_us=_deltas(
                [_median_of(s.first_content_ns) for s in theirs], [_median_of(s.first_content_ns) for s in mine]
            ),
            events=sum(got[key] for key in shared),
            expected=sum(expected[key] for key in shared),
            unended=sum(s.unended for s in mine),
            gaps=sum(s.gaps for s in mine),
            shrunk=sum(s.shrunk for s in mine),
            reads_per_event=_share(sum(s.reads for s in mine), sum(s.events for s in mine)),
            reads_per_event_direct=_share(sum(s.reads for s in theirs), sum(s.events for s in theirs)),
            is_stamped=any(s.delay_ns is not None for s in mine),
        )


def median_deltas(base: Sequence[list[int]], through: Sequence[list[int]]) -> list[float]:
    """Round by round, so that what slows a whole round cancels out."""
    return [float(_median_of(there) - _median_of(here)) for here, there in zip(base, through, strict=True)]


def _speed(row: Row) -> float:
    return row.sample.answered / row.sample.seconds


def _median_of(values: Sequence[int]) -> int:
    return quantile(sorted(values), 0.5) if values else 0


def _pooled(blocks: Iterable[Sequence[int]], q: float) -> int:
    return quantile(sorted(chain.from_iterable(blocks)), q)


def _cpu_us(rows: Rows) -> list[float]:
    """Per request; nothing where the processes are not seen."""
    found = [row.costs.cpu_ns / max(1, row.sample.answered) * US_IN_NS for row in rows]
    return found if any(found) else []


def _interval(values: Sequence[float]) -> Interval | None:
    return hodges_lehmann(values) if values else None


def _middle(values: Sequence[float]) -> float | None:
    return median(values) if any(values) else None


def _deltas(base: Sequence[int], through: Sequence[int]) -> Interval:
    pairs = list(zip(base, through, strict=False))
    if not pairs:
        return Interval(0.0, 0.0, 0.0, 0.0)
    return hodges_lehmann([float(there - here) for here, there in pairs]).times(US_IN_NS)


def _spread_deltas(base: Sequence[Spread | None], through: Sequence[Spread | None], name: str) -> Interval:
    pairs = [(a, b) for a, b in zip(base, through, strict=False) if a is not None and b is not None]
    return _deltas([getattr(a, name) for a, _ in pairs], [getattr(b, name) for _, b in pairs])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)
