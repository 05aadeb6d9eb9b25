"""Stands before the sink of the traces, wherever they are stored: what was deleted for good does not get there, be it
on its way when it was deleted or taken again from the journal.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec.structs import replace

from gossamer.projections.replays import Order, Outcome
from gossamer.projections.sessions.tombstones import Tombstones
from gossamer.recorder.batch import Batch, Kept
from gossamer.recorder.replay.sink import Rebuilds
from gossamer.recorder.sink import Sink, SinkAway


class RebuiltSink(Sink, Rebuilds, Protocol):
    """A sink that can take the journal again."""


class LivingSink:
    """A sink before a sink."""

    def __init__(self, sink: RebuiltSink, tombstones: Tombstones) -> None:
        self.name = sink.name
        self._sink = sink
        self._tombstones = tombstones

    def open(self) -> Mapping[str, int]:
        return self._sink.open()

    def take(self, batch: Batch) -> None:
        living = self._living(batch.kept)
        self._sink.take(batch if living is batch.kept else replace(batch, kept=living))

    def rest(self) -> None:
        self._sink.rest()

    def rebuild(self, order: Order, past: Iterable[list[Kept]]) -> Outcome:
        return self._sink.rebuild(order, map(self._living, past))

    def close(self) -> None:
        self._sink.close()
        self._tombstones.close()

    # --- inside ---

    def _living(self, kept: list[Kept]) -> list[Kept]:
        try:
            return self._tombstones.living(kept)
        except sqlite3.Error as error:
            raise SinkAway(f"the sessions cannot be read: {error}") from error
