"""How far an audit sink has come, in a file beside what it has written: replaced whole, so it is never half of one.

Whoever goes by it holds it: a gateway that drains still writes while the next one has started.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

import msgspec

PRIVATE_FILE: Final = 0o600
PRIVATE_DIRECTORY: Final = 0o700


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is written with it has all up to here, and nothing behind."""

    positions: dict[str, int] = msgspec.field(default_factory=dict)
    """Of the journal."""
    change: int = 0
    """The number of the last change."""
    file: str = ""
    length: int = 0
    """Of that file, in bytes. A topic has neither."""


class UnreadablePlace(Exception):
    """It was damaged by somebody else."""


class Hold:
    """For one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def take(self) -> None:
        """Raises BlockingIOError where another process has it, and OSError."""
        self._path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def let_go(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def read_place(path: Path) -> Place | None:
    """None: there is none yet. Raises OSError, UnreadablePlace."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Place)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise UnreadablePlace(f"{path} is damaged ({error})") from error


def keep_place(path: Path, place: Place, *, is_synced: bool) -> None:
    """`is_synced`: a power cut leaves this one or the last one; else it may leave an older one. Raises OSError."""
    beside = path.with_suffix(".new")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        write_all(fd, msgspec.json.encode(place))
        if is_synced:
            os.fdatasync(fd)
    finally:
        os.close(fd)
    beside.replace(path)


def write_all(fd: int, data: bytes | bytearray) -> None:
    """A disk that is getting full takes a part of it, and then nothing."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
