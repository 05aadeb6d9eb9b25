"""What this worker asks the control process: once for all who want to know, and all of one turn in one line.

An answer that is older than a change which touches it is not believed: the question is asked again. What nobody waits
for any more is forgotten unless it is on its way. Knows neither keys nor agents, and no connection.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Final, Generic, TypeVar

from gossamer.core.errors import Unavailable
from gossamer.feed.messages import Changed

MOST_IN_A_LINE: Final = 256
"""Names in one line: one query of the store, whose statements take some hundred."""
MOST_NEWS: Final = 256
"""Changes that are kept to hold answers against; an answer older than all of them is asked for again."""
RETRY_S: Final = 1.0
"""When to try again what could not be answered: by then a restarted control process mostly is there."""

Name = TypeVar("Name", bound=Hashable)
Grant = TypeVar("Grant")
Found = TypeVar("Found")


class Question(Generic[Found]):
    """`settled` hears, once, whether what was asked for is good, bad (False), or not known (None)."""

    __slots__ = ("is_sent", "settled", "waiters")

    def __init__(self, settled: Callable[[bool | None], None] | None) -> None:
        self.settled = settled
        self.waiters: set[asyncio.Future[Found | None]] = set()
        self.is_sent = False


class News:
    """The last changes that were heard of."""

    def __init__(self) -> None:
        self._changes: deque[Changed] = deque(maxlen=MOST_NEWS)
        self._forgotten_to = 0
        """All changes up to this revision are no longer known one by one."""

    def add(self, change: Changed) -> None:
        if len(self._changes) == MOST_NEWS:
            self._forgotten_to = self._changes[0].revision
        self._changes.append(change)

    def begin_at(self, revision: int) -> None:
        self._changes.clear()
        self._forgotten_to = revision

    def outdates(self, revision: int, touches: Callable[[Changed], bool]) -> bool:
        """Whether something that was read at this revision may have changed since."""
        if revision < self._forgotten_to:
            return True
        return any(change.revision > revision and touches(change) for change in reversed(self._changes))


class Questions(Generic[Name, Grant, Found]):
    """`send` takes one of `ids` and names, and says whether it could. `keep` makes of a grant what those are given who
    wait; None means a bad name. `touches` says whether a change may be about a name, or its grant where it has one.
    """

    def __init__(
        self,
        send: Callable[[int, tuple[Name, ...]], bool],
        keep: Callable[[Name, Grant | None], Found | None],
        touches: Callable[[Changed, Name, Grant | None], bool],
        news: News,
        ids: Iterator[int],
    ) -> None:
        self._send = send
        self._keep = keep
        self._touches = touches
        self._news = news
        self._ids = ids
        self._open: dict[Name, Question[Found]] = {}
        self._unsent: list[Name] = []
        self._on_the_way: dict[int, tuple[Name, ...]] = {}

    def is_open(self, name: Name) -> bool:
        return name in self._open

    def put(self, name: Name, settled: Callable[[bool | None], None] | None = None) -> None:
        self._open[name] = Question(settled)
        self._queue((name,))

    async def answer(self, name: Name) -> Found | None:
        """To a question that is open. Raises Unavailable where it cannot be answered; set a time limit around it."""
        question = self._open[name]
        waiter: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()
        question.waiters.add(waiter)
        try:
            return await waiter
        finally:
            question.waiters.discard(waiter)
            if not question.waiters and not question.is_sent and self._open.get(name) is question:
                self._close(name, None)

    # --- told by the feed ---

    def connected(self) -> None:
        """Somebody listens again: whatever is open is asked."""
        self._on_the_way.clear()
        self._unsent.clear()
        self._queue(self._open)

    def lost(self) -> None:
        """No answer will come to what is on its way."""
        self._on_the_way.clear()
        for name, question in tuple(self._open.items()):
            question.is_sent = False
            if not question.waiters:
                self._close(name, None)

    def answered(self, question_id: int, revision: int, grants: Mapping[Name, Grant]) -> None:
        again = []
        for name in self._on_the_way.pop(question_id, ()):
            if name not in self._open:
                continue
            grant = grants.get(name)
            if self._is_outdated(revision, name, grant):
                again.append(name)
            else:
                self._settle(name, grant)
        if again:
            self._queue(again)

    def unavailable(self, question_id: int, reason: str) -> None:
        for name in self._on_the_way.pop(question_id, ()):
            for waiter in self._close(name, None):
                if not waiter.done():
                    waiter.set_exception(unavailable(reason))

    # --- inside ---

    def _is_outdated(self, revision: int, name: Name, grant: Grant | None) -> bool:
        return self._news.outdates(revision, lambda change: self._touches(change, name, grant))

    def _settle(self, name: Name, grant: Grant | None) -> None:
        found = self._keep(name, grant)
        for waiter in self._close(name, grant is not None):
            if not waiter.done():
                waiter.set_result(found)

    def _close(self, name: Name, is_good: bool | None) -> Collection[asyncio.Future[Found | None]]:
        question = self._open.pop(name, None)
        if question is None:
            return ()
        if question.settled is not None:
            question.settled(is_good)
        return tuple(question.waiters)

    def _queue(self, names: Collection[Name]) -> None:
        if names and not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.extend(names)

    def _flush(self) -> None:
        names = [name for name in dict.fromkeys(self._unsent) if name in self._open]
        self._unsent.clear()
        for start in range(0, len(names), MOST_IN_A_LINE):
            line = tuple(names[start : start + MOST_IN_A_LINE])
            question_id = next(self._ids)
            if not self._send(question_id, line):
                return  # `connected` brings them up again
            self._on_the_way[question_id] = line
            for name in line:
                self._open[name].is_sent = True


def unavailable(reason: str) -> Unavailable:
    return Unavailable(
        f"This cannot be looked up now ({reason}), which says nothing against your key. Try again.",
        retry_after_s=RETRY_S,
    )
