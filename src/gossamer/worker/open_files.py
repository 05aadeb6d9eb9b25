"""Room in the kernel's table of this process's files, before there is a thread beside the loop.

Linux doubles that table when a file too many is opened, and where threads share it, it waits for all CPUs to have let
go of the old one: 5 to 30 ms in which `accept` or `socket` stands still, and with it every request of the worker.
"""

import fcntl
import os
import resource
from pathlib import Path
from typing import Final

ROOM: Final = 16_384
"""Files, 8 bytes each: half as many clients, each with a call of its own. Beyond, each doubling is a pause."""


def make_room_for_files(room: int = ROOM) -> None:
    """The table never becomes smaller again."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    last = (room if soft == resource.RLIM_INFINITY else min(room, soft)) - 1
    with Path(os.devnull).open("rb") as nothing:
        os.close(fcntl.fcntl(nothing, fcntl.F_DUPFD_CLOEXEC, last))
