"""Reads the files of audit events, and goes on as they grow and as new ones are begun. Never writes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gossamer.projections.audit.file import audit_files

_PIECE: Final = 1 << 20


class FileReading:
    """`from_end`: what is there by now is passed over."""

    def __init__(self, directory: Path, *, from_end: bool = False) -> None:
        self._directory = directory
        self._path: Path | None = None
        self._fd = -1
        self._rest = b""
        if from_end and (files := audit_files(directory)):
            self._open(files[-1])
            os.lseek(self._fd, 0, os.SEEK_END)

    def poll(self) -> Iterator[bytes]:
        """The lines that are new by now."""
        while True:
            following = self._following()  # seen before the end is: what is complete by then, is read to its end
            yield from self._lines()
            if following is None:
                return
            self._open(following)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    # --- inside ---

    def _following(self) -> Path | None:
        files = audit_files(self._directory)
        if self._path is None:
            return files[0] if files else None
        return next((path for path in files if path.name > self._path.name), None)

    def _open(self, path: Path) -> None:
        self.close()
        self._path, self._rest = path, b""
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def _lines(self) -> Iterator[bytes]:
        if self._fd < 0:
            return
        if os.lseek(self._fd, 0, os.SEEK_CUR) > (size := os.fstat(self._fd).st_size):
            os.lseek(self._fd, size, os.SEEK_SET)  # what a dying process had not finished was cut off
            self._rest = b""
        while piece := os.read(self._fd, _PIECE):
            *whole, self._rest = (self._rest + piece).split(b"\n")
            yield from whole
