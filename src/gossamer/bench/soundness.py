"""Whether a result that could be decoded can be computed with: files are edited, merged and cut by hands. Pure.

Each function gives a reason, or nothing where there is none.
"""

from collections import Counter
from collections.abc import Iterable

from gossamer.bench.cells import Cell
from gossamer.bench.record import Arm, Block, Run, Sample


def why_unsound(run: Run) -> str:
    """Of a run with its samples."""
    if repeated := _repeated(arm.name for arm in run.arms):
        return f"two ways are called {repeated}"
    return repeated_cell(run.cells) or next((why for block in run.blocks if (why := _of_block(block, run.arms))), "")


def repeated_cell(cells: Iterable[Cell]) -> str:
    """Figures are looked up by the names of their cells."""
    return f"two cells are called {repeated}" if (repeated := _repeated(cell.name for cell in cells)) else ""


def _of_block(block: Block, arms: Iterable[Arm]) -> str:
    where = f"the block of {block.arm} in round {block.round} of {block.cell}"
    if block.arm not in {arm.name for arm in arms}:
        return f"{where} is of a way that is not in the list of ways"
    if block.sample is not None and (why := _of_sample(block.sample)):
        return f"{where} {why}"
    return ""


def _of_sample(sample: Sample) -> str:
    count = len(sample.numbers)
    lists = [sample.took_ns, sample.first_ns]
    lists += [sample.service_ns, sample.whole_service_ns] if sample.service_ns or sample.whole_service_ns else []
    lists += [sample.streams.events_of] if sample.streams is not None else []
    if any(len(each) != count for each in lists):
        return f"has {count} requests, and not as many times of them"
    return "" if sample.seconds > 0 else "took no time"


def _repeated(names: Iterable[str]) -> str:
    return next((name for name, count in Counter(names).items() if count > 1), "")
