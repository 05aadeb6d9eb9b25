"""One gateway to a data directory: whoever serves from it holds the lock of a file there.

Two would bound the journal twice and keep two first keys. The lock goes with the process that holds it, however that
ends; the file stays, and is worth nothing without its lock.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

from gossamer.supervisor.errors import StartFailed

FILE: Final = "serving.lock"
_PRIVATE: Final = 0o600
_PID_BYTES: Final = 20
"""The longest number of a process, and room for a line end."""


class Hold:
    """A data directory that is this process's until `close`."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def close(self) -> None:
        """Let go: a successor may start while the last answers are still under way."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def hold_data_dir(data_dir: Path) -> Hold:
    """Take an existing directory for this process. Raises StartFailed where another gateway has it."""
    path = data_dir / FILE
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _PRIVATE)
    except OSError as error:
        raise StartFailed(
            f"{path} cannot be opened: {error.strerror}. Give this user the right to, or name another data_dir."
        ) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(fd, _PID_BYTES, 0).decode("ascii", "replace").strip()
        os.close(fd)
        raise StartFailed(_explain(data_dir, holder, error)) from error
    os.ftruncate(fd, 0)
    os.pwrite(fd, b"%d\n" % os.getpid(), 0)
    return Hold(fd)


def _explain(data_dir: Path, holder: str, error: OSError) -> str:
    if not isinstance(error, BlockingIOError):
        return f"{data_dir} cannot be locked: {error.strerror}. Name a data_dir on a disk of this machine."
    who = f"process {holder}" if holder.isdigit() else "its process"
    return (
        f"Another gossamer serves from the data directory {data_dir} ({who}). "
        "Stop it, or give this one a directory of its own: data_dir in the config, or GOSSAMER_DATA_DIR."
    )
