"""The sink of the metrics: the book in memory, and now and then on the disk together with the positions it stands for.

A process that dies counts again what came after its last copy, from there: nothing is counted twice, nothing lost.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

import msgspec

from gossamer.core.clock import now_ns
from gossamer.core.logs import get_log
from gossamer.journal.aside import Aside
from gossamer.journal.reader import Garbled
from gossamer.projections.replays import Order, Outcome
from gossamer.recorder.batch import Batch, Kept, life_of
from gossamer.recorder.metrics import catalog
from gossamer.recorder.metrics.book import Book, Exemplar
from gossamer.recorder.metrics.project import project
from gossamer.recorder.sink import SinkAway

COPY_EVERY_NS: Final = 5_000_000_000
"""What a dead process has to count again is a few seconds of the journal."""
_NS_PER_S: Final = 1e9
_LIFE: Final = attrgetter("life")

_log = get_log(__name__)


class Copy(msgspec.Struct):
    """What is on the disk."""

    book: Book
    positions: dict[str, int]


class MetricsSink:
    """Read by others under `lock`."""

    name: Final = "metrics"

    def __init__(self, path: Path, clock: Callable[[], int] = now_ns, aside: Aside | None = None) -> None:
        self.lock = threading.Lock()
        self.book = Book()
        self.exemplars: dict[int, Exemplar] = {}
        """Of the overhead, by bucket."""
        self._path = path
        self._clock = clock
        self._aside = aside
        self._positions: dict[str, int] = {}
        self._copied_ns = clock()
        self._is_worth_a_copy = False
        """Whether something is new, and whole: a batch that was counted in part stands for no position."""

    def open(self) -> Mapping[str, int]:
        copy = self._read()
        with self.lock:
            self.book = copy.book
        self._positions = copy.positions
        self._is_worth_a_copy = False
        return dict(copy.positions)

    def take(self, batch: Batch) -> None:
        self._is_worth_a_copy = False
        if batch.garbled:
            self._set_aside(batch.garbled)
        with self.lock:
            if batch.kept:
                self._count(batch.kept)
            if batch.garbled:
                self.book.count(catalog.GARBLED, (), len(batch.garbled))
        self._positions.update(batch.moved)
        for name in batch.gone:
            self._positions.pop(name, None)
        self._is_worth_a_copy = True
        self.rest()

    def rest(self) -> None:
        if self._is_worth_a_copy and self._clock() - self._copied_ns >= COPY_EVERY_NS:
            self._copy()

    def close(self) -> None:
        if self._is_worth_a_copy:
            self._copy()

    def rebuild(self, order: Order, past: Iterable[list[Kept]]) -> Outcome:
        """Metrics know no times: all is counted anew. Where the journal has less than was counted, only if told to."""
        if order.since and not order.is_strict:
            return Outcome(refused="metrics know no times; order all of it, without --from")
        fresh = MetricsSink(self._path, self._clock)
        read = 0
        for batch in past:
            read += len(batch)
            fresh._count(batch)
        counted = sum(self.book.counters[catalog.REQUESTS.name].values())
        if read < counted and not order.is_strict:
            lost = f"the journal has {read:,} of the {counted:,} requests that were counted"
            return Outcome(refused=f"{lost}; with --force only these are, and the counters fall")
        for unread in (catalog.GARBLED, catalog.DROPPED):  # they tell of what the journal does not show again
            fresh.book.counters[unread.name] = self.book.counters[unread.name]
        with self.lock:
            self.book = fresh.book
        self._copy()
        return Outcome(read=read)

    # --- inside ---

    def _count(self, kept: list[Kept]) -> None:
        for bucket, record in project(self.book, kept).items():
            self.exemplars[bucket] = Exemplar(record.id, record.overhead_ns / _NS_PER_S, record.at)
        for life, run in groupby(kept, _LIFE):
            self._look_for_gaps(life, [each.record.seq for each in run])

    def _set_aside(self, garbled: list[Garbled]) -> None:
        """Before it is counted: whoever dies in between does both again, and each is kept once."""
        first = garbled[0]
        place = f"{first.position.segment}:{first.position.offset}"
        try:
            kept = self._aside.keep(garbled) if self._aside is not None else 0
        except OSError as error:
            kept = 0
            _log.warning("what is no record cannot be set aside", reason=str(error))
        _log.error(
            "the journal holds what is no record; the rest is read",
            pieces=len(garbled),
            set_aside=kept,
            first=place,
            reason=first.reason,
        )

    def _look_for_gaps(self, life: str, seqs: list[int]) -> None:
        last = self.book.seqs.get(life)
        if last is None:
            last = seqs[0] - 1
        if seqs[0] == last + 1 and seqs == list(range(seqs[0], seqs[-1] + 1)):  # as nearly always
            self.book.seqs[life] = seqs[-1]
            return
        for seq in seqs:
            if seq > last + 1:
                self.book.count(catalog.DROPPED, (), seq - last - 1)
            last = max(last, seq)
        self.book.seqs[life] = last

    def _read(self) -> Copy:
        try:
            copy = msgspec.msgpack.decode(self._path.read_bytes(), type=Copy)
        except FileNotFoundError:
            return Copy(Book(), {})
        except msgspec.MsgspecError as error:
            _log.error(
                "the metrics on the disk cannot be read: they are counted anew from the journal", reason=str(error)
            )
            return Copy(Book(), {})
        except OSError as error:
            raise SinkAway(f"{self._path}: {error.strerror}") from error
        copy.book.fit()
        return copy

    def _copy(self) -> None:
        """Without room for it the numbers go on in memory: what the copy misses is in the journal."""
        self._forget_old_lives()
        self._copied_ns = self._clock()
        beside = self._path.with_suffix(".new")
        try:
            beside.write_bytes(msgspec.msgpack.encode(Copy(self.book, self._positions)))
            beside.replace(self._path)
        except OSError as error:
            _log.warning("the metrics could not be copied to the disk", reason=f"{self._path}: {error.strerror}")
        else:
            self._is_worth_a_copy = False

    def _forget_old_lives(self) -> None:
        there = {life_of(name) for name in self._positions}
        for life in [each for each in self.book.seqs if each not in there]:
            del self.book.seqs[life]
