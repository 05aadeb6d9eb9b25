"""Writes finished requests down, before their answers go out and without a syscall each.

Called by one thread, the event loop's; what may wait for a disk happens in the supply's thread, a segment ahead.
A request never fails for the journal's sake: what cannot be written is counted and reported.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from gossamer.core.clock import Clock, now_ns
from gossamer.core.record import Record
from gossamer.journal.losses import Losses
from gossamer.journal.reader import Position
from gossamer.journal.segment import Segment
from gossamer.journal.supply import FULL_DISK, SegmentSupply

LEAST_SEGMENT_BYTES = 4096
"""Header, footer and a few records."""
LEAST_SEGMENTS = 3
"""The bound has to hold the segment being written, the one made ready, and one to read."""


class JournalWriter:
    """The journal of one worker slot, kept within `max_bytes`. `on_trouble` may be called from another thread.

    `stages` names the durations in `stages_ns`, once a segment instead of once a record. `workers` is how many slots
    are manned: what others left falls to the first. `keeps_untaken`: nothing is removed that some projection has not.
    """

    def __init__(
        self,
        directory: Path,
        worker: int,
        segment_bytes: int,
        max_bytes: int,
        on_trouble: Callable[[str], None],
        *,
        stages: tuple[str, ...] = (),
        workers: int | None = None,
        keeps_untaken: bool = False,
        clock: Clock = now_ns,
    ) -> None:
        if segment_bytes < LEAST_SEGMENT_BYTES or max_bytes < LEAST_SEGMENTS * segment_bytes:
            raise ValueError(
                f"a journal of {max_bytes} bytes in segments of {segment_bytes} is too small: give a segment "
                f"{LEAST_SEGMENT_BYTES} bytes or more, and the journal room for {LEAST_SEGMENTS} segments"
            )
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._supply = SegmentSupply(
            directory, worker, segment_bytes, max_bytes, on_trouble, clock, stages, workers, keeps_untaken=keeps_untaken
        )
        self._losses = Losses(on_trouble, clock)
        self._encode = msgspec.json.Encoder().encode_lines
        self._write: Callable[[bytes], int] = _no_window
        self._segment: Segment | None = None
        self._records = 0
        self._is_open = True
        if failure := self._supply.failure():
            if failure.errno not in FULL_DISK:
                self.close()
                raise failure
            on_trouble(f"the journal cannot be written ({failure}): give its disk room, and it begins by itself")

    @property
    def dropped_records(self) -> int:
        """Records that found no room, and those that went with removed segments."""
        return self._losses.records + self._supply.removed_records

    @property
    def dropped_segments(self) -> int:
        """Segments removed at the bound."""
        return self._supply.removed_segments

    @property
    def position(self) -> Position | None:
        """Behind the last record; None before the first."""
        segment = self._segment
        return None if segment is None else Position(segment.path.name, segment.position)

    def lack(self) -> OSError | None:
        """Why there is no room behind the segment that is being written; asked now and then, it tries again."""
        return self._supply.lack() if self._is_open else None

    def append(self, record: Record) -> None:
        """When this returns, the line outlives the process."""
        encode, write = self._encode, self._write
        line = encode([record])  # a list of one: brings its own newline, and is faster than encode()
        try:
            write(line)
        except ValueError:
            if not self._find_room(len(line)):
                return
            self._write(line)
        self._records += 1

    def close(self) -> None:
        """Complete the segment. What is appended afterwards is lost, and counted."""
        if self._is_open:
            self._is_open = False
            self._write = _no_window
            self._supply.close(self._segment, self._records)

    def _find_room(self, length: int) -> bool:
        """Have `_write` take a line of `length`; False where it is lost."""
        try:
            segment = self._segment_for(length)
        except OSError as error:
            self._losses.add(error)
            return False
        self._losses.end()
        self._write = segment.write
        return True

    def _segment_for(self, length: int) -> Segment:
        if not self._is_open:
            raise OSError("it is closed")
        segment = self._segment
        if segment is not None and segment.make_room(length):
            return segment
        self._segment = segment = self._supply.exchange(segment, self._records)
        self._write = segment.write  # at once, whatever comes next: the full one is being cut at its end
        self._records = 0
        if not segment.make_room(length):
            segment.extend(length)
            segment.make_room(length)
        return segment


def _no_window(line: bytes) -> int:
    raise ValueError(f"no window to write {len(line)} bytes to")
