"""What a monitor knows: how many events of which type came, which are missing, and which came twice."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from gossamer.projections.audit.event import CHANGES
from gossamer.projections.audit.sequences import Gap, Sequence

UNREADABLE: Final = "unreadable"
_SHOWN: Final = 20
"""Gaps by name; how many there are is told anyway."""


class Glance(msgspec.Struct, frozen=True):
    """What of an event a monitor looks at."""

    type: str
    node: str
    life: str
    seq: int


class Missing(msgspec.Struct, frozen=True):
    life: str
    first: int
    last: int


class Report(msgspec.Struct, frozen=True):
    """All that came since the beginning."""

    events: dict[str, int]
    """By type."""
    lives: int
    doubles: int
    missing: int
    gaps: list[Missing]
    """Some of them, where there are many."""


class Watch:
    """`judges_changes`: whether all changes come here. In the file of one node of several they do not."""

    def __init__(self, *, judges_changes: bool = True) -> None:
        self.counts: Counter[str] = Counter()
        self._judges_changes = judges_changes
        self._lives: dict[str, Sequence] = {}
        self._decode = msgspec.json.Decoder(Glance).decode

    def see(self, line: bytes) -> None:
        try:
            event = self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.counts[UNREADABLE] += 1
            return
        self.counts[event.type] += 1
        name = event.life if event.life == CHANGES else f"{event.node}/{event.life}"
        life = self._lives.get(name)
        if life is None:
            life = self._lives[name] = Sequence()
        life.add(event.seq)

    def settle(self) -> None:
        """What is missing until now lies before the place at which the watch began."""
        for life in self._lives.values():
            life.settle()

    def report(self) -> Report:
        gaps = list(self._gaps())
        doubles = sum(life.doubles for life in self._lives.values())
        missing = sum(gap.count for _, gap in gaps)
        shown = [Missing(name, gap.first, gap.last) for name, gap in gaps[:_SHOWN]]
        return Report(dict(self.counts), len(self._lives), doubles, missing, shown)

    def _gaps(self) -> Iterator[tuple[str, Gap]]:
        for name, life in self._lives.items():
            if name != CHANGES or self._judges_changes:
                for gap in life.gaps():
                    yield name, gap
