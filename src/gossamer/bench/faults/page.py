"""The table: a row for each fault and shape, what the client saw and what was written down; as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gossamer.bench.faults.cases import Targets
from gossamer.bench.faults.judging import Cell, broken_promises
from gossamer.bench.faults.outage import BACK_WITHIN_S
from gossamer.bench.faults.round import Outage, Round

_HEADS: Final = ("", "fault", "asked", "the client saw", "after", "asked of", "record", "cost")
_TITLES: Final[dict[Targets, str]] = {1: "One target", 2: "Two targets"}
_OK: Final = 200
_NANOS_A_MICRO: Final = 1000


def write_tables(found: Round) -> str:
    """One for each number of targets."""
    present = sorted({cell.case.targets for cell in found.cells})
    return "\n".join(_table(found, targets) for targets in present)


def write_verdict(found: Round) -> str:
    broken = list(all_broken(found))
    if not broken:
        return "No silent end, no double answer, no double bill.\n"
    return "".join(f"BROKEN  {line}\n" for line in broken)


def all_broken(found: Round) -> Iterator[str]:
    """Each promise that was not kept, with the cell it belongs to."""
    for cell in found.cells:
        yield from (f"{cell.case.name}: {words}" for words in broken_promises(cell))
    for outage in found.outages:
        yield from (f"{outage.spell.case.name}: {words}" for words in _broken_in(outage))


def _broken_in(outage: Outage) -> Iterator[str]:
    spell = outage.spell
    for cell in outage.cells:
        yield from broken_promises(cell)
    if spell.back_s is None:
        yield f"not asked again within {BACK_WITHIN_S:g} s of its return"
    if spell.case.targets == 2 and spell.failed:
        yield f"{len(spell.failed)} requests failed, though the second target was well"


def _table(found: Round, targets: Targets) -> str:
    rows = [_row_of(cell) for cell in found.cells if cell.case.targets == targets]
    rows += [_row_of_outage(outage) for outage in found.outages if outage.spell.case.targets == targets]
    rows.sort(key=lambda row: (int(row[0].rstrip("b")), row[0]))  # stable: a stream stays before its JSON
    lines = [_line(_HEADS), _line(["---"] * len(_HEADS)), *map(_line, rows)]
    return f"## {_TITLES[targets]}\n\n" + "".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _row_of(cell: Cell) -> list[str]:
    case, answer = cell.case, cell.answer
    record = "; ".join(_record(each.outcome, each.target, each.error) for each in cell.records) or "none"
    return [
        case.fault.number,
        case.fault.told(case.targets)[0],
        case.shape,
        _saw(cell),
        f"{answer.total_s:.1f} s",
        _asked_of(cell.first.attempts, cell.second.attempts),
        record,
        _costs(each.cost_nanos for each in cell.records),
    ]


def _row_of_outage(outage: Outage) -> list[str]:
    spell, cells = outage.spell, outage.cells
    failed = [cell for cell in cells if cell.answer.status != _OK]
    kinds = ", ".join(sorted({_saw(cell) for cell in failed}))
    saw = f"{len(cells) - len(failed)} whole answers" + (f", {len(failed)} times {kinds}" if failed else "")
    back = "never" if spell.back_s is None else f"well {spell.back_s:.1f} s after its end"
    outcomes = sorted({_record(each.outcome, "", each.error) for cell in cells for each in cell.records})
    second = sum(cell.second.attempts for cell in cells)
    return [
        spell.case.fault.number,
        spell.case.fault.says,
        spell.case.shape,
        saw,
        back,
        f"second {second}" if second else "first alone",
        "; ".join(outcomes),
        _costs([sum(each.cost_nanos or 0 for cell in cells for each in cell.records)]),
    ]


def _saw(cell: Cell) -> str:
    answer, story = cell.answer, cell.story
    if answer.status == 0:
        return "a broken connection"
    if answer.status != _OK:
        retry = answer.headers.get("retry-after")
        return f"{answer.status} `{story.error}`" + (f", Retry-After {retry}" if retry else "")
    if cell.case.shape == "JSON" and cell.is_complete:
        return "200, the answer"
    words = [f"{story.tokens} tokens"] if story.tokens else []
    if story.unreadable:
        words.append("what is no JSON")
    if story.error:
        words.append(f"an error event `{story.error}`")
    elif story.has_done or story.has_finished:
        words.append("`[DONE]`" if story.has_done else "its reason to end")
    return "200, " + ", ".join(words)


def _asked_of(first: int, second: int) -> str:
    return f"first {first}" + (f", second {second}" if second else "")


def _record(outcome: str, target: str, error: str | None) -> str:
    by = " by the second" if target.startswith("second/") else ""
    return f"`{outcome}`{by}" + (f" `{error}`" if error else "")


def _costs(nanos: Iterable[int | None]) -> str:
    return "; ".join("unknown" if each is None else f"{each / _NANOS_A_MICRO:g} µ$" for each in nanos)
