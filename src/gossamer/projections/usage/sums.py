"""How much was used: the columns that are summed up, and by what."""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from gossamer.core.record import Record

FAILED: Final = 400
S_PER_MINUTE: Final = 60
MINUTES_PER_DAY: Final = 1440

Dimension = Literal["key", "user", "agent", "target"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("key", "user", "agent", "target")

Who = tuple[str, str, str, str]
"""In the order of DIMENSIONS; empty for none."""


class Sums(msgspec.Struct):
    """In the order of the columns."""

    requests: int = 0
    failed: int = 0
    """Answered with 400 or above."""
    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    cost_nanos: int = 0
    unpriced: int = 0
    """Requests that a provider answered, and of which nobody knows what they cost: not in `cost_nanos`."""

    def add(self, record: Record) -> None:
        self.requests += 1
        self.failed += record.status >= FAILED
        if (usage := record.usage) is not None:
            self.input += usage.input
            self.output += usage.output
            self.cached += usage.cached
            self.reasoning += usage.reasoning
        if record.cost_nanos is not None:
            self.cost_nanos += record.cost_nanos
        elif record.target is not None and record.status < FAILED:
            self.unpriced += 1


SUMS: Final = Sums.__struct_fields__


def summed(records: Iterable[Record]) -> dict[tuple[int, Who], Sums]:
    """By the minute of arrival, and who."""
    found: dict[tuple[int, Who], Sums] = {}
    for record in records:
        who = (record.key or "", record.user or "", record.agent or "", record.target or "")
        place = int(record.at) // S_PER_MINUTE, who
        sums = found.get(place)
        if sums is None:
            sums = found[place] = Sums()
        sums.add(record)
    return found
