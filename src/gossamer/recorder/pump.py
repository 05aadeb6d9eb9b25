"""One sink's thread: from the journal to the sink, at the sink's pace. No pump knows of another.

A sink that is away is tried again with growing pauses, for as long as it takes; the journal keeps what it misses.
A record over which a sink stumbles by a defect is found by taking them singly, said, and left out: the rest goes on.
"""

import threading
import time
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from gossamer.core.logs import get_log
from gossamer.recorder.batch import MOST_ENTRIES, Batch
from gossamer.recorder.chunks import Chunks
from gossamer.recorder.sink import Sink, SinkAway
from gossamer.recorder.source import Source

LOOK_EVERY_S: Final = 0.25
"""A mapped write wakes nobody. Half a second is what a trace may take to be seen; more looks would make smaller
batches, and each takes the processor's caches from a worker that shares the core."""
GATHER_S: Final = 1.0
"""A multiple of the other, for sinks that nobody watches so closely: four small batches cost more than one."""
BRISK_PER_S: Final = 2_000
"""Records. Above it batches are large anyway, and what the sinks share is best fetched at the same moments."""
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
"""A sink that was away is found again within so long."""

_log = get_log(__name__)


class Progress:
    """How one sink fares, for whoever asks."""

    def __init__(self) -> None:
        self.records = 0
        self.failures = 0
        self.left_out = 0
        """Records over which the sink stumbled."""
        self.seen_at = time.time()
        """Up to then the sink has all that was written, as far as it knows."""
        self.is_away = False

    def lag_s(self, now: float) -> float:
        return max(0.0, now - self.seen_at)


class Pump(threading.Thread):
    """`chunks`: what the pumps of one journal have read, each for all."""

    def __init__(
        self, sink: Sink, journal: Path, chunks: Chunks | None = None, *, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        super().__init__(name=f"pump-{sink.name}", daemon=True)
        self.progress = Progress()
        self.sink = sink
        self._journal = journal
        self._chunks = chunks
        self._look_every_s = look_every_s
        self._ending = threading.Event()
        self._waited_at = time.monotonic(), 0
        """When it last had nothing to do, and how many records it had taken by then."""
        self._one_by_one = 0
        """So many records yet are taken singly, since one of them is the one."""

    def end(self) -> None:
        """Take what is there by now, and stop."""
        self._ending.set()

    def run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            before = self.progress.records
            try:
                self._work()
            except SinkAway as reason:
                self._note_away(reason)
            except Exception as error:  # noqa: BLE001 - logged; the other sinks go on, and this one may recover
                self.progress.failures += 1
                _log.defect(f"the sink {self.sink.name!r} met a defect, and is tried again", error)
            else:
                return
            pause_s = FIRST_PAUSE_S if self.progress.records > before else min(2 * pause_s, LONGEST_PAUSE_S)
            if self._ending.wait(pause_s):
                return

    # --- inside ---

    def _work(self) -> None:
        """Until the end is asked for, or the sink fails."""
        try:
            source = Source(self._journal, self.sink.open(), self._chunks)
            try:
                self._follow(source)
            finally:
                source.close()
        finally:
            self.sink.close()

    def _follow(self, source: Source) -> None:
        while True:
            is_last = self._ending.is_set()
            looked_at, seen_at = time.monotonic(), time.time()
            most = 1 if self._one_by_one else MOST_ENTRIES
            if batch := source.next(most):
                self._take(batch)
            else:
                self.sink.rest()
            if source.is_behind:
                continue
            self.progress.seen_at = seen_at
            if is_last and not batch:
                return
            self._ending.wait(self._until_next_look_s(looked_at))

    def _until_next_look_s(self, looked_at: float) -> float:
        """All pumps look at the same moments: what one reads is still in the processor's cache for the next. Where the
        moment has passed by now it is at once.
        """
        now, (then, records) = time.monotonic(), self._waited_at
        self._waited_at = now, self.progress.records
        is_brisk = self.progress.records - records > BRISK_PER_S * (now - then)
        every_s = min(self._look_every_s, LOOK_EVERY_S) if is_brisk else self._look_every_s
        return max(0.0, looked_at + every_s - looked_at % every_s - now)

    def _take(self, batch: Batch) -> None:
        try:
            self.sink.take(batch)
        except SinkAway:
            raise
        except Exception as error:
            if len(batch) != 1:
                self._one_by_one = len(batch)
                raise
            self._leave_out(batch, error)
        self.progress.records += len(batch)
        self._one_by_one = max(0, self._one_by_one - len(batch))
        if self.progress.is_away:
            self._note_back()

    def _leave_out(self, batch: Batch, error: Exception) -> None:
        self.sink.take(replace(batch, kept=[]))
        self.progress.left_out += 1
        record = batch.kept[0].record
        _log.defect(f"the sink {self.sink.name!r} cannot take the record {record.id}, which is left out", error)

    def _note_away(self, reason: SinkAway) -> None:
        self.progress.failures += 1
        if not self.progress.is_away:
            self.progress.is_away = True
            _log.warning("a sink is away; the journal keeps what it misses", sink=self.sink.name, reason=str(reason))

    def _note_back(self) -> None:
        self.progress.is_away = False
        _log.info("a sink is back", sink=self.sink.name, behind_s=round(self.progress.lag_s(time.time()), 1))
