"""Marks the segments of the journal that every sink has taken: those may go before any other does.

Here it is only seen how far each sink is; what is removed, and when, is the workers' business.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from gossamer.core.clock import now_ns
from gossamer.core.logs import get_log
from gossamer.journal.shelf import segment_names
from gossamer.journal.taken import end_of_records, is_taken, mark_taken
from gossamer.recorder.batch import Batch
from gossamer.recorder.metrics.sink import COPY_EVERY_NS
from gossamer.recorder.sink import Sink

LOOK_EVERY_S: Final = 1.0
RIPE_NS: Final = 2 * COPY_EVERY_NS
"""By then the metrics have their copy of it on the disk; the other sinks have theirs at once."""

_log = get_log(__name__)


class Watched:
    """A sink, and how far it is."""

    def __init__(self, sink: Sink) -> None:
        self.name = sink.name
        self.positions: Mapping[str, int] = {}
        """Replaced and never changed: another thread reads them."""
        self._sink = sink

    def open(self) -> Mapping[str, int]:
        self.positions = positions = dict(self._sink.open())
        return positions

    def take(self, batch: Batch) -> None:
        self._sink.take(batch)
        self.positions = {name: at for name, at in {**self.positions, **batch.moved}.items() if name not in batch.gone}

    def rest(self) -> None:
        self._sink.rest()

    def close(self) -> None:
        self._sink.close()


class TakenMarker:
    def __init__(self, journal: Path, sinks: Sequence[Watched], clock: Callable[[], int] = now_ns) -> None:
        self._journal = journal
        self._sinks = sinks
        self._clock = clock
        self._since: dict[str, int] = {}
        """When each segment was first seen to be with all sinks."""
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """And again, until `end`."""
        try:
            self.mark()
        except OSError as error:
            _log.warning("what every projection has cannot be marked in the journal", reason=str(error))
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self.look)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def mark(self) -> None:
        now = self._clock()
        passed = [name for name in map(str, segment_names(self._journal)) if self._all_have(name)]
        self._since = {name: self._since.get(name, now) for name in passed}
        for name, since in self._since.items():
            if now - since >= RIPE_NS:
                mark_taken(self._journal / name)

    def _all_have(self, name: str) -> bool:
        positions = [sink.positions.get(name) for sink in self._sinks]
        if None in positions or is_taken(self._journal / name):
            return False
        end = end_of_records(self._journal / name)
        return end is not None and all(at is not None and at >= end for at in positions)
