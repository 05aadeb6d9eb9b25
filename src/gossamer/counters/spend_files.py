"""What of the spend is kept in files beside the journal, so that a start need not read a month of it.

    opening.json   what all workers had spent when this set of workers was started, and how far in the journal that goes
    w00.json       what worker 0 spent since, and how far in its own journal that goes; written anew every few seconds

The journal is the truth: a file that is missing, old or cannot be read costs time, never money.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from gossamer.counters.ledger import Ledger, Pages
from gossamer.journal.marks import SegmentName
from gossamer.journal.reader import Line, read_segment
from gossamer.journal.shelf import segment_names

_HAS_COST: Final = b'"cost_nanos":'
"""Most lines of a gateway without prices have none, and need not be decoded."""


class Mark(msgspec.Struct, frozen=True):
    """How far one life of one worker's journal is counted."""

    worker: int
    life: int
    number: int
    offset: int


class Sum(msgspec.Struct, frozen=True):
    """What one ledger has."""

    days: Pages
    months: Pages


class Balance(msgspec.Struct, frozen=True):
    """One file. `fleet` is when this set of workers was started, in microseconds."""

    fleet: int
    marks: tuple[Mark, ...]
    sums: tuple[Sum, ...]
    """What they come to is the sum of all."""


class Bill(msgspec.Struct, frozen=True, gc=False):
    """What is read of a record."""

    at: float
    key: str | None = None
    user: str | None = None
    agent: str | None = None
    target: str | None = None
    cost_nanos: int | None = None


class Counted(NamedTuple):
    """A sum, and how far it goes."""

    ledger: Ledger
    marks: dict[tuple[int, int], Mark]

    @property
    def sum(self) -> Sum:
        return Sum(self.ledger.days, self.ledger.months)

    def balance(self, fleet: int) -> Balance:
        return Balance(fleet, tuple(self.marks.values()), (self.sum,))

    def take_over(self, balance: Balance) -> None:
        """Add what a file says."""
        for each in balance.sums:
            self.ledger.add(each.days, each.months)
        self.marks.update({(mark.worker, mark.life): mark for mark in balance.marks})

    def read_on(self, journal: Path, names: list[SegmentName]) -> None:
        """Add what stands in these segments behind the marks."""
        for name in names:
            mark = self.marks.get((name.worker, name.life))
            if mark is not None and name.number < mark.number:
                continue
            offset = mark.offset if mark is not None and name.number == mark.number else 0
            with suppress(FileNotFoundError):  # removed since we looked
                offset = self._read(journal / str(name), offset)
            if offset:  # one that has not begun lies ready while the one before it is still written
                self.marks[name.worker, name.life] = Mark(name.worker, name.life, name.number, offset)
        present = {(name.worker, name.life) for name in segment_names(journal)}
        for gone in self.marks.keys() - present:
            del self.marks[gone]

    def _read(self, path: Path, offset: int) -> int:
        for entry in read_segment(path, offset):
            offset = entry.position.offset
            if isinstance(entry, Line) and _HAS_COST in entry.data:
                with suppress(msgspec.DecodeError, UnicodeDecodeError):  # the reader of the journal speaks of it
                    self.ledger.note(_decode_bill(entry.data))
        return offset


_decode_bill: Final = msgspec.json.Decoder(Bill).decode
_decode_balance: Final = msgspec.json.Decoder(Balance).decode


def nothing_counted() -> Counted:
    return Counted(Ledger(), {})


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """One worker of a set closes the books of the last; the others wait for it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def read_balance(path: Path) -> Balance | None:
    """None where there is none, or none that can be read."""
    with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
        return _decode_balance(path.read_bytes())
    return None


def write_balance(path: Path, balance: Balance) -> None:
    """Whole, or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(balance))
    fresh.replace(path)
