"""The one recorder: kept like a worker. The gateway is ready without it, since no request waits for it."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from gossamer.feed.paths import recorder_path
from gossamer.supervisor.crew import Crew
from gossamer.supervisor.own_sockets import OwnSockets, open_own_sockets


class RecorderOwner(Protocol):
    """Who is told where no recorder can live."""

    def gave_up(self, reason: str) -> None: ...


class RecorderPost:
    """A CrewOwner."""

    def __init__(self, command: Sequence[str], sockets: Sequence[socket.socket], owner: RecorderOwner) -> None:
        self.crew = Crew(command, [sockets], self, name="recorder")
        self._owner = owner

    # --- told by the crew ---

    def all_ready(self) -> None:
        """Nobody waits for it."""

    def gave_up(self, reason: str) -> None:
        self._owner.gave_up(reason)


def open_recorder_sockets(data_dir: Path) -> OwnSockets:
    """Raises StartFailed, and leaves nothing behind."""
    return open_own_sockets((recorder_path(data_dir),))
