"""One finished request as it is stored and found again. The journal's own line goes along: it is the whole of it."""

from typing import Final

import msgspec

from gossamer.core.record import Record
from gossamer.projections.traces.query import Place

US_PER_S: Final = 1_000_000
NS_PER_US: Final = 1_000


class Trace(msgspec.Struct, frozen=True, gc=False):
    """What searches go by, and the record that it stands for."""

    record: Record
    data: bytes
    """The line of the journal."""
    stages: tuple[str, ...]
    """What the record's `stages_ns` belong to."""

    @property
    def at_us(self) -> int:
        """Arrival, in Unix microseconds."""
        return round(self.record.at * US_PER_S)

    @property
    def place(self) -> Place:
        return Place(self.at_us, self.record.id)


class TracePage(msgspec.Struct, frozen=True):
    """Some of what was asked for. Not all that there is, where `rest` says from where on there may be more."""

    traces: list[Trace]
    rest: Place | None
