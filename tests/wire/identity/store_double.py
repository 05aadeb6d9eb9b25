"""A store of a few lines for the feed: it answers when the test lets it, and may be away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

from gossamer.control.store.changes import Lost
from gossamer.control.store.errors import StoreUnavailable
from gossamer.feed.messages import AgentGrant, Changed, KeyGrant, RouteGrant, Told

Found = TypeVar("Found")


def digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


class StoreDouble:
    """What is there, what has changed, and what it was asked. A read sees the moment in which it began."""

    def __init__(self) -> None:
        self.now = 1
        self.keys: dict[bytes, KeyGrant] = {}
        self.agents: dict[str, AgentGrant] = {}
        self.routes: dict[str, RouteGrant] = {}
        self.changes: list[Changed] = []
        self.is_away = False
        self.lost_before = 0
        self.used: dict[str, float] = {}
        self.events: list[Told] = []
        self.taken: dict[str, int] = {}
        self.queries: list[Sequence[bytes] | Sequence[str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._may_answer = asyncio.Event()
        self._may_answer.set()
        self._may_watch = asyncio.Event()
        self._may_watch.set()
        self._bell = asyncio.Event()

    # --- what the test does ---

    def hold(self) -> None:
        """Read, and do not answer until `let_go`."""
        self._may_answer.clear()

    def let_go(self) -> None:
        self._may_answer.set()

    def hold_watch(self) -> None:
        """Tell of no change until `let_watch_go`."""
        self._may_watch.clear()

    def let_watch_go(self) -> None:
        self._may_watch.set()

    def add(self, token: str, grant: KeyGrant) -> None:
        self.keys[digest_of(token)] = grant
        self.change(keys=(grant.key_id,))

    def revoke(self, token: str) -> None:
        grant = self.keys.pop(digest_of(token))
        self.change(keys=(grant.key_id,))

    def change(self, **ids: tuple[str, ...]) -> None:
        self.now += 1
        self.changes.append(Changed(self.now, **ids))
        self._bell.set()

    # --- what the feed asks ---

    async def grants_of_keys(self, digests: Sequence[bytes]) -> tuple[int, dict[bytes, KeyGrant]]:
        return await self._read(digests, lambda: {each: self.keys[each] for each in digests if each in self.keys})

    async def grants_of_routes(self) -> tuple[int, dict[str, RouteGrant]]:
        self._must_be_there()
        return self.now, dict(self.routes)

    async def grants_of_agents(self, agent_ids: Sequence[str]) -> tuple[int, dict[str, AgentGrant]]:
        known = self.agents
        return await self._read(agent_ids, lambda: {each: known[each] for each in agent_ids if each in known})

    async def hand_on(self, holder: str, taken: int) -> Sequence[Told]:
        if self.is_away:
            raise StoreUnavailable("it is away")
        self.taken[holder] = taken
        return [told for told in self.events if told.number > taken]

    async def note_used(self, used: Mapping[str, float]) -> None:
        self._must_be_there()
        self.used |= used

    async def revision(self) -> int:
        self._must_be_there()
        return self.now

    async def changes_since(self, revision: int) -> list[Changed] | None:
        self._must_be_there()
        read = None if revision < self.lost_before else [each for each in self.changes if each.revision > revision]
        await self._may_answer.wait()
        return read

    async def watch(self, since: int) -> AsyncIterator[Changed | Lost]:
        while True:
            await self._may_watch.wait()
            for change in [each for each in self.changes if each.revision > since]:
                since = change.revision
                yield change
            self._bell.clear()
            await self._bell.wait()

    async def _read(self, asked: Sequence[bytes] | Sequence[str], find: Callable[[], Found]) -> tuple[int, Found]:
        self._must_be_there()
        self.queries.append(asked)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        read = self.now, find()
        await self._may_answer.wait()
        self._at_once -= 1
        return read

    def _must_be_there(self) -> None:
        if self.is_away:
            raise StoreUnavailable("it is away")
