"""What no comparison excuses: absolute limits on what a gateway adds. Pure."""

from gossamer.bench.cells import Lane
from gossamer.bench.figures import Figures
from gossamer.bench.record import Role
from gossamer.bench.verdict import Answer, Budget, Result, judge

ADDED_P99_MS = 20.0
"""At 100 at once, the provider at 50 ms."""
AT_ONCE = 100
_MS_IN_US = 1e-3


def hard_limits(figures: Figures) -> list[Result]:
    """One for each gateway in each cell that is loaded so; none where the profile has no such cell."""
    found = []
    for cell in figures.cells:
        if cell.cell.lane is not Lane.LATENCY or cell.cell.concurrency != AT_ONCE or cell.cell.is_stream:
            continue
        for arm in cell.arms:
            if arm.role is Role.GATEWAY:
                added = arm.at(0.99)
                interval = added.us.times(_MS_IN_US)
                answer = judge(interval, ADDED_P99_MS) if added.is_judged else Answer.SHOWN
                name = f"{arm.arm}: {cell.name} added p99"
                found.append(Result(name, Budget(ADDED_P99_MS, "ms"), answer, interval))
    return found
