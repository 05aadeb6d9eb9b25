"""What every part of the store stands on, and the few things that all nouns do alike: pages, edits, versions."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec import UNSET
from sqlalchemy.engine import Row

from gossamer.control.nouns import Agent, Directive, Key, StoredRoute, User
from gossamer.control.store.database import Database
from gossamer.control.store.errors import Conflict
from gossamer.control.store.page import PAGE_MOST, Listing, Page
from gossamer.control.store.passwords import Passwords

Item = TypeVar("Item")
Thing = TypeVar("Thing", User, Key, Agent, Directive, StoredRoute)


class Part:
    """The store is made of these; each knows one noun."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._database = database
        self._passwords = passwords

    async def _listing(
        self, query: "sa.Select[Any]", newest: "sa.Column[Any]", page: Page, made_of: Callable[[Row[Any]], Item]
    ) -> Listing[Item]:
        """One page of a query, by the column that is its order."""
        limit = max(1, min(page.limit, PAGE_MOST))
        if page.after is not None:
            query = query.where(newest < page.after)
        # One more than asked for tells whether there is a next page.
        rows = await self._database.rows(query.order_by(newest.desc()).limit(limit + 1))
        more = str(getattr(rows[limit - 1], newest.name)) if len(rows) > limit else None
        return Listing(tuple(map(made_of, rows[:limit])), more)


def edited(thing: Thing, edit: msgspec.Struct, *, but: Sequence[str] = ()) -> Thing:
    """The thing with what the edit sets, `but` for members that it does not have itself."""
    names = [name for name in edit.__struct_fields__ if name not in but]
    values = {name: value for name in names if (value := getattr(edit, name)) is not UNSET}
    return msgspec.structs.replace(thing, **values)


def check_version(thing: Thing, version: int | None) -> None:
    if version is not None and version != thing.version:
        raise Conflict(thing.version)


def plain(thing: msgspec.Struct) -> dict[str, Any]:
    """As the audit shows it. The nouns have no secrets."""
    values: dict[str, Any] = msgspec.to_builtins(thing, order="deterministic")
    return values


def difference(before: Thing, after: Thing) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs, on both sides, but for what differs always."""
    old, new = plain(before), plain(after)
    names = [name for name in old if old[name] != new[name] and name not in {"version", "updated_at"}]
    return {name: old[name] for name in names}, {name: new[name] for name in names}
