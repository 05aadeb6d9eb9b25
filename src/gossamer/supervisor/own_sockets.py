"""Unix sockets in the data directory, over which processes of one gateway speak to each other."""

import contextlib
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gossamer.supervisor.listeners import CONTROL, listen_unix, open_listeners

PRIVATE_SOCKET: Final = 0o600


class OwnSockets:
    """Open as long as the supervisor runs: who calls while a process is replaced waits for its successor."""

    def __init__(self, sockets: Sequence[socket.socket], paths: Sequence[Path]) -> None:
        self.all = sockets
        self._files = [(path, _file_of(path)) for path in paths]

    def close(self) -> None:
        for sock in self.all:
            sock.close()
        for path, file in self._files:
            if _file_of(path) == file:  # else it is a successor's, who has started while this one drained
                path.unlink(missing_ok=True)


def _file_of(path: Path) -> tuple[int, int] | None:
    """Which file that is, whatever comes to stand at its path."""
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def open_own_sockets(paths: Sequence[Path], listen: str | None = None) -> OwnSockets:
    """And a TCP one at `listen`. Raises StartFailed, and leaves nothing behind."""
    with contextlib.ExitStack() as undo:
        for path in paths:
            if path.is_socket():
                # The data directory is ours: who listens here has let go of it, and drains on connections it has.
                path.unlink()
        sockets = [listen_unix(path, undo, "data_dir", PRIVATE_SOCKET) for path in paths]
        if listen is not None:
            host, _, port = listen.rpartition(":")
            sockets += open_listeners(host.strip("[]"), int(port), workers=1, setting=CONTROL).of_worker[0]
        undo.pop_all()
    return OwnSockets(sockets, paths)
