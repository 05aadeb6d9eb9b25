"""Users, keys and agents for tests that need some and do not care which."""

from datetime import UTC, datetime
from typing import Any

from gossamer.control.nouns import Actor, Agent, Directive, DirectiveVersion, Key, User
from gossamer.control.store.store import Store
from gossamer.control.tokens import digest_of, mint_token, new_id
from gossamer.core.directives import Variable

OPERATOR = Actor(kind="operator", address="unix")


def now() -> datetime:
    return datetime.now(UTC)


def a_key(**members: Any) -> Key:
    return Key(**{"id": new_id(), "user_id": None, "name": "a key", "created_at": now(), "updated_at": now()} | members)


def an_agent(**members: Any) -> Agent:
    return Agent(
        **{"id": new_id(), "user_id": None, "name": "an agent", "created_at": now(), "updated_at": now()} | members
    )


def a_text(
    text: str, variables: dict[str, Variable] | None = None, *, directive_id: str = "", note: str = ""
) -> DirectiveVersion:
    return DirectiveVersion(
        directive_id=directive_id, text=text, variables=variables or {}, author="operator", note=note, created_at=now()
    )


class Things:
    """Adds them to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._count = 0

    async def user(self, **members: Any) -> User:
        self._count += 1
        return await self._store.add_user(
            OPERATOR, **{"email": f"user{self._count}@example.com", "password": None} | members
        )

    async def agent(self, **members: Any) -> Agent:
        return await self._store.add_agent(OPERATOR, an_agent(**members))

    async def directive(self, text: str, variables: dict[str, Variable] | None = None, **members: Any) -> Directive:
        """With this text in force."""
        self._count += 1
        directive = Directive(
            **{
                "id": new_id(),
                "user_id": None,
                "name": f"directive {self._count}",
                "created_at": now(),
                "updated_at": now(),
            }
            | members
        )
        return await self._store.add_directive(OPERATOR, directive, a_text(text, variables))

    async def key(self, **members: Any) -> tuple[Key, bytes]:
        """With its digest."""
        minted = mint_token()
        key = await self._store.add_key(OPERATOR, a_key(**{"id": minted.key_id} | members), minted.digest)
        assert digest_of(minted.token) == minted.digest
        return key, minted.digest
