"""The sink into `traces.db`. Old traces go a few thousand at a time, between two batches."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from gossamer.core.clock import wall_time
from gossamer.projections.file import NewerFile
from gossamer.projections.traces.trace import US_PER_S, Trace
from gossamer.projections.traces.writer import TraceFile
from gossamer.recorder.batch import Batch
from gossamer.recorder.sink import SinkAway

SWEEP_EVERY_S: Final = 10.0


class TraceSink:
    """`keep_s`: how long a trace is kept. Set from another thread on a reload."""

    name: Final = "traces"

    def __init__(self, path: Path, keep_s: float, clock: Callable[[], float] = wall_time) -> None:
        self._path = path
        self.keep_s = keep_s
        self._clock = clock
        self._traces: TraceFile | None = None
        self._sweep_at = 0.0

    def open(self) -> Mapping[str, int]:
        try:
            self._traces = TraceFile(self._path)
            return self._traces.positions()
        except (sqlite3.Error, OSError, NewerFile) as error:
            raise SinkAway(f"{self._path}: {error}") from error

    def take(self, batch: Batch) -> None:
        assert self._traces is not None
        traces = [Trace(kept.record, kept.data, kept.stages) for kept in batch.kept]
        try:
            self._traces.store(traces, batch.moved, batch.gone)
        except sqlite3.Error as error:
            raise SinkAway(f"{self._path}: {error}") from error
        self.rest()

    def rest(self) -> None:
        now = self._clock()
        if self._traces is None or now < self._sweep_at:
            return
        try:
            is_more = self._traces.forget_before(round((now - self.keep_s) * US_PER_S)) > 0
        except sqlite3.Error as error:
            raise SinkAway(f"{self._path}: {error}") from error
        self._sweep_at = now if is_more else now + SWEEP_EVERY_S

    def close(self) -> None:
        if self._traces is not None:
            self._traces.close()
            self._traces = None
