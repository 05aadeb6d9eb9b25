"""The one process of the agents: kept like a worker, where agents are configured. No plain request waits for it.

It is reached through a socket of its own, and reaches the workers' front door through another: both are this user's
alone. Who calls while the process is replaced waits for its successor.
"""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from gossamer.feed.paths import agents_path, inner_path
from gossamer.supervisor.crew import Crew
from gossamer.supervisor.own_sockets import OwnSockets, open_own_sockets


class AgentsOwner(Protocol):
    """Who is told where no agents can live."""

    def gave_up(self, reason: str) -> None: ...


class AgentsPost:
    """A CrewOwner."""

    def __init__(self, command: Sequence[str], sockets: Sequence[socket.socket], owner: AgentsOwner) -> None:
        self.crew = Crew(command, [sockets], self, name="agents")
        self.is_started = False
        self._owner = owner

    def start(self, briefing: bytes) -> None:
        """Once."""
        if not self.is_started:
            self.is_started = True
            self.crew.start(briefing)

    def brief(self, briefing: bytes) -> None:
        if self.is_started:
            self.crew.brief(briefing)

    async def drain(self, within_s: float) -> None:
        if self.is_started:
            await self.crew.drain(within_s)

    # --- told by the crew ---

    def all_ready(self) -> None:
        """Nobody waits for it."""

    def gave_up(self, reason: str) -> None:
        self._owner.gave_up(reason)


def open_agents_socket(data_dir: Path) -> OwnSockets:
    """Raises StartFailed, and leaves nothing behind."""
    return open_own_sockets((agents_path(data_dir),))


def open_inner_socket(data_dir: Path) -> OwnSockets:
    """The front door's, for all workers alike."""
    return open_own_sockets((inner_path(data_dir),))
