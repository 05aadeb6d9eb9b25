"""Are the tables there, and of this version?

Every start asks this with one small question; Alembic is only loaded where there is something to do.
"""

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gossamer.control.store.address import Backend
from gossamer.control.store.database import deadline
from gossamer.control.store.errors import WrongSchema
from gossamer.control.store.migrations import HEAD

ASK_S: Final = 4.0
"""To connect, and for one answer."""
MIGRATE_S: Final = 600.0
"""To wait for others who migrate, and for a large table to be changed."""

_VERSION: Final = sa.table("alembic_version", sa.column("version_num"))


class Migrated(msgspec.Struct, frozen=True):
    """From which version of the tables to which; None: there were none."""

    before: str | None
    after: str


async def bring_up_to_date(backend: Backend) -> Migrated:
    """What is missing is migrated; safe while others do the same. Raises StoreUnavailable, WrongSchema."""
    before = await version_of(backend) if backend.exists else None
    if before == HEAD:
        return Migrated(HEAD, HEAD)
    engine = backend.migrator(MIGRATE_S)
    try:
        async with deadline(MIGRATE_S), engine.begin() as connection:
            await backend.hold_migration(connection)
            before = await connection.run_sync(_read)
            if before != HEAD:
                await _upgrade(connection, before)
    finally:
        await engine.dispose()
    return Migrated(before, HEAD)


async def check_schema(backend: Backend) -> Migrated:
    """What bringing it up to date would do; changes nothing.

    Raises StoreUnavailable, and WrongSchema where the tables are newer.
    """
    before = await version_of(backend) if backend.exists else None
    if before is not None and before != HEAD:
        _check_known(before)
    return Migrated(before, HEAD)


async def version_of(backend: Backend) -> str | None:
    """Of the tables that are there; None: there are none."""
    engine = backend.readers()
    try:
        async with deadline(ASK_S), engine.connect() as connection:
            return await connection.run_sync(_read)
    finally:
        await engine.dispose()


async def _upgrade(connection: AsyncConnection, before: str | None) -> None:
    from gossamer.control.store.upgrade import upgrade  # noqa: PLC0415 - 0.2 s that a start does not have

    if before is not None:
        _check_known(before)
    await connection.run_sync(upgrade)


def _check_known(version: str) -> None:
    from gossamer.control.store.upgrade import versions  # noqa: PLC0415 - as above

    if version not in versions():
        raise WrongSchema(f"its tables are of version {version}, made by a newer gossamer: run that one")


def _read(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    version: Any = connection.scalar(sa.select(_VERSION.c.version_num))
    return None if version is None else str(version)
