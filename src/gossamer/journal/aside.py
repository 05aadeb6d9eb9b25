"""What stands in the journal and is no record, set aside for whoever wants to know: the bytes and where they were.

Each once, however often it is met. There is a bound: beyond it bytes are counted by who met them, and not kept.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from gossamer.journal.reader import Garbled

MOST_BYTES: Final = 16 * 1024 * 1024
"""As much as one segment: enough to see what has happened, and no second journal."""
SUFFIX: Final = ".ndjson"


class Piece(msgspec.Struct, frozen=True):
    """One line of such a file."""

    offset: int
    """Behind it, in the segment of the file's name."""
    reason: str
    data: bytes
    """In base64, since it may be anything."""


def aside_of(journal: Path) -> Path:
    return journal.with_name(f"{journal.name}-garbled")


class Aside:
    """A file for each segment. Several processes may write, each of what it alone meets."""

    def __init__(self, directory: Path, most_bytes: int = MOST_BYTES) -> None:
        self.directory = directory
        self._most_bytes = most_bytes
        self._offsets: dict[str, set[int]] = {}
        """What is kept of each segment."""

    def keep(self, found: Iterable[Garbled]) -> int:
        """How many of them are kept now, or were before. OSError where they cannot be written."""
        room = self._most_bytes - self.size_bytes()
        kept = 0
        for each in found:
            taken = self._keep(each, room)
            kept += taken is not None
            room -= taken or 0
        return kept

    def pieces(self) -> dict[str, list[Piece]]:
        """All that is kept, by segment."""
        paths = sorted(self.directory.glob(f"*{SUFFIX}"))
        return {path.name: list(_pieces(path)) for path in paths}

    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.directory.glob(f"*{SUFFIX}"))

    def _keep(self, garbled: Garbled, room: int) -> int | None:
        """So many bytes, none where it is there already; None where there is no room."""
        path = self.directory / garbled.position.segment
        known = self._known(path)
        if garbled.position.offset in known:
            return 0
        line = msgspec.json.encode(Piece(garbled.position.offset, garbled.reason, garbled.data)) + b"\n"
        if len(line) > room:
            return None
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _append(path, line)
        known.add(garbled.position.offset)
        return len(line)

    def _known(self, path: Path) -> set[int]:
        known = self._offsets.get(path.name)
        if known is None:
            known = self._offsets[path.name] = {piece.offset for piece in _pieces(path)}
        return known


def _append(path: Path, line: bytes) -> None:
    """One call, so that whoever dies leaves no half of it."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, line)
    finally:
        os.close(fd)


def _pieces(path: Path) -> Iterable[Piece]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Piece)
        except msgspec.DecodeError:  # the disk was full within it: what it told of comes again
            continue
