"""What a figure must not be shown without: that the rig was its limit, or that its way had no core left. Pure."""

from gossamer.bench.cells import Cell, Lane
from gossamer.bench.figures import ArmFigures, CellFigures
from gossamer.bench.record import Role

RIG_WARN, RIG_BOUND = 0.5, 0.8
"""Headroom: throughput as a share of that without the way."""
BUSY = 0.8
"""Of the core of load and provider: from here on their waits are in every latency."""
SATURATED = 0.9
"""Of a core: what is left is the luck of the scheduler, and latency is throughput by another name."""
FALLEN_BEHIND = 0.5
"""Of what the same load does without a gateway: then too."""
RIG_MARK, SATURATED_MARK = " RIG-BOUND", " SATURATED"
WORDS = {
    SATURATED_MARK: "it had no core left at this load, so its latency is its throughput by another name",
    RIG_MARK: "load and provider were the limit, not the gateway; such a figure is a lower or an upper bound",
}


def headroom_mark(headroom: float) -> str:
    """A throughput that the rig limits never goes without its mark."""
    return RIG_MARK if headroom > RIG_BOUND else " (little)" if headroom > RIG_WARN else ""


def marks(arm: ArmFigures, cell: CellFigures) -> str:
    """What stands behind the way's name, or behind its figure."""
    return (SATURATED_MARK if is_saturated(arm, cell) else "") + (RIG_MARK if is_rig_bound(arm, cell.cell) else "")


def is_rig_bound(arm: ArmFigures, cell: Cell) -> bool:
    """Where times are looked at: at full speed the load's core is busy by design, and headroom tells."""
    return (cell.is_timed_by_provider or bool(cell.rate_per_s)) and arm.load_share > BUSY


def is_saturated(arm: ArmFigures, cell: CellFigures) -> bool:
    """One at a time nobody waits for another, however slow it is."""
    if cell.cell.lane is not Lane.LATENCY or cell.cell.concurrency == 1:
        return False
    busy = arm.cpu_us.centre * arm.per_s / 1e6 if arm.cpu_us is not None else 0.0
    direct = cell.arm(Role.DIRECT)
    return busy > SATURATED or (direct is not None and arm.per_s < FALLEN_BEHIND * direct.per_s)
