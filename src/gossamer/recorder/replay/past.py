"""What the journal has of the time before a position: what a sink there has taken, if it is left."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from gossamer.journal.follower import Follower, Missed
from gossamer.journal.reading import Reading
from gossamer.recorder.batch import MOST_ENTRIES, Kept
from gossamer.recorder.chunks import Chunk, Chunks


class Past:
    """Read once. It ends where a sink stands."""

    def __init__(self, directory: Path, upto: Mapping[str, int]) -> None:
        self._follower = Follower(directory, {})
        self._chunks = Chunks(directory)
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
            yield chunk.kept if chunk.end <= upto else _before(upto, reading.offset, chunk)
            reading.move_to(chunk.end, chunk.last)


def _before(upto: int, offset: int, chunk: Chunk) -> list[Kept]:
    """Of a chunk that begins at `offset`, what ends by then."""
    whole: set[bytes] = set()
    for line in chunk.lines:
        offset += len(line) + 1
        if offset > upto:
            break
        whole.add(line)
    return [kept for kept in chunk.kept if kept.data in whole]


def since(past: Iterable[list[Kept]], at: float) -> Iterator[list[Kept]]:
    for kept in past:
        if wanted := [each for each in kept if each.record.at >= at]:
            yield wanted
