"""All visitors, and the one watch over the store that tells each of them what has changed, none left out, none twice.

A worker that comes back is told what it has missed; where nobody can name that any more, it is told to forget. Until
the store can say, it is told nothing: what it knows is better than nothing.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from gossamer.control.feed.desk import Desk
from gossamer.control.feed.store_port import FeedStore
from gossamer.control.feed.visitor import Visitor
from gossamer.control.store.changes import Lost
from gossamer.control.store.errors import StoreUnavailable
from gossamer.core.logs import get_log
from gossamer.feed.messages import Changed, State, Turned, Unavailable

NOT_ASKED: Final = 0
"""The id of an `unavailable` that answers no question: the control process is there, and its store is not."""
RETRY_S: Final = 0.5
"""Between two tries to ask a store that could not be asked."""

_log = get_log(__name__)


class FeedServer:
    """`failed` hears of a defect in the watch: without it no revocation would be heard."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self.desk = Desk()
        self._failed = failed
        self._visitors: dict[Visitor, int] = {}
        """Those who have said hello, and the revision that they said."""
        self._revision: int | None = None
        """Of the last change that all were told; None before the store could be asked."""
        self._listener: asyncio.Server | None = None
        self._watching: asyncio.Task[None] | None = None

    async def listen(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_unix_server(lambda: Visitor(self, self.desk), sock=sock)

    def opened(self, store: FeedStore) -> None:
        """The store can be asked from now on."""
        self.desk.store = store
        self._watching = asyncio.create_task(self._watch(store))

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        for visitor in tuple(self._visitors):
            visitor.close()

    # --- told by visitors ---

    def came(self, visitor: Visitor, since: int) -> None:
        self._visitors[visitor] = since
        if self._revision is None:
            visitor.say(Unavailable(NOT_ASKED, self.desk.why_closed))
        else:
            self._greet(visitor, since, self._revision)

    def left(self, visitor: Visitor) -> None:
        self._visitors.pop(visitor, None)

    def turned(self, visitor: Visitor, said: Turned) -> None:
        """For the others of this node. No store is asked, and nobody is told later: it is news or nothing."""
        for other in tuple(self._visitors):
            if other is not visitor:
                other.say(said)

    # --- inside ---

    def _greet(self, visitor: Visitor, since: int, revision: int) -> None:
        if since == revision:
            visitor.told_to = revision
            visitor.say(State(revision))
        elif since == 0 or since > revision:  # it knows nothing yet; or more than there is: of another store
            self._begin_anew(visitor, revision)
        elif self.desk.store is not None:
            self.desk.begin(self._catch_up(self.desk.store, visitor, since))

    async def _catch_up(self, store: FeedStore, visitor: Visitor, since: int) -> None:
        """Until it knows all that the others know. What all are told meanwhile, it is told here."""
        visitor.say(State(since))
        while visitor.is_here and self._revision is not None and since < self._revision:
            try:
                changes = await store.changes_since(since)
            except StoreUnavailable:
                await asyncio.sleep(RETRY_S)
                continue
            if changes is None:
                self._begin_anew(visitor, self._revision)
                return
            visitor.say(*changes)
            since = changes[-1].revision if changes else self._revision
        visitor.told_to = since

    def _begin_anew(self, visitor: Visitor, revision: int) -> None:
        visitor.told_to = revision
        visitor.say(State(revision, is_whole=True))

    async def _watch(self, store: FeedStore) -> None:
        try:
            self._revision = revision = await self._first_revision(store)
            for visitor, since in tuple(self._visitors.items()):
                self._greet(visitor, since, revision)
            async for change in store.watch(revision):
                self._tell(change)
        except Exception as error:  # noqa: BLE001 - handed on, since nobody waits for this task
            self._failed(error)

    async def _first_revision(self, store: FeedStore) -> int:
        while True:
            try:
                return await store.revision()
            except StoreUnavailable as error:
                _log.warning("the store cannot be asked yet", reason=error.reason)
                await asyncio.sleep(RETRY_S)

    def _tell(self, change: Changed | Lost) -> None:
        self._revision = revision = change.revision
        for visitor in tuple(self._visitors):
            if visitor.told_to is None:
                continue  # it is being told what it missed, this included
            if isinstance(change, Lost):
                self._begin_anew(visitor, revision)
            elif revision > visitor.told_to:
                visitor.told_to = revision
                visitor.say(change)
