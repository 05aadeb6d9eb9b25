"""How lists are asked for and answered: newest first, a page at a time, by the id that the page before ended with.

UUIDv7 ids grow with time, so a page costs the same wherever it is, and what is added meanwhile shifts nothing.
"""

from datetime import datetime
from typing import Final, Generic, Literal, TypeVar

import msgspec

from gossamer.control.nouns import Role

Item = TypeVar("Item")

PAGE_DEFAULT: Final = 50
PAGE_MOST: Final = 1000
"""Things in one answer: what a person scrolls through, and what a script may take at once."""


class Page(msgspec.Struct, frozen=True):
    """`after`: the `next` of the page before; None for the first."""

    limit: int = PAGE_DEFAULT
    after: str | None = None


class Listing(msgspec.Struct, Generic[Item], frozen=True):
    """One page of things. `next` is None where there is nothing more."""

    items: tuple[Item, ...]
    next: str | None = None


class UserFilter(msgspec.Struct, frozen=True, kw_only=True):
    """All that is given must hold. `search`: a part of the address, in any case of letters."""

    search: str | None = None
    role: Role | None = None
    is_active: bool | None = None


class KeyFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`search`: a part of the name. `agent_id`: bound to this agent. `state`: as of now, whatever its user is."""

    search: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    state: Literal["valid", "expired", "revoked"] | None = None


class AgentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`search`: a part of the name."""

    search: str | None = None
    user_id: str | None = None
    is_active: bool | None = None


class DirectiveFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: the whole of it. `search`: a part of it."""

    name: str | None = None
    search: str | None = None
    user_id: str | None = None


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`action`: a whole one, `key.revoke`, or a noun, `key`, for all that is done to such."""

    action: str | None = None
    subject: str | None = None
    actor_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


FIRST_PAGE: Final = Page()
ANY_USER: Final = UserFilter()
ANY_KEY: Final = KeyFilter()
ANY_AGENT: Final = AgentFilter()
ANY_DIRECTIVE: Final = DirectiveFilter()
ANY_EVENT: Final = EventFilter()
