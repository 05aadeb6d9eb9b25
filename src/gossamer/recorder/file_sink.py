"""The sink into a projection's file. What is too old goes a few thousand at a time, between two batches."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from gossamer.core.clock import wall_time
from gossamer.projections.file import NewerFile
from gossamer.projections.replays import Order, Outcome
from gossamer.projections.traces.trace import Trace
from gossamer.recorder.batch import Batch, Kept
from gossamer.recorder.sink import SinkAway

SWEEP_EVERY_S: Final = 10.0


class Projection(Protocol):
    """An open file."""

    def positions(self) -> Mapping[str, int]: ...

    def store(self, traces: Sequence[Trace], moved: Mapping[str, int], gone: Collection[str]) -> None: ...

    def forget_before(self, at: float) -> int:
        """Unix time. As many as go at once; how many that were."""

    def close(self) -> None: ...


class FileSink:
    """`keep_s`: for how long things are kept. Set from another thread on a reload."""

    def __init__(
        self,
        name: str,
        path: Path,
        open_file: Callable[[Path], Projection],
        keep_s: float,
        rebuild_file: Callable[[Any, Order, Iterable[list[Kept]]], Outcome],
        clock: Callable[[], float] = wall_time,
    ) -> None:
        self.name = name
        self.keep_s = keep_s
        self._path = path
        self._open_file = open_file
        self._rebuild_file = rebuild_file
        self._clock = clock
        self._file: Projection | None = None
        self._sweep_at = 0.0

    def open(self) -> Mapping[str, int]:
        try:
            self._file = self._open_file(self._path)
            return self._file.positions()
        except (sqlite3.Error, OSError, NewerFile) as error:
            raise self._away(error) from error

    def take(self, batch: Batch) -> None:
        assert self._file is not None
        try:
            self._file.store(batch.kept, batch.moved, batch.gone)
        except (sqlite3.Error, OSError) as error:
            raise self._away(error) from error
        self.rest()

    def rest(self) -> None:
        now = self._clock()
        if self._file is None or now < self._sweep_at:
            return
        try:
            is_more = self._file.forget_before(now - self.keep_s) > 0
        except sqlite3.Error as error:
            raise self._away(error) from error
        self._sweep_at = now if is_more else now + SWEEP_EVERY_S

    def rebuild(self, order: Order, past: Iterable[list[Kept]]) -> Outcome:
        try:
            return self._rebuild_file(self._file, order, past)
        except sqlite3.Error as error:
            raise self._away(error) from error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _away(self, error: Exception) -> SinkAway:
        return SinkAway(f"{self._path}: {error}")
