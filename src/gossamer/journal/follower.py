"""Follows a journal's directory: every worker, every new segment, each line once, in the order in which a worker wrote.

A mapped write wakes nobody and changes no date, so the follower looks at the next byte of each segment that can still
grow. It sees what is there when it is asked and never waits; how often to ask is the caller's choice.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from gossamer.journal.listing import Listing
from gossamer.journal.marks import SegmentName, parse_name
from gossamer.journal.reader import Garbled, Line, Position
from gossamer.journal.reading import Reading


class Missed(msgspec.Struct, frozen=True, gc=False):
    """A segment that went before its end was seen. Whether records went with it, a gap in their `seq` tells."""

    position: Position


Entry = Line | Garbled | Missed


class Follower:
    """Goes on behind `positions`: for each segment's name, the offset up to which it is known."""

    def __init__(self, directory: Path, positions: Mapping[str, int] | None = None) -> None:
        self._directory = directory
        self._listing = Listing(directory)
        self._readings: dict[SegmentName, Reading] = {}
        self._next_numbers: dict[tuple[int, int], int] = {}
        self._has_looked = False
        for text, offset in (positions or {}).items():
            if name := parse_name(text):
                self._add(name, offset)
        # A segment is read once the one before it was read to its end; one that is merely known may not have begun.
        begun: dict[tuple[int, int], int] = {}
        for name, reading in self._readings.items():
            if reading.offset:
                begun[_life_of(name)] = max(begun.get(_life_of(name), 0), name.number)
        for name, reading in self._readings.items():
            reading.is_done = name.number < begun.get(_life_of(name), 0)

    @property
    def positions(self) -> dict[str, int]:
        """How far each segment that is still there was handed out."""
        return {str(name): reading.offset for name, reading in self._readings.items()}

    def look(self) -> "Iterator[Reading | Missed]":
        """What has something new by now, each to be read until it has no more. One that is left is there again in the
        next look.
        """
        names = self._listing.names()
        yield from self._forget_all_but(set(names))
        yield from self._discover(names)
        # First see which segments have begun, then read: when one has begun, the one before it is written to its end.
        yield from [self._readings[name] for name in names if self._has_news(name)]

    def poll(self) -> Iterator[Entry]:
        """All that is new by now, line by line. May be left at any entry, and the next poll goes on behind it."""
        for found in self.look():
            if isinstance(found, Missed):
                yield found
            else:
                yield from found.read()

    def follow(self, interval_s: float, pause: Callable[[float], None] = time.sleep) -> Iterator[Entry]:
        """Polls for ever."""
        while True:
            yield from self.poll()
            pause(interval_s)

    def close(self) -> None:
        for reading in self._readings.values():
            reading.close()

    def _add(self, name: SegmentName, offset: int) -> None:
        self._readings[name] = Reading(self._directory / str(name), offset)
        life = _life_of(name)
        self._next_numbers[life] = max(self._next_numbers.get(life, 0), name.number + 1)

    def _discover(self, names: list[SegmentName]) -> Iterator[Missed]:
        for name in names:
            if name in self._readings:
                continue
            first = 0 if self._has_looked else name.number  # what went before the first look was never ours to read
            for number in range(self._next_numbers.get(_life_of(name), first), name.number):
                yield Missed(Position(str(name._replace(number=number)), 0))
            self._add(name, 0)
        self._has_looked = True

    def _forget_all_but(self, present: set[SegmentName]) -> "Iterator[Reading | Missed]":
        for name in sorted(self._readings.keys() - present):
            reading = self._readings[name]
            if reading.is_open:  # an open file can be read to its end, its name gone or not
                reading.is_complete = True
                yield reading
            elif not reading.is_done:
                yield Missed(Position(str(name), reading.offset))
            reading.close()
            del self._readings[name]

    def _has_news(self, name: SegmentName) -> bool:
        reading = self._readings[name]
        if reading.is_done:
            return False
        following = self._readings.get(name.next)
        if following is not None and not reading.is_complete:
            reading.is_complete = following.has_begun()
        return following is not None or reading.has_news()


def _life_of(name: SegmentName) -> tuple[int, int]:
    return name.worker, name.life
