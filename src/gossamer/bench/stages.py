"""Which stage of a gateway has become dearer, beside the one that it is compared with in the same run. Pure."""

from gossamer.bench.cells import Lane
from gossamer.bench.diagnosis import FEW_AT_ONCE
from gossamer.bench.families import holm
from gossamer.bench.figures import Finding
from gossamer.bench.judging import p_of
from gossamer.bench.record import Role, Run
from gossamer.bench.rows import Row, table_of
from gossamer.bench.statistics import Interval, hodges_lehmann

LEAST_US = 20.0
"""Less is the luck of a cache."""
_US_IN_NS = 1e-3
_TOTALS = frozenset({"total", "provider"})


def grown_stages(run: Run) -> list[Finding]:
    """Those that are surely dearer than in the base, the worst first."""
    found = {key: interval for key, interval in _all(run).items() if interval.confidence > 0}
    significant = holm({key: p_of(interval, LEAST_US) for key, interval in found.items()})
    worst: dict[str, tuple[str, Interval]] = {}
    for cell, stage in sorted(significant, key=lambda key: -found[key].centre):
        worst.setdefault(stage, (cell, found[cell, stage]))
    name = next((arm.name for arm in run.arms if arm.role is Role.GATEWAY), "")
    return [Finding("grown-stage", name, cell, _text(stage, by)) for stage, (cell, by) in worst.items()]


def _text(stage: str, by: Interval) -> str:
    return f"the stage `{stage}` takes {by.centre:.0f} us longer than in the base ({by.low:.0f} .. {by.high:.0f})"


def _all(run: Run) -> dict[tuple[str, str], Interval]:
    names = {role: next((arm.name for arm in run.arms if arm.role is role), "") for role in Role}
    found = {}
    for cell in run.cells:
        if cell.lane not in (Lane.FLOOR, Lane.LATENCY) or cell.concurrency > FEW_AT_ONCE:
            continue
        rows = table_of(run, cell.name).rows
        pairs = list(zip(rows.get(names[Role.BASE], []), rows.get(names[Role.GATEWAY], []), strict=False))
        for stage in _shared(pairs):
            deltas = [_us(new, stage) - _us(old, stage) for old, new in pairs]
            found[cell.name, stage] = hodges_lehmann(deltas)
    return found


def _shared(pairs: list[tuple[Row, Row]]) -> list[str]:
    """Stages that both name in every round."""
    if not pairs:
        return []
    first = pairs[0][0].sample.stages_ns
    rows = [row for pair in pairs for row in pair]
    return [name for name in first if name not in _TOTALS and all(name in row.sample.stages_ns for row in rows)]


def _us(row: Row, stage: str) -> float:
    return row.sample.stages_ns[stage] * _US_IN_NS
