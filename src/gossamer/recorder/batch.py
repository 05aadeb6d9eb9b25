"""What a sink takes in one go: records as they stand in the journal, and where the next batch begins."""

from collections.abc import Mapping
from typing import Final

import msgspec

from gossamer.journal.follower import Missed
from gossamer.journal.marks import parse_name
from gossamer.journal.reader import Garbled
from gossamer.projections.traces.trace import Trace

MOST_ENTRIES: Final = 2000
"""About a megabyte: one transaction, and little to do again where that fails."""


class Kept(Trace, frozen=True, gc=False):
    """A record as projections store it, and who wrote it."""

    life: str
    """Which start of which worker."""


class Batch(msgspec.Struct, frozen=True):
    """In the order of the journal. `moved` and `gone` are the change of the positions with which it is stored."""

    kept: list[Kept]
    garbled: list[Garbled]
    missed: list[Missed]
    moved: Mapping[str, int]
    """Segment names to the offset behind what of them is in this batch or was before."""
    gone: frozenset[str]
    """Segments that are not there any more."""

    def __bool__(self) -> bool:
        return bool(self.kept or self.garbled or self.missed or self.moved or self.gone)

    def __len__(self) -> int:
        return len(self.kept)


def life_of(segment: str) -> str:
    """What all segments of one start of one worker share."""
    name = parse_name(segment)
    return f"{name.worker}-{name.life:x}" if name is not None else ""
