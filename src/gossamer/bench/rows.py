"""The blocks of one cell as rows that belong together: one row a round, the same requests in each way. Pure.

Only rounds in which every way was taken count, and of those the calm ones, unless they are too few.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gossamer.bench.record import Block, Costs, Role, Run, Sample, Visited
from gossamer.bench.rounds import calm_of, is_disturbed


@dataclass(frozen=True, slots=True)
class Row:
    """One block of one way, ready to be compared."""

    sample: Sample
    costs: Costs
    beyond_ns: list[int]
    """What was measured, less the provider's own time where that is known."""
    first_ns: list[int]
    """The same until the first byte."""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows[arm]` has one row for each counted round, in the same order for all arms."""

    rows: Mapping[str, Sequence[Row]]
    rounds: int
    calm: int
    is_disturbed: bool
    missing: Mapping[str, str]
    turns: Sequence[int]
    """Which rounds these are."""


def table_of(run: Run, cell: str) -> Table:
    """Ways that were not taken in half of the rounds are missing: they do not take the rounds of the others along."""
    blocks = {(block.round, block.arm): block for block in run.blocks if block.cell == cell}
    whole = {key: block for key, block in blocks.items() if _is_whole(block)}
    taken = Counter(name for _, name in whole)
    least = max(taken.values(), default=0) / 2
    missing = {
        arm.name: _reason(blocks, arm.name) for arm in run.arms if not taken[arm.name] or taken[arm.name] < least
    }
    present = [arm.name for arm in run.arms if arm.name not in missing]
    rounds = sorted({turn for turn, _ in whole if all((turn, name) in whole for name in present)})
    visits = {visit.round: visit for visit in run.visits if visit.cell == cell}
    calm = _calm(rounds, visits)
    disturbed = is_disturbed(calm)
    counted = [turn for turn, is_calm in zip(rounds, calm, strict=True) if disturbed or is_calm]
    directs = [arm.name for arm in run.arms if arm.role in (Role.DIRECT, Role.AGAIN)]
    found: dict[str, list[Row]] = {name: [] for name in present}
    for turn in counted:
        services = _services([whole[turn, name] for name in directs if name in present])
        for name in present:
            found[name].append(_row(whole[turn, name], services))
    return Table(found, len(rounds), sum(calm), disturbed, missing, counted)


def _reason(blocks: Mapping[tuple[int, str], Block], arm: str) -> str:
    mine = [block for (_, name), block in blocks.items() if name == arm]
    if said := next((block.reason for block in mine if block.reason), ""):
        return said
    seen = Counter[str]()
    for block in mine:
        if block.sample is not None:
            seen.update(block.sample.statuses)
            seen.update(block.sample.failures)
    told = ", ".join(f"{count} x {what}" for what, count in seen.most_common())
    return f"not one good answer: {told}" if told else "not one answer"


def _is_whole(block: Block) -> bool:
    return block.sample is not None and block.costs is not None and bool(block.sample.took_ns)


def _calm(rounds: Sequence[int], visits: Mapping[int, Visited]) -> list[bool]:
    """A visit that was interrupted has no surroundings, and was not calm."""
    seen = [visits[turn] for turn in rounds if turn in visits]
    calm = calm_of([visit.neighbours_share for visit in seen], [visit.pace_ms for visit in seen])
    by_round = dict(zip((visit.round for visit in seen), calm, strict=True))
    return [by_round.get(turn, False) for turn in rounds]


Services = Mapping[int, tuple[int, int]]
"""By the number of the request: the provider's time until its first byte, and until its last."""


def _services(directs: Sequence[Block]) -> Services:
    """Stamps are lost on the way through many a gateway, never on the direct one."""
    found: dict[int, tuple[int, int]] = {}
    for block in directs:
        sample = block.sample
        if sample is not None and sample.service_ns:
            pairs = zip(sample.service_ns, sample.whole_service_ns, strict=True)
            found.update(zip(sample.numbers, pairs, strict=True))
    return found


def _row(block: Block, services: Services) -> Row:
    sample, costs = block.sample, block.costs
    assert sample is not None
    assert costs is not None
    if sample.service_ns:
        own = list(zip(sample.service_ns, sample.whole_service_ns, strict=True))
    else:
        own = [services.get(number, (0, 0)) for number in sample.numbers]
    return Row(
        sample,
        costs,
        [took - whole for took, (_, whole) in zip(sample.took_ns, own, strict=True)],
        [first - begun for first, (begun, _) in zip(sample.first_ns, own, strict=True)],
    )
