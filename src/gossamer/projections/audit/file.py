"""The files of audit events: appended to, closed by size and age, removed when they are old.

Each write is: the lines, made safe on the disk; then the place, which has the length of the file behind them. Whoever
opens cuts off what lies beyond the length, and removes a file that the place does not know yet: it was written by
somebody who died before the place, and comes again from the journal. So each line is there once, whatever is killed
when, and after a power cut as well. While somebody writes, nobody else may.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from gossamer.core.logs import get_log
from gossamer.projections.audit.place import (
    PRIVATE_FILE,
    Hold,
    Place,
    UnreadablePlace,
    keep_place,
    read_place,
    write_all,
)

PLACE_NAME: Final = "place.json"
_NAME: Final = re.compile(r"audit-(\d{8,})-(\d{8}T\d{6})Z\.ndjson")
_MOMENT: Final = "%Y%m%dT%H%M%S"

_log = get_log(__name__)


class FileName(NamedTuple):
    """`audit-00000007-20300131T120000Z.ndjson`: names sort by number, and so by time."""

    number: int
    begun_at: float
    """Unix time."""

    def __str__(self) -> str:
        begun = datetime.fromtimestamp(self.begun_at, UTC).strftime(_MOMENT)
        return f"audit-{self.number:08d}-{begun}Z.ndjson"


def parse_name(text: str) -> FileName | None:
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    with suppress(ValueError):  # the 31st of February
        return FileName(int(found[1]), datetime.strptime(found[2], _MOMENT).replace(tzinfo=UTC).timestamp())
    return None


def audit_files(directory: Path) -> list[Path]:
    """The oldest first."""
    named = [(name.number, path) for path in _entries(directory) if (name := parse_name(path.name))]
    return [path for _, path in sorted(named)]


def _entries(directory: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield from directory.iterdir()


class AuditFiles:
    """All of it raises OSError; open it anew after that."""

    def __init__(self, directory: Path, max_bytes: int, max_age_s: float) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._place_path = directory / PLACE_NAME
        self._hold = Hold(directory / "lock")
        self._place = Place()
        self._name = FileName(0, 0.0)
        """Of the file that is written; with the number 0 there is none yet."""
        self._fd = -1

    def open(self) -> Place:
        """How far it is. Raises UnreadablePlace too."""
        self._hold.take()
        names = [name for path in _entries(self._directory) if (name := parse_name(path.name))]
        self._place = read_place(self._place_path) or self._first_place(max(names, default=FileName(0, 0.0)))
        current = parse_name(self._place.file)
        if current is None:
            raise UnreadablePlace(f"{self._place_path} names no file of audit events")
        for name in names:
            if name.number > current.number:
                (self._directory / str(name)).unlink()
        self._name = current
        self._reopen()
        return self._place

    def write(self, lines: bytes | bytearray, positions: dict[str, int], change: int, now: float) -> None:
        """All of it, or nothing."""
        if lines:
            if self._fd < 0 or self._is_done(now):
                self._begin(now)
            write_all(self._fd, lines)
            os.fdatasync(self._fd)
        place = Place(positions, change, str(self._name), self._place.length + len(lines))
        keep_place(self._place_path, place, is_synced=True)
        self._place = place

    def forget_before(self, at: float) -> int:
        """Removes complete files that were last written before then; how many."""
        old = [path for path in audit_files(self._directory) if path.name != str(self._name)]
        old = [path for path in old if path.stat().st_mtime < at]
        for path in old:
            path.unlink()
        return len(old)

    def close(self) -> None:
        self._close_file()
        self._hold.let_go()

    # --- inside ---

    def _close_file(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _first_place(self, last: FileName) -> Place:
        """Kept before anything is written: what is written without a place behind it is cut off. Old files stay."""
        path = self._directory / str(last)
        place = Place(file=path.name, length=path.stat().st_size if path.exists() else 0)
        keep_place(self._place_path, place, is_synced=True)
        return place

    def _is_done(self, now: float) -> bool:
        return self._place.length >= self._max_bytes or now - self._name.begun_at >= self._max_age_s

    def _reopen(self) -> None:
        path = self._directory / str(self._name)
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:  # somebody took it away: the next one follows
            return
        size = os.fstat(self._fd).st_size
        if size > self._place.length:
            os.ftruncate(self._fd, self._place.length)
        elif size < self._place.length:
            _log.warning("a file of audit events is shorter than it was: somebody cut it", file=str(path))
            self._place = replace(self._place, length=size)

    def _begin(self, now: float) -> None:
        self._close_file()
        self._name = FileName(self._name.number + 1, now)
        path = self._directory / str(self._name)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, PRIVATE_FILE)
        self._place = replace(self._place, length=0)
        directory = os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)  # else a power cut could take the file, and leave the place
        finally:
            os.close(directory)
