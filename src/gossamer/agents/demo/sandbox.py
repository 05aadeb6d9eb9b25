"""Files in one folder, for whoever may not leave it: no `..`, no absolute path, no link, at any level.

Each level is opened below the one before, and a link is not followed even if it is put there meanwhile.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_FILE_BYTES: Final = 1024 * 1024
_ENTRIES: Final = 1000
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NotHere(ValueError):
    """What was asked for is not to be had; says why."""


class Sandbox:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        self._root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self._root)

    def names(self, path: str = ".") -> list[str]:
        """What is in a folder; folders end with a slash."""
        parts = _parts(path)
        with _said(path), self._below(parts) as folder, os.scandir(folder) as found:
            entries = [f"{each.name}/" if each.is_dir(follow_symlinks=False) else each.name for each in found]
        return sorted(entries)[:_ENTRIES]

    def read(self, path: str) -> str:
        """The text of a file."""
        *folders, name = _parts(path) or [""]
        with _said(path), self._below(folders) as folder, _opened(name, _READ, folder) as file:
            text = os.read(file, _FILE_BYTES + 1)
        if len(text) > _FILE_BYTES:
            raise NotHere(f"{path!r} has more than {_FILE_BYTES} bytes.")
        return text.decode("utf-8", "replace")

    def write(self, path: str, text: str) -> int:
        """Its bytes. The folder must be there; a file that is there is replaced."""
        *folders, name = _parts(path) or [""]
        data = text.encode()
        if len(data) > _FILE_BYTES:
            raise NotHere(f"A file may have {_FILE_BYTES} bytes.")
        with _said(path), self._below(folders) as folder, _opened(name, _WRITE, folder) as file:
            os.ftruncate(file, 0)
            return os.write(file, data)

    @contextmanager
    def _below(self, parts: list[str]) -> Iterator[int]:
        folder = os.dup(self._root)
        try:
            for part in parts:
                inner = os.open(part, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


def _parts(path: str) -> list[str]:
    if path.startswith("/") or "\0" in path:
        raise NotHere(f"{path!r} is not in the folder: write a path below it.")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise NotHere(f"{path!r} is not in the folder: write a path below it.")
    return parts


@contextmanager
def _opened(name: str, flags: int, folder: int) -> Iterator[int]:
    """A plain file: a pipe or a device would block, or do something."""
    file = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise IsADirectoryError(errno.EISDIR, "is no file")
        yield file
    finally:
        os.close(file)


@contextmanager
def _said(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        links = {errno.ELOOP: "is a link, and none is followed", errno.ENOTDIR: "leads through what is no folder"}
        why = links.get(error.errno or 0, error.strerror or "cannot be opened")
        raise NotHere(f"{path!r}: {why}.") from error
