"""The one control process: kept like a worker, on sockets of its own, and asked once to keep a first key.

What the key may do and whether one is needed, it knows; the token is known here alone, until the banner shows it.
"""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from gossamer.control.tokens import Minted, mint_token
from gossamer.feed.paths import control_path, feed_path, responses_path
from gossamer.process.link import FirstKey, Order, encode_order
from gossamer.supervisor.crew import Crew
from gossamer.supervisor.own_sockets import OwnSockets, open_own_sockets


class ControlOwner(Protocol):
    """Who is told how the control process fares."""

    def control_ready(self) -> None:
        """It answers. Called again for each successor."""

    def first_key_told(self, token: str | None) -> None:
        """A first key is kept, and this is it; None: the store had keys before."""

    def gave_up(self, reason: str) -> None: ...


class ControlPost:
    """A CrewOwner. `asks_first_key`: whether a store without keys gets one."""

    def __init__(
        self, command: Sequence[str], sockets: Sequence[socket.socket], owner: ControlOwner, *, asks_first_key: bool
    ) -> None:
        self.crew = Crew(command, [sockets], self, name="control", told_of_key=self._told_of_key)
        self._owner = owner
        self._minted: Minted | None = mint_token() if asks_first_key else None

    @property
    def awaits_first_key(self) -> bool:
        return self._minted is not None

    def ask_for_first_key(self) -> None:
        """Asked again of each successor until one has answered: it is the same key, and kept once."""
        if self._minted is not None:
            first = FirstKey(self._minted.key_id, self._minted.digest.hex())
            self.crew.tell(encode_order(Order(first_key=first)))

    # --- told by the crew ---

    def all_ready(self) -> None:
        self._owner.control_ready()

    def gave_up(self, reason: str) -> None:
        self._owner.gave_up(reason)

    def _told_of_key(self, is_kept: bool) -> None:
        minted, self._minted = self._minted, None
        if minted is not None:
            self._owner.first_key_told(minted.token if is_kept else None)


def open_control_sockets(data_dir: Path, listen: str | None) -> OwnSockets:
    """Raises StartFailed, and leaves nothing behind."""
    return open_own_sockets((feed_path(data_dir), control_path(data_dir), responses_path(data_dir)), listen)
