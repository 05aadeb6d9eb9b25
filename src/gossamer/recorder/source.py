"""From the journal to batches: each record once, from where a sink stands.

A batch is bounded by entries; what one look at the journal finds beyond that waits for the next batch.
"""

from collections.abc import Mapping
from pathlib import Path

from gossamer.journal.follower import Follower, Missed
from gossamer.journal.reader import Garbled
from gossamer.journal.reading import Reading
from gossamer.recorder.batch import MOST_ENTRIES, Batch, Kept
from gossamer.recorder.chunks import Chunk, Chunks


class Source:
    """The journal from where a sink stands. `chunks`: what it shares with the sources of other sinks."""

    def __init__(self, directory: Path, positions: Mapping[str, int], chunks: Chunks | None = None) -> None:
        self._follower = Follower(directory, positions)
        self._stored = dict(self._follower.positions)
        self._chunks = chunks or Chunks(directory)
        self._chunks.join()
        self.is_behind = False
        """Whether the last batch left something that was there, for it was full."""

    def next(self, most: int = MOST_ENTRIES) -> Batch:
        """What is new by now, and false where that is nothing. Taken as stored: after a failure make another Source."""
        draft = _Draft(most)
        self.is_behind = False
        for found in self._follower.look():
            if isinstance(found, Missed):
                draft.missed.append(found)
            elif not self._draw(found, draft):
                self.is_behind = True
                break
        return self._with_positions(draft)

    def close(self) -> None:
        self._chunks.leave()
        self._follower.close()

    # --- inside ---

    def _draw(self, reading: Reading, draft: "_Draft") -> bool:
        """All that it has: false where there is no room for that. Only what is too much by itself is cut."""
        while chunk := self._chunks.at(reading):
            if len(chunk) > draft.room:
                if draft.kept or draft.garbled:
                    return False
                chunk = self._chunks.first(reading, chunk, draft.room)
            draft.add(chunk)
            reading.move_to(chunk.end, chunk.last)
            if chunk.is_newest():
                break
        return True

    def _with_positions(self, draft: "_Draft") -> Batch:
        before, now = self._stored, self._follower.positions
        self._stored = now
        moved = {name: offset for name, offset in now.items() if before.get(name, -1) != offset}
        return Batch(draft.kept, draft.garbled, draft.missed, moved, frozenset(before.keys() - now.keys()))


class _Draft:
    """A batch in the making."""

    def __init__(self, most: int) -> None:
        self.kept: list[Kept] = []
        self.garbled: list[Garbled] = []
        self.missed: list[Missed] = []
        self.room = most

    def add(self, chunk: Chunk) -> None:
        self.kept += chunk.kept
        self.garbled += chunk.garbled
        self.room -= len(chunk)
