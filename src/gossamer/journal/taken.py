"""The mark on a segment that every projection has taken: it may go, and nobody misses it.

The mark is that its owner may not write it any more. It needs no room, so it can be made on a disk that is full, and
outlives whoever made it.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from gossamer.journal.marks import FOOTER_ROOM_BYTES, parse_footer

_MODE: Final = 0o400


def mark_taken(path: Path) -> None:
    with suppress(FileNotFoundError):  # it is gone already
        path.chmod(_MODE)


def is_taken(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return not path.stat().st_mode & stat.S_IWUSR
    return False


def end_of_records(path: Path) -> int | None:
    """Where the footer of a complete segment begins; None where it is not complete, or gone."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - FOOTER_ROOM_BYTES))
        *_, last = file.read().removesuffix(b"\n").split(b"\n")
        if parse_footer(last) is not None:
            return size - len(last) - 1
    return None
