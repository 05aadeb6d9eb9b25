"""The verdict for eyes and for machines: an aligned table, and a versioned JSON document that holds every round."""

from collections.abc import Sequence
from typing import Any

import msgspec

from gossamer.bench.machine import machine
from gossamer.bench.verdict import Answer, Result, exit_code

FORMAT = 1
"""Of the JSON document; raised when a reader of the old one would misread it."""

HEADINGS = ("measure", "verdict", "measured", "interval", "budget", "could have seen")


def table(results: Sequence[Result]) -> str:
    """The verdict, one line a measure, notes below."""
    rows = [HEADINGS, *(row_of(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{result.name}: {note}" for result in results for note in result.notes]
    return "\n".join([*lines, "", *notes])


def row_of(result: Result) -> tuple[str, ...]:
    """As narrow as it goes: of what a ratio is one stands in the budget."""
    budget = f"<= {result.budget.limit:g} {result.budget.unit}" if result.budget.unit else "-"
    verdict = result.answer.value if result.answer is Answer.PASS else result.answer.value.upper()
    found = result.interval
    if found is None:
        return (result.name, verdict, "-", "-", budget, "-")
    measured = f"{found.centre:.3f} {result.budget.unit.partition(' ')[0]}".rstrip()
    span = f"{found.low:.3f} .. {found.high:.3f} ({found.confidence:.0%})"
    return (result.name, verdict, measured, span, budget, f"{found.smallest_effect:.3f}")


def summary(results: Sequence[Result]) -> str:
    """One line to end with."""
    counts = {answer: sum(result.answer is answer for result in results) for answer in Answer}
    return ", ".join(f"{count} {answer.value}" for answer, count in counts.items() if count)


def document(results: Sequence[Result], plan: dict[str, Any]) -> bytes:
    """The source of truth: what was found, where, and how."""
    content = {
        "format": FORMAT,
        "kind": "gossamer-bench-gate",
        "exit_code": exit_code(results),
        "machine": msgspec.to_builtins(machine()),
        "plan": plan,
        "results": [_entry(result) for result in results],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def _entry(result: Result) -> dict[str, Any]:
    entry: dict[str, Any] = msgspec.to_builtins(result)
    if result.interval is not None:
        entry["interval"]["smallest_effect"] = result.interval.smallest_effect
    return entry
