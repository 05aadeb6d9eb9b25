"""The whole store, as the rest of the control process knows it.

Each change, its audit event and its revision are one transaction. `owner` is the id of a user, and is part of the
question itself: whatever is not that user's does not exist; None sees everything. All methods raise StoreUnavailable.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import msgspec

from gossamer.control.nouns import Actor, Agent, AuditEvent, Invite, Key, Role, User
from gossamer.control.store.edits import AgentEdit, KeyEdit, UserEdit
from gossamer.control.store.page import (
    ANY_AGENT,
    ANY_EVENT,
    ANY_KEY,
    ANY_USER,
    FIRST_PAGE,
    AgentFilter,
    EventFilter,
    KeyFilter,
    Listing,
    Page,
    UserFilter,
)
from gossamer.core.allowance import UNLIMITED, Limits
from gossamer.feed.messages import AgentGrant, Changed, KeyGrant


class Lost(msgspec.Struct, frozen=True):
    """Changes were missed that nobody can name any more: whoever remembers anything must forget it."""

    revision: int


class Store:
    # --- what workers ask ---

    async def grants_of_keys(self, digests: Sequence[bytes]) -> tuple[int, dict[bytes, KeyGrant]]:
        """The revision and the grants of the good keys among these, in one snapshot. Not there: no good key."""
        raise NotImplementedError

    async def grants_of_agents(self, agent_ids: Sequence[str]) -> tuple[int, dict[str, AgentGrant]]:
        """As `grants_of_keys`, by the ids of agents."""
        raise NotImplementedError

    async def note_used(self, used: Mapping[str, float]) -> None:
        """Unix times of the last use, by key id. No revision: nobody decides by it. Never goes back."""
        raise NotImplementedError

    # --- what has changed ---

    async def revision(self) -> int:
        """Of the last change that is committed; 0 where there was none. Cheap: also says that the store answers."""
        raise NotImplementedError

    async def changes_since(self, revision: int) -> list[Changed] | None:
        """In their order, one for each revision after this one. None: not all can be named, forget everything."""
        raise NotImplementedError

    def watch(self, since: int) -> AsyncIterator[Changed | Lost]:
        """All changes of all processes on this store after `since`, in order, none left out and none twice.

        Goes on through outages, which it never raises; ends when the store is closed.
        """
        raise NotImplementedError

    # --- users ---

    async def add_user(
        self, actor: Actor, *, email: str, password: str | None, role: Role = "member", limits: Limits = UNLIMITED
    ) -> User:
        """Without a password nobody can log in as this user. Raises Taken("email")."""
        raise NotImplementedError

    async def add_first_user(self, actor: Actor, *, email: str, password: str) -> User:
        """An admin, if there is no user yet; else Closed. Of two at once, one gets it."""
        raise NotImplementedError

    async def add_invited_user(self, actor: Actor, *, email: str, password: str, invite: bytes) -> User:
        """Takes the invite with this digest and adds the user, or neither. Raises Closed, Taken("email")."""
        raise NotImplementedError

    async def user(self, user_id: str, *, owner: str | None = None) -> User:
        """Raises Missing."""
        raise NotImplementedError

    async def user_by_email(self, email: str) -> User | None:
        """In any case of letters."""
        raise NotImplementedError

    async def users(
        self, page: Page = FIRST_PAGE, filters: UserFilter = ANY_USER, *, owner: str | None = None
    ) -> Listing[User]:
        raise NotImplementedError

    async def change_user(
        self, actor: Actor, user_id: str, edit: UserEdit, version: int | None = None, *, owner: str | None = None
    ) -> User:
        """`version`: that of the user whom the change was made for; None: whichever it is.

        Raises Missing, Conflict, Taken("email"), LastAdmin. Who may change which member is the caller's to know.
        """
        raise NotImplementedError

    async def remove_user(
        self, actor: Actor, user_id: str, version: int | None = None, *, owner: str | None = None
    ) -> User:
        """Not active from now on: no log-in, and its keys and agents are no good until it is made active again.

        Raises Missing, Conflict, LastAdmin.
        """
        raise NotImplementedError

    async def check_password(self, email: str, password: str) -> User | None:
        """The active user whose password this is. Takes as long for one who does not exist."""
        raise NotImplementedError

    # --- log-ins and invites ---

    async def add_login(self, actor: Actor, user_id: str, digest: bytes, expires_at: datetime) -> None:
        """Raises Missing where the user is gone or not active."""
        raise NotImplementedError

    async def user_of_login(self, digest: bytes) -> User | None:
        """None: no such log-in, out of time, or its user is not active."""
        raise NotImplementedError

    async def end_login(self, actor: Actor, digest: bytes) -> bool:
        """Whether there was one."""
        raise NotImplementedError

    async def add_invite(
        self, actor: Actor, digest: bytes, *, expires_at: datetime, role: Role = "member", email: str | None = None
    ) -> Invite:
        raise NotImplementedError

    async def invites(self, page: Page = FIRST_PAGE) -> Listing[Invite]:
        raise NotImplementedError

    async def remove_invite(self, actor: Actor, invite_id: str) -> None:
        """Raises Missing. The user that a used invite became stays."""
        raise NotImplementedError

    # --- keys ---

    async def add_key(self, actor: Actor, key: Key, digest: bytes, *, owner: str | None = None) -> Key:
        """Kept as given, at version 1. Its user must exist, and its agents must be its user's, or nobody's.

        With an owner, key and agents must be that user's. Raises Missing("user" | "agent"), Taken("digest" | "id").
        """
        raise NotImplementedError

    async def add_first_key(self, actor: Actor, key: Key, digest: bytes) -> Key | None:
        """None, and nothing added, where the store has had a key before. Of two at once, one gets it."""
        raise NotImplementedError

    async def key(self, key_id: str, *, owner: str | None = None) -> Key:
        """Raises Missing."""
        raise NotImplementedError

    async def keys(
        self, page: Page = FIRST_PAGE, filters: KeyFilter = ANY_KEY, *, owner: str | None = None
    ) -> Listing[Key]:
        raise NotImplementedError

    async def change_key(
        self, actor: Actor, key_id: str, edit: KeyEdit, version: int | None = None, *, owner: str | None = None
    ) -> Key:
        """Raises Missing, also for an agent that may not be bound, and Conflict."""
        raise NotImplementedError

    async def revoke_key(
        self, actor: Actor, key_id: str, version: int | None = None, *, owner: str | None = None
    ) -> Key:
        """For good. Revoking twice changes nothing and is no error. Raises Missing, Conflict."""
        raise NotImplementedError

    async def remove_key(self, actor: Actor, key_id: str) -> None:
        """Without a trace but its audit events: for a key that nobody was told the token of. Raises Missing."""
        raise NotImplementedError

    # --- agents ---

    async def add_agent(self, actor: Actor, agent: Agent, *, owner: str | None = None) -> Agent:
        """Kept as given, at version 1. Raises Missing("user"), Taken("id")."""
        raise NotImplementedError

    async def agent(self, agent_id: str, *, owner: str | None = None) -> Agent:
        """Raises Missing."""
        raise NotImplementedError

    async def agents(
        self, page: Page = FIRST_PAGE, filters: AgentFilter = ANY_AGENT, *, owner: str | None = None
    ) -> Listing[Agent]:
        raise NotImplementedError

    async def change_agent(
        self, actor: Actor, agent_id: str, edit: AgentEdit, version: int | None = None, *, owner: str | None = None
    ) -> Agent:
        """Raises Missing, Conflict."""
        raise NotImplementedError

    async def remove_agent(
        self, actor: Actor, agent_id: str, version: int | None = None, *, owner: str | None = None
    ) -> None:
        """Keys bound to it stay bound to its id, so that none may do more than before. Raises Missing, Conflict."""
        raise NotImplementedError

    # --- who did what ---

    async def events(
        self, page: Page = FIRST_PAGE, filters: EventFilter = ANY_EVENT, *, owner: str | None = None
    ) -> Listing[AuditEvent]:
        """With an owner: what was done to that user, its keys and its agents, by whomever."""
        raise NotImplementedError

    async def note_event(
        self,
        actor: Actor,
        action: str,
        subject: str | None = None,
        *,
        owner: str | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Something that changed nothing and is to be known all the same: `login.fail`."""
        raise NotImplementedError

    # --- its own life ---

    async def close(self) -> None:
        """Ends every watch."""
        raise NotImplementedError

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
    raise NotImplementedError


class Migrated(msgspec.Struct, frozen=True):
    """From which version of the tables to which; None: there were none."""

    before: str | None
    after: str


async def migrate(url: str) -> Migrated:
    """Brings the tables up to date; safe while others do the same. Raises StoreUnavailable, WrongSchema."""
    raise NotImplementedError


async def schema_state(url: str) -> Migrated:
    """What `migrate` would do, without doing it. Makes no file and no table. Raises StoreUnavailable, WrongSchema."""
    raise NotImplementedError
