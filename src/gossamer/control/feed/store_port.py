"""What the feed needs of the store. All of it may raise StoreUnavailable."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from gossamer.control.store.changes import Lost
from gossamer.feed.messages import AgentGrant, Changed, KeyGrant


class FeedStore(Protocol):
    async def grants_of_keys(self, digests: Sequence[bytes]) -> tuple[int, dict[bytes, KeyGrant]]: ...

    async def grants_of_agents(self, agent_ids: Sequence[str]) -> tuple[int, dict[str, AgentGrant]]: ...

    async def note_used(self, used: Mapping[str, float]) -> None: ...

    async def revision(self) -> int: ...

    async def changes_since(self, revision: int) -> list[Changed] | None: ...

    def watch(self, since: int) -> AsyncIterator[Changed | Lost]: ...
