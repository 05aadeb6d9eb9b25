"""What a gateway says of itself in one cell: by the heads of its answers, and by its page of metrics. Pure."""

from collections.abc import Sequence

from gossamer.bench.figures import Account
from gossamer.bench.rows import Row
from gossamer.bench.statistics import median

_US_IN_NS = 1e-3
_NOT_STAGES = frozenset({"total", "provider"})


def account_of(rows: Sequence[Row], measured_us: float) -> Account | None:
    """None where answers say nothing of themselves."""
    said = [row.sample.self_ns.p50 for row in rows if row.sample.self_ns is not None]
    if not said:
        return None
    names = list(dict.fromkeys(name for row in rows for name in row.sample.stages_ns))
    stages = {
        name: median([row.sample.stages_ns[name] for row in rows if name in row.sample.stages_ns]) * _US_IN_NS
        for name in names
        if name not in _NOT_STAGES
    }
    self_us = median(said) * _US_IN_NS
    return Account(self_us, stages, measured_us - self_us)


def metrics_of(rows: Sequence[Row]) -> dict[str, float]:
    """The median of what each block's mean was."""
    names = dict.fromkeys(name for row in rows for name in row.costs.metrics_ns)
    return {
        name: median([row.costs.metrics_ns[name] for row in rows if name in row.costs.metrics_ns]) * _US_IN_NS
        for name in names
    }
