"""The far end of the feed, a worker's or the agents': a connection to the control process, there whenever it can be.

Knows the words and no more: what is said goes to the owner, in the order in which it came.
"""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, cast

import msgspec

from gossamer.core.logs import get_log
from gossamer.feed.lines import Lines
from gossamer.feed.messages import (
    AGENTS,
    Agents,
    Changed,
    FromControl,
    FromWorker,
    Hello,
    Keys,
    Refused,
    Routes,
    State,
    Turned,
    Unavailable,
)

FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 1.0
"""Between two tries to connect: soon enough to be unnoticed, seldom enough to be no burden."""
JITTER: Final = 0.5
"""The share of a pause that is left to chance, so that the workers of a node do not all knock at once."""

_log = get_log(__name__)
_encode: Final = msgspec.json.Encoder().encode


class FeedOwner(Protocol):
    """Who acts on what the control process says."""

    @property
    def revision(self) -> int:
        """The last that it has heard of."""

    def connected(self) -> None:
        """Lines can be sent; nobody may have answered yet."""

    def heard(self, said: State | Keys | Agents | Routes | Unavailable | Changed | Turned) -> None: ...

    def lost(self) -> None: ...


class Feed:
    """`is_alive`: the control process has said something on the connection that is there now. `is_lost`: it had, and
    is gone; before it was ever heard of it is neither."""

    def __init__(self, path: Path, worker: int, owner: FeedOwner, *, without: str) -> None:
        """`without`: what that means, where the control process is away."""
        self.is_alive = self.is_lost = False
        self._away = f"the control process is away: {without}"
        self._path = str(path)
        self._worker = worker
        self._who = {"worker": worker} if worker != AGENTS else {}
        self._owner = owner
        self._line: Line | None = None
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep())

    def close(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
        if self._line is not None:
            self._line.close()

    def say(self, message: FromWorker) -> bool:
        """Whether there was anybody to say it to."""
        if self._line is None:
            return False
        self._line.write(_encode(message) + b"\n")
        return True

    async def _keep(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            if await self._hold_one():
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s * (1 - JITTER * random.random()))  # noqa: S311 - no secret
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _hold_one(self) -> bool:
        """One connection, from its beginning to its end. Whether anybody spoke on it."""
        line = Line(self._take)
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: line, self._path)
        except OSError:
            return False
        self._line = line
        self.say(Hello(self._worker, self._owner.revision))
        self._owner.connected()
        await line.ended
        was_alive, self.is_alive, self._line = self.is_alive, False, None
        if was_alive:
            self.is_lost = True
            _log.warning(self._away, **self._who)
        self._owner.lost()
        return was_alive

    def _take(self, said: FromControl) -> None:
        if isinstance(said, Refused):
            _log.error("the control process refuses to be listened to", **self._who, reason=said.reason)
            return
        if not self.is_alive:
            self.is_alive, self.is_lost = True, False
            _log.debug("the control process is there", **self._who)
        self._owner.heard(said)


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, take: Callable[[FromControl], None]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take = take
        self._lines = Lines()
        self._decode = msgspec.json.Decoder(FromControl).decode
        self._transport: asyncio.WriteTransport | None = None

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # --- called by the event loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but are no subclass of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            for line in self._lines.feed(data):
                self._take(self._decode(line))
        except msgspec.DecodeError as error:
            # Both sides share the code, except after an upgrade under a running supervisor.
            _log.error("the feed cannot be read: restart gossamer after an upgrade", reason=str(error))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended, it has
        self._transport = None
        if not self.ended.done():
            self.ended.set_result(None)
