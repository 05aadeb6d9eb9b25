"""From the URL of a store to how it is reached. Drivers are loaded here, and only the one that is needed."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gossamer.config.values import POSTGRES_PREFIXES, SQLITE_PREFIX
from gossamer.control.store.errors import StoreUnavailable

Result = TypeVar("Result")


class Backend(Protocol):
    """One kind of database, and where it is."""

    @property
    def name(self) -> str: ...

    @property
    def exists(self) -> bool:
        """Whether there is anything to ask yet."""

    def readers(self) -> AsyncEngine: ...

    def writer(self) -> AsyncEngine: ...

    def migrator(self, patience_s: float) -> AsyncEngine:
        """As the writer, with time for long statements, and for others who do the same."""

    async def look_up(self, statement: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """All rows, past SQLAlchemy, in whose words the statement is. Raises what the driver does."""

    async def at_once(self, connection: AsyncConnection, work: Callable[[Connection], Result]) -> Result:
        """A transaction of a writer that has not begun one, in one go."""

    async def scrub(self, line: Any) -> None:
        """Leave no bytes of what was deleted, as far as that is ours to do."""

    async def hold_migration(self, connection: AsyncConnection) -> None:
        """Against all other processes, until the end of the transaction."""

    async def announce(self, connection: AsyncConnection, revision: int) -> None:
        """Tell the other processes, once this transaction is committed."""

    def close(self) -> None:
        """Let go of what looks up."""

    async def attend(self, ring: Callable[[], None]) -> None:
        """Ring when another process may have changed something; goes on for ever, also through outages."""


def backend_of(url: str) -> Backend:
    """Raises StoreUnavailable for what cannot be a store."""
    if url.startswith(SQLITE_PREFIX) and len(url) > len(SQLITE_PREFIX):
        from gossamer.control.store.sqlite import SqliteBackend  # noqa: PLC0415 - the driver, where it is needed

        return SqliteBackend(url.removeprefix(SQLITE_PREFIX))
    if url.startswith(POSTGRES_PREFIXES):
        return _postgres(url)
    raise StoreUnavailable("its URL is neither sqlite:///PATH nor postgresql://USER:PASSWORD@HOST/DATABASE")


def _postgres(dsn: str) -> Backend:
    from gossamer.control.store.postgres import PostgresBackend  # noqa: PLC0415 - the driver, where it is needed

    return PostgresBackend(dsn)
