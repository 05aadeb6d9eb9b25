"""Closes the front door while the journal has no room, where the settings say that no request goes unrecorded.

What is under way is still written: the door is closed when the last segment begins, not when it is full.
"""

import asyncio
from typing import Final, Protocol

from gossamer.core.endpoints import endpoint_of
from gossamer.core.errors import Unavailable
from gossamer.core.logs import get_log
from gossamer.dialects.errors import render_error
from gossamer.http.request import Request
from gossamer.policy.headers import JSON_LINE

LOOK_EVERY_S: Final = 0.1
"""A segment of the default size holds what a worker can answer in a second, and more."""
_RETRY_AFTER_S: Final = 5

_log = get_log(__name__)


class Room(Protocol):
    def lack(self) -> OSError | None: ...


class Door(Protocol):
    def close_for(self, reason: str) -> None: ...

    def reopen(self) -> int:
        """How many were refused meanwhile."""


class JournalGuard:
    def __init__(self, journal: Room, door: Door) -> None:
        self._journal = journal
        self._door = door
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """And again, until `end`."""
        lack = self._journal.lack()
        if lack is not None and not self._is_closed:
            self._is_closed = True
            self._door.close_for(f"the journal has no room ({lack.strerror or lack})")
            _log.error("the journal has no room: requests are refused with 503 until it has", reason=str(lack))
        elif lack is None and self._is_closed:
            self._is_closed = False
            _log.warning("the journal has room again: requests are taken", refused=self._door.reopen())
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self.look)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def refuse_unrecorded(request: Request, reason: str) -> None:
    """In the dialect that was asked."""
    head = request.head
    dialect = endpoint_of(head.method.decode("ascii"), head.target.partition(b"?")[0].decode("latin-1")).dialect
    error = Unavailable(
        f"This gateway takes no request that it cannot record, and {reason}. Try again later; its operator must give "
        "the journal's disk room, or see to a projection that is behind."
    )
    lines = JSON_LINE + b"retry-after: %d\r\n" % _RETRY_AFTER_S
    request.reply(error.status, lines, render_error(error, dialect))
