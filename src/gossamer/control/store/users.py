"""Users: who they are, what they may use in all, and whether a password is theirs."""

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import UNSET
from sqlalchemy.engine import Row

from gossamer.control.nouns import Actor, Role, User
from gossamer.control.store.edits import UserEdit
from gossamer.control.store.errors import Closed, LastAdmin, Missing, Taken
from gossamer.control.store.page import ANY_USER, FIRST_PAGE, Listing, Page, UserFilter
from gossamer.control.store.part import Part, check_version, difference, edited, plain
from gossamer.control.store.tables import INVITES, LOGINS, USERS
from gossamer.control.store.transaction import Change
from gossamer.control.tokens import new_id
from gossamer.core.allowance import UNLIMITED, Limits

COLUMNS: Final = tuple(USERS.c[name] for name in User.__struct_fields__)
_GATEWAY: Final = Actor(kind="gateway")


class Users(Part):
    """The users of the store."""

    async def add_user(
        self, actor: Actor, *, email: str, password: str | None, role: Role = "member", limits: Limits = UNLIMITED
    ) -> User:
        """Without a password nobody can log in as this user. Raises Taken("email")."""
        kept = None if password is None else await self._passwords.hash(password)
        async with self._database.change(actor) as change:
            return await _add(change, email, kept, role, limits)

    async def add_first_user(self, actor: Actor, *, email: str, password: str) -> User:
        """An admin, if there is no user yet; else Closed. Of two at once, one gets it."""
        if await self.has_users():
            raise _has_users_already()
        kept = await self._passwords.hash(password)
        async with self._database.change(actor) as change:
            if await change.row(sa.select(USERS.c.id).limit(1)):
                raise _has_users_already()
            return await _add(change, email, kept, "admin", UNLIMITED)

    async def add_invited_user(self, actor: Actor, *, email: str, password: str, invite: bytes) -> User:
        """Takes the invite with this digest and adds the user, or neither. Raises Closed, Taken("email")."""
        kept = await self._passwords.hash(password)
        async with self._database.change(actor) as change:
            found = await change.row(sa.select(INVITES).where(INVITES.c.digest == invite))
            if not found or found.used_at or found.expires_at <= change.now:
                raise Closed("this invite is unknown, used or out of time: ask for another")
            if found.email is not None and found.email != as_key(email):
                raise Closed("this invite is for another address: ask for one of your own")
            user = await _add(change, email, kept, found.role, UNLIMITED)
            used = sa.update(INVITES).where(INVITES.c.id == found.id)
            await change.run(used.values(used_at=change.now, used_by=user.id))
            await change.note("invite.take", found.id, owner=user.id)
            return user

    async def has_users(self) -> bool:
        return await self._database.row(sa.select(USERS.c.id).limit(1)) is not None

    async def user(self, user_id: str, *, owner: str | None = None) -> User:
        """Raises Missing."""
        row = await self._database.row(_theirs(sa.select(*COLUMNS).where(USERS.c.id == user_id), owner))
        if row is None:
            raise Missing("user", user_id)
        return user_of(row)

    async def user_by_email(self, email: str) -> User | None:
        """In any case of letters."""
        row = await self._database.row(sa.select(*COLUMNS).where(USERS.c.email == as_key(email)))
        return None if row is None else user_of(row)

    async def users(
        self, page: Page = FIRST_PAGE, filters: UserFilter = ANY_USER, *, owner: str | None = None
    ) -> Listing[User]:
        query = _theirs(sa.select(*COLUMNS), owner)
        if filters.search is not None:
            query = query.where(USERS.c.email.icontains(filters.search, autoescape=True))
        if filters.role is not None:
            query = query.where(USERS.c.role == filters.role)
        if filters.is_active is not None:
            query = query.where(USERS.c.is_active.is_(filters.is_active))
        return await self._listing(query, USERS.c.id, page, user_of)

    async def change_user(
        self, actor: Actor, user_id: str, edit: UserEdit, version: int | None = None, *, owner: str | None = None
    ) -> User:
        """`version`: that of the user whom the change was made for; None: whichever it is.

        Raises Missing, Conflict, Taken("email"), LastAdmin. Who may change which member is the caller's to know.
        """
        if edit.email is not UNSET:
            edit = msgspec.structs.replace(edit, email=as_key(edit.email))
        kept = None if edit.password is UNSET else await self._passwords.hash(edit.password)
        async with self._database.change(actor) as change:
            before = await _held(change, user_id, owner)
            check_version(before, version)
            return await _edit(change, before, edited(before, edit, but=("password",)), kept, "user.update")

    async def remove_user(
        self, actor: Actor, user_id: str, version: int | None = None, *, owner: str | None = None
    ) -> User:
        """Not active from now on: no log-in, and its keys and agents are no good until it is made active again.

        Raises Missing, Conflict, LastAdmin.
        """
        async with self._database.change(actor) as change:
            before = await _held(change, user_id, owner)
            check_version(before, version)
            after = msgspec.structs.replace(before, is_active=False)
            return await _edit(change, before, after, None, "user.remove")

    async def check_password(self, email: str, password: str) -> User | None:
        """The active user whose password this is. Takes as long for one who does not exist."""
        query = sa.select(*COLUMNS, USERS.c.password).where(USERS.c.email == as_key(email))
        row = await self._database.row(query)
        checked = await self._passwords.check(row.password if row else None, password)
        if row is None or not checked.is_right or not row.is_active:
            return None
        if checked.fresh:
            async with self._database.change(_GATEWAY) as change:
                same = sa.update(USERS).where(USERS.c.id == row.id, USERS.c.password == row.password)
                await change.run(same.values(password=checked.fresh))
        return user_of(row)


def user_of(row: Row[Any]) -> User:
    """From a row that has COLUMNS, and maybe more."""
    return User(**{name: getattr(row, name) for name in User.__struct_fields__})


def as_key(email: str) -> str:
    """As addresses are kept and compared: nobody means two people by two cases of letters."""
    return email.strip().lower()


def _theirs(query: "sa.Select[Any]", owner: str | None) -> "sa.Select[Any]":
    return query if owner is None else query.where(USERS.c.id == owner)


async def _held(change: Change, user_id: str, owner: str | None) -> User:
    row = await change.row(_theirs(sa.select(*COLUMNS).where(USERS.c.id == user_id), owner))
    if row is None:
        raise Missing("user", user_id)
    return user_of(row)


async def _add(change: Change, email: str, kept: str | None, role: Role, limits: Limits) -> User:
    await _check_free(change, as_key(email))
    user = User(
        id=new_id(), email=as_key(email), role=role, limits=limits, created_at=change.now, updated_at=change.now
    )
    await change.run(sa.insert(USERS).values(**msgspec.structs.asdict(user), password=kept))
    change.touch("user", user.id)
    await change.note("user.create", user.id, owner=user.id, after=plain(user))
    return user


async def _edit(change: Change, before: User, after: User, kept: str | None, action: str) -> User:
    if after == before and kept is None:
        return before
    if after.email != before.email:
        await _check_free(change, after.email)
    if _rules(before) and not _rules(after):
        await _check_others_rule(change, before.id)
    after = msgspec.structs.replace(after, updated_at=change.now, version=before.version + 1)
    values = msgspec.structs.asdict(after) | ({} if kept is None else {"password": kept})
    await change.run(sa.update(USERS).where(USERS.c.id == after.id).values(**values))
    if kept is not None or not after.is_active:
        await change.run(sa.delete(LOGINS).where(LOGINS.c.user_id == after.id))
    change.touch("user", after.id)
    old, new = difference(before, after)
    await change.note(action, after.id, owner=after.id, before=old, after=new | _of_password(kept))
    return after


def _of_password(kept: str | None) -> dict[str, Any]:
    """That it is another, and nothing else."""
    return {} if kept is None else {"password": "changed"}


async def _check_free(change: Change, email: str) -> None:
    if await change.row(sa.select(USERS.c.id).where(USERS.c.email == email)):
        raise Taken("email")


async def _check_others_rule(change: Change, user_id: str) -> None:
    others = sa.select(USERS.c.id).where(USERS.c.id != user_id, USERS.c.role == "admin", USERS.c.is_active)
    if not await change.row(others.limit(1)):
        raise LastAdmin


def _rules(user: User) -> bool:
    return user.role == "admin" and user.is_active


def _has_users_already() -> Closed:
    return Closed("there are users already: an admin can invite you, or add you")
