"""Where questions become queries: all that one worker asks in a turn of the loop is one query of each kind.

Only a few queries of a worker are under way at a time; what comes meanwhile waits, and goes together. Without a store,
or with one that cannot be asked, the answer is that nobody can say.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, Generic, TypeVar

from gossamer.control.feed.store_port import FeedStore
from gossamer.control.store.errors import StoreError
from gossamer.core.logs import get_log
from gossamer.feed.messages import (
    Agents,
    AskAgents,
    AskEvents,
    AskKeys,
    AskRoutes,
    Events,
    ForRecorder,
    FromControl,
    Keys,
    Routes,
    Unavailable,
)

MOST_QUERIES: Final = 4
"""Of one worker and one kind at a time: the store has a handful of connections for all."""
MOST_IN_A_QUERY: Final = 512
"""Digests or ids; what is more waits for the next query."""

_log = get_log(__name__)

Say = Callable[..., None]
Ask = TypeVar("Ask", bound=AskKeys | AskAgents | AskRoutes | AskEvents)


class Desk:
    """Shared by all visitors. `store` is None until it is open."""

    def __init__(self) -> None:
        self.store: FeedStore | None = None
        self.why_closed = "the state store is not open yet"
        self._tasks: set[asyncio.Task[None]] = set()

    def counter(self, say: Say) -> "Counter":
        return Counter(self, say)

    def note_used(self, used: Mapping[str, float]) -> None:
        if self.store is not None:
            self.begin(self._note_used(self.store, used))

    async def _note_used(self, store: FeedStore, used: Mapping[str, float]) -> None:
        try:
            await store.note_used(used)
        except StoreError as error:  # nobody decides by it
            _log.debug("the last uses of keys are not noted", reason=str(error))

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """As a task, which is held on to until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Counter:
    """One worker's place at the desk."""

    def __init__(self, desk: Desk, say: Say) -> None:
        self._keys: Queue[AskKeys] = Queue(desk, say, _answer_keys, lambda ask: len(ask.digests))
        self._agents: Queue[AskAgents] = Queue(desk, say, _answer_agents, lambda ask: len(ask.agent_ids))

        self._routes: Queue[AskRoutes] = Queue(desk, say, _answer_routes, lambda _: 1)
        self._events: Queue[AskEvents] = Queue(desk, say, _answer_events, lambda _: 1)

    def ask(self, ask: AskKeys | AskAgents | AskRoutes | AskEvents) -> None:
        match ask:
            case AskKeys():
                self._keys.put(ask)
            case AskAgents():
                self._agents.put(ask)
            case AskRoutes():
                self._routes.put(ask)
            case AskEvents():
                self._events.put(ask)

    def close(self) -> None:
        """Nobody waits any more for what has not been asked yet."""
        self._keys.clear()
        self._agents.clear()
        self._routes.clear()
        self._events.clear()


class Queue(Generic[Ask]):
    """Questions of one kind."""

    def __init__(
        self,
        desk: Desk,
        say: Say,
        answer: Callable[[FeedStore, list[Ask]], Awaitable[list[FromControl | ForRecorder]]],
        size: Callable[[Ask], int],
    ) -> None:
        self._desk = desk
        self._say = say
        self._answer = answer
        self._size = size
        self._waiting: deque[Ask] = deque()
        self._under_way = 0
        self._is_awake = False

    def put(self, ask: Ask) -> None:
        self._waiting.append(ask)
        if not self._is_awake:
            self._is_awake = True
            asyncio.get_running_loop().call_soon(self._wake)

    def clear(self) -> None:
        self._waiting.clear()

    def _wake(self) -> None:
        self._is_awake = False
        while self._waiting and self._under_way < MOST_QUERIES:
            self._under_way += 1
            self._desk.begin(self._query(self._take()))

    def _take(self) -> list[Ask]:
        """As many as one query may carry; one at least."""
        asks = [self._waiting.popleft()]
        size = self._size(asks[0])
        while self._waiting and (size := size + self._size(self._waiting[0])) <= MOST_IN_A_QUERY:
            asks.append(self._waiting.popleft())
        return asks

    async def _query(self, asks: list[Ask]) -> None:
        try:
            self._say(*await self._ask(asks))
        finally:
            self._under_way -= 1
            self._wake()

    async def _ask(self, asks: list[Ask]) -> list[FromControl | ForRecorder]:
        store = self._desk.store
        if store is None:
            return [Unavailable(ask.id, self._desk.why_closed) for ask in asks]
        try:
            return await self._answer(store, asks)
        except StoreError as error:
            return [Unavailable(ask.id, str(error)) for ask in asks]
        except Exception as error:  # noqa: BLE001 - a defect of ours is logged, and must leave nobody waiting
            _log.defect("a question of a worker met a defect", error)
            return [Unavailable(ask.id, "the control process met a defect, and has logged it") for ask in asks]


async def _answer_keys(store: FeedStore, asks: list[AskKeys]) -> list[FromControl | ForRecorder]:
    digests = {digest: bytes.fromhex(digest) for ask in asks for digest in ask.digests}
    revision, grants = await store.grants_of_keys(tuple(digests.values()))
    return [
        Keys(ask.id, revision, {digest: grants[raw] for digest in ask.digests if (raw := digests[digest]) in grants})
        for ask in asks
    ]


async def _answer_agents(store: FeedStore, asks: list[AskAgents]) -> list[FromControl | ForRecorder]:
    revision, grants = await store.grants_of_agents(tuple({each for ask in asks for each in ask.agent_ids}))
    return [Agents(ask.id, revision, {each: grants[each] for each in ask.agent_ids if each in grants}) for ask in asks]


async def _answer_routes(store: FeedStore, asks: list[AskRoutes]) -> list[FromControl | ForRecorder]:
    revision, grants = await store.grants_of_routes()
    return [Routes(ask.id, revision, grants) for ask in asks]


async def _answer_events(store: FeedStore, asks: list[AskEvents]) -> list[FromControl | ForRecorder]:
    return [Events(ask.id, tuple(await store.hand_on(ask.holder, ask.taken))) for ask in asks]
