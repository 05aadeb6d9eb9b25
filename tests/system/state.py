"""The state store of a gateway, as its operator changes it: from another process than the control process's."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from gossamer.control.nouns import Actor, Agent, Key
from gossamer.control.store.store import Store, open_store
from gossamer.control.tokens import Minted, mint_token, new_id

T = TypeVar("T")

OPERATOR = Actor(kind="operator", role="admin")


class State:
    """One file. Each change is made and committed when its method returns."""

    def __init__(self, file: Path) -> None:
        self._url = f"sqlite:///{file}"

    def do(self, work: Callable[[Store], Awaitable[T]]) -> T:
        async def with_store() -> T:
            async with await open_store(self._url) as store:
                return await work(store)

        return asyncio.run(with_store())

    def add_key(self, **members: Any) -> Minted:
        minted = mint_token()
        now = datetime.now(UTC)
        key = Key(
            **{"id": minted.key_id, "user_id": None, "name": "k", "created_at": now, "updated_at": now, **members}
        )
        self.do(lambda store: store.add_key(OPERATOR, key, minted.digest))
        return minted

    def revoke(self, key_id: str) -> None:
        self.do(lambda store: store.revoke_key(OPERATOR, key_id))

    def add_agent(self, **members: Any) -> str:
        agent_id, now = new_id(), datetime.now(UTC)
        own = {"id": agent_id, "user_id": None, "name": "a", "created_at": now, "updated_at": now}
        self.do(lambda store: store.add_agent(OPERATOR, Agent(**{**own, **members})))
        return agent_id

    def add_user(self, email: str) -> str:
        return self.do(lambda store: store.add_user(OPERATOR, email=email, password=None)).id
