"""What the journal has of the time before a position: what a sink there has taken, if it is left."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

from gossamer.journal.follower import Entry
from gossamer.recorder.batch import MOST_ENTRIES, Kept, Source


class Past(Source):
    """A source that ends where a sink stands."""

    def __init__(self, directory: Path, upto: Mapping[str, int]) -> None:
        super().__init__(directory, {})
        self._upto = upto
        self._entries = self._before(self._follower.poll())

    def __iter__(self) -> Iterator[list[Kept]]:
        with closing(self):
            for entry in self._entries:  # one look finds all: what is sought was written before
                yield self._batch(chain((entry,), islice(self._entries, MOST_ENTRIES - 1))).kept

    def _before(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if entry.position.offset <= self._upto.get(entry.position.segment, 0):
                yield entry


def since(past: Iterable[list[Kept]], at: float) -> Iterator[list[Kept]]:
    for kept in past:
        if wanted := [each for each in kept if each.record.at >= at]:
            yield wanted
