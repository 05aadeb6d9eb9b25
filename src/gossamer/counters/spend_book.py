"""What was spent before this process began to count, from the journal (a SpendBook), and the files that shorten it.

Each worker answers for its share of what all had spent when the set was started, whatever their number was then, and
for what its own slot has spent since. Nothing is counted twice: all of it is records, each read once.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from gossamer.core.allowance import Spent, Subject
from gossamer.counters.ledger import Ledger, copied
from gossamer.counters.spend_files import (
    Balance,
    Counted,
    Mark,
    Sum,
    alone,
    nothing_counted,
    read_balance,
    write_balance,
)
from gossamer.journal.marks import parse_name
from gossamer.journal.reader import Position
from gossamer.journal.shelf import segment_names
from gossamer.policy.shares import share

KEEP_EVERY_S: Final = 5.0
"""So much of the journal has to be read after a crash, at the most."""
_OPENING: Final = "opening.json"


class JournalBook:
    """Opened before the journal's writer, which begins a new life of this worker."""

    def __init__(self, data_dir: Path, number: int, workers: int, fleet: int) -> None:
        self._journal = data_dir / "journal"
        self._folder = data_dir / "spend"
        self._number = number
        self._workers = workers
        self._fleet = fleet
        self._unwritten: Balance | None = None
        """The opening, while the disk has no room for it: nothing else is written before it."""
        with alone(self._folder):
            self._opening = self._open_books()
        self._own = self._count_own()
        self._kept_changes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    async def spent(self, subjects: Sequence[Subject], day: int, month: int) -> Sequence[Spent]:
        return [self._spent(subject, day, month) for subject in subjects]

    def _spent(self, subject: Subject, day: int, month: int) -> Spent:
        together = self._opening.spent(subject, day, month)
        own = self._own.ledger.spent(subject, day, month)
        return Spent(
            share(together.day, self._workers, self._number) + own.day,
            share(together.month, self._workers, self._number) + own.month,
        )

    # --- at the start ---

    def _open_books(self) -> Ledger:
        """What all had spent when this set of workers was started: the first of them works it out."""
        path = self._folder / _OPENING
        counted = nothing_counted()
        opening = read_balance(path)
        if opening is not None:
            counted.take_over(opening)
        if opening is None or opening.fleet != self._fleet:
            for kept in sorted(self._folder.glob("w*.json")):
                balance = read_balance(kept)
                if opening is not None and balance is not None and balance.fleet == opening.fleet:
                    counted.take_over(balance)
            names = [name for name in segment_names(self._journal) if name.life < self._fleet]
            counted.read_on(self._journal, names)
            self._unwritten = counted.balance(self._fleet)
            self._write(None)
        return counted.ledger

    def _count_own(self) -> Counted:
        """What this slot has spent since, in earlier lives of its worker."""
        counted = nothing_counted()
        kept = read_balance(self._path)
        if kept is not None and kept.fleet == self._fleet:
            counted.take_over(kept)
        names = segment_names(self._journal)
        own = [name for name in names if name.worker == self._number and name.life >= self._fleet]
        counted.read_on(self._journal, own)
        return counted

    @property
    def _path(self) -> Path:
        return self._folder / f"w{self._number:02}.json"

    # --- while it runs ---

    def keep(self, ledger: Ledger, position: Callable[[], Position | None]) -> None:
        """Write down what this process spent, every few seconds. `position` is that of its journal, of this moment."""
        self._ledger = ledger
        self._position = position
        self._timer = asyncio.get_running_loop().call_later(KEEP_EVERY_S, self._keep_again)

    def close(self) -> None:
        """After the last record."""
        if self._timer is not None:
            self._timer.cancel()
            self._write(self._balance())

    def _keep_again(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(KEEP_EVERY_S, self._keep_again)
        if self._ledger.changes != self._kept_changes and (self._writing is None or self._writing.done()):
            self._kept_changes = self._ledger.changes
            self._writing = loop.create_task(asyncio.to_thread(self._write, self._balance()))

    def _balance(self) -> Balance:
        """Of all lives of this slot in this set, as of now. No more than copied here: it may be of many."""
        marks = dict(self._own.marks)
        position = self._position()
        name = parse_name(position.segment) if position is not None else None
        if name is not None and position is not None:
            marks[name.worker, name.life] = Mark(name.worker, name.life, name.number, position.offset)
        now = Sum(copied(self._ledger.days), copied(self._ledger.months))
        return Balance(self._fleet, tuple(marks.values()), (self._own.sum, now))

    def _write(self, own: Balance | None) -> None:
        """A full disk must end no worker, and the journal has it all: the next time is as good."""
        with suppress(OSError):
            if self._unwritten is not None:
                write_balance(self._folder / _OPENING, self._unwritten)
                self._unwritten = None
            if own is not None:
                write_balance(self._path, own)
