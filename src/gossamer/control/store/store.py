"""The whole store, as the rest of the control process knows it, and how it is opened.

Each change, its audit event and its revision are one transaction. `owner` is the id of a user, and is part of the
question itself: whatever is not that user's does not exist; None sees everything. All methods raise StoreUnavailable.
"""

from types import TracebackType
from typing import Self

from gossamer.control.store.address import backend_of
from gossamer.control.store.agents import Agents
from gossamer.control.store.audit import Audit
from gossamer.control.store.changes import Changes
from gossamer.control.store.conversations import Conversations
from gossamer.control.store.database import Database
from gossamer.control.store.directives import Directives
from gossamer.control.store.erasing import Erasing
from gossamer.control.store.errors import WrongSchema
from gossamer.control.store.grants import Grants
from gossamer.control.store.handing import Handing
from gossamer.control.store.keys import Keys
from gossamer.control.store.logins import Invites, Logins
from gossamer.control.store.passwords import Passwords
from gossamer.control.store.purges import Purges
from gossamer.control.store.responses import Responses
from gossamer.control.store.routes import Routes
from gossamer.control.store.schema import Migrated, bring_up_to_date, check_schema
from gossamer.control.store.users import Users


class Store(
    Grants, Changes, Users, Logins, Invites, Keys, Agents, Directives, Routes, Purges, Audit, Handing,
    Responses, Conversations, Erasing,
):  # fmt: skip
    """Open it with `open_store`, and close it."""

    async def close(self) -> None:
        """Ends every watch."""
        self._passwords.close()
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open_store(url: str, *, migrates: bool = True) -> Store:
    """The store at `sqlite:///relative`, `sqlite:////absolute` or `postgresql://...`, with its tables up to date.

    Without `migrates`, tables of another version are WrongSchema. Raises StoreUnavailable: try again later.
    """
    backend = backend_of(url)
    state = await (bring_up_to_date if migrates else check_schema)(backend)
    if not migrates and state.before != state.after:
        raise WrongSchema("its tables are not up to date: run `gossamer migrate`")
    return Store(Database(backend), Passwords())


async def migrate(url: str) -> Migrated:
    """Brings the tables up to date; safe while others do the same. Raises StoreUnavailable, WrongSchema."""
    return await bring_up_to_date(backend_of(url))


async def schema_state(url: str) -> Migrated:
    """What `migrate` would do, without doing it. Makes no file and no table. Raises StoreUnavailable, WrongSchema."""
    return await check_schema(backend_of(url))
