"""Log-ins and invites: what somebody was given to come in with. Only digests are kept, and what is out of time goes."""

from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.control.nouns import Actor, Invite, Role, User
from gossamer.control.store.errors import Missing
from gossamer.control.store.page import FIRST_PAGE, Listing, Page
from gossamer.control.store.part import Part, plain
from gossamer.control.store.tables import INVITES, LOGINS, USERS
from gossamer.control.store.users import COLUMNS, as_key, user_of
from gossamer.control.tokens import new_id

INVITE_COLUMNS: Final = tuple(INVITES.c[name] for name in Invite.__struct_fields__)


class Logins(Part):
    """The log-ins of the store."""

    async def add_login(self, actor: Actor, user_id: str, digest: bytes, expires_at: datetime) -> None:
        """Raises Missing where the user is gone or not active."""
        async with self._database.change(actor) as change:
            active = sa.select(USERS.c.id).where(USERS.c.id == user_id, USERS.c.is_active)
            if not await change.row(active):
                raise Missing("user", user_id)
            await change.run(sa.delete(LOGINS).where(LOGINS.c.expires_at <= change.now))
            login = {"digest": digest, "user_id": user_id, "created_at": change.now, "expires_at": expires_at}
            await change.run(sa.insert(LOGINS).values(**login))
            await change.note("login.create", user_id, owner=user_id)

    async def user_of_login(self, digest: bytes) -> User | None:
        """None: no such log-in, out of time, or its user is not active."""
        row = await self._database.row(
            sa.select(*COLUMNS)
            .join(LOGINS, LOGINS.c.user_id == USERS.c.id)
            .where(LOGINS.c.digest == digest, LOGINS.c.expires_at > self._database.now(), USERS.c.is_active)
        )
        return None if row is None else user_of(row)

    async def end_login(self, actor: Actor, digest: bytes) -> bool:
        """Whether there was one."""
        async with self._database.change(actor) as change:
            row = await change.row(sa.select(LOGINS.c.user_id).where(LOGINS.c.digest == digest))
            if row is None:
                return False
            await change.run(sa.delete(LOGINS).where(LOGINS.c.digest == digest))
            await change.note("login.end", row.user_id, owner=row.user_id)
            return True


class Invites(Part):
    """The invites of the store. Users.add_invited_user takes them."""

    async def add_invite(
        self, actor: Actor, digest: bytes, *, expires_at: datetime, role: Role = "member", email: str | None = None
    ) -> Invite:
        async with self._database.change(actor) as change:
            invite = Invite(
                id=new_id(),
                role=role,
                email=None if email is None else as_key(email),
                created_at=change.now,
                expires_at=expires_at,
            )
            await change.run(sa.insert(INVITES).values(**msgspec.structs.asdict(invite), digest=digest))
            await change.note("invite.create", invite.id, owner=None, after=plain(invite))
            return invite

    async def invites(self, page: Page = FIRST_PAGE) -> Listing[Invite]:
        return await self._listing(sa.select(*INVITE_COLUMNS), INVITES.c.id, page, invite_of)

    async def remove_invite(self, actor: Actor, invite_id: str) -> None:
        """Raises Missing. The user that a used invite became stays."""
        async with self._database.change(actor) as change:
            row = await change.row(sa.select(*INVITE_COLUMNS).where(INVITES.c.id == invite_id))
            if row is None:
                raise Missing("invite", invite_id)
            await change.run(sa.delete(INVITES).where(INVITES.c.id == invite_id))
            await change.note("invite.remove", invite_id, owner=None, before=plain(invite_of(row)))


def invite_of(row: Row[Any]) -> Invite:
    return Invite(**row._asdict())
