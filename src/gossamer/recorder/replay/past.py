"""What the journal has of the time before a position: what a sink there has taken, if it is left."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from gossamer.journal.follower import Follower, Missed
from gossamer.journal.reading import Reading
from gossamer.recorder.batch import MOST_ENTRIES, Kept
from gossamer.recorder.chunks import Chunks
from gossamer.recorder.veil import Veil


class Past:
    """Read once. It ends where a sink stands."""

    def __init__(self, directory: Path, upto: Mapping[str, int], veil: Veil) -> None:
        self._follower = Follower(directory, {})
        self._chunks = Chunks(directory, veil=veil)
        self._upto = upto

    def __iter__(self) -> Iterator[list[Kept]]:
        found: list[Kept] = []
        with closing(self._follower):
            for reading in self._follower.look():  # one look finds all: what is sought was written before
                if isinstance(reading, Missed):
                    continue
                for kept in self._of(reading):
                    found += kept
                    if len(found) >= MOST_ENTRIES:
                        yield found
                        found = []
        if found:
            yield found

    def _of(self, reading: Reading) -> Iterator[list[Kept]]:
        upto = self._upto.get(reading.segment, 0)
        while reading.offset < upto and (chunk := self._chunks.at(reading)):
            yield self._chunks.before(reading, chunk, upto).kept
            reading.move_to(chunk.end, chunk.last)


def since(past: Iterable[list[Kept]], at: float) -> Iterator[list[Kept]]:
    for kept in past:
        if wanted := [each for each in kept if each.record.at >= at]:
            yield wanted
