"""Postgres: a pool that reads, one that changes, and a connection that hears of every node's changes.

A server that does not answer is cut off, never waited for: each connection and each statement has its deadline,
here and on the server, so that a node that went dark in the middle of a change does not hold the others up.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.failures import reason_of
from gossamer.core.logs import get_log

try:
    import asyncpg
except ImportError as missing:
    raise StoreUnavailable("asyncpg is not installed: pip install 'gossamer[postgres]'") from missing

LOOKING_UP: Final = 4
READERS: Final = 2
WRITERS: Final = 2
"""Connections of one node, and one that listens: eleven nodes fit into the 100 that a server has by default."""
CONNECT_S: Final = 2.0
STATEMENT_S: Final = 2.0
"""Whoever waits longer is better served by an error."""
IDLE_IN_CHANGE_S: Final = 5.0
"""After which the server gives up on a node that began a change and is not heard of any more."""
WAITING_S: Final = 5.0
"""For a connection of ours: longer than any deadline around it."""
CHANNEL: Final = "gossamer_changes"
HEARTBEAT_S: Final = 1.0
"""The listening connection is asked this often whether it is still there; a notification lost is noticed then."""
PAUSE_S: Final = (0.1, 2.0)
"""Between two tries to listen again: at first, and at most."""
MIGRATION_LOCK: Final = 0x676F7373
"""`goss`: any number that nobody else uses in the same database."""

Result = TypeVar("Result")
_log = get_log(__name__)


class Line(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """Leaves without a goodbye: a server that is gone would not answer it, and one that is there misses nothing."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109 - as asyncpg has it
        self.terminate()


class PostgresBackend:
    """How one database is reached. `dsn`: all that libpq's URLs can say, several hosts and sslmode as well."""

    name: Final = "postgresql"
    exists: Final = True

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._places = asyncio.Semaphore(LOOKING_UP)
        self._lines: list[Line] = []
        """That look up, and are free."""

    def readers(self) -> AsyncEngine:
        return self._engine(STATEMENT_S, READERS, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)

    def writer(self) -> AsyncEngine:
        return self._engine(STATEMENT_S, WRITERS, pool_pre_ping=True)

    def migrator(self, patience_s: float) -> AsyncEngine:
        return self._engine(patience_s, 1)

    async def look_up(self, statement: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Prepared by asyncpg, once a connection. What ends one of them may have ended all."""
        async with self._places:
            line = self._lines.pop() if self._lines else await self._open(STATEMENT_S)
            try:
                rows: Sequence[Sequence[Any]] = await line.fetch(statement, *values)
            except BaseException:
                # It has failed, or its time is over: in which state it is now, nobody knows.
                line.terminate()
                self.close()
                raise
            self._lines.append(line)
            return rows

    def close(self) -> None:
        while self._lines:
            self._lines.pop().terminate()

    async def at_once(self, connection: AsyncConnection, work: Callable[[Connection], Result]) -> Result:
        async with connection.begin():
            return await connection.run_sync(work)

    async def scrub(self, line: Any) -> None:
        """Its own vacuum does so, when nobody can see the rows any more."""

    async def hold_migration(self, connection: AsyncConnection) -> None:
        """Until the end of the transaction, against all other processes."""
        await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})

    async def announce(self, connection: AsyncConnection, revision: int) -> None:
        """Heard by all nodes once the transaction is committed, and not before."""
        await connection.execute(
            text("SELECT pg_notify(:channel, :revision)"), {"channel": CHANNEL, "revision": str(revision)}
        )

    async def attend(self, ring: Callable[[], None]) -> None:
        """Rings at each notification, and whenever there is a new connection: some may have come in between."""
        pause_s, is_away = PAUSE_S[0], False
        while True:
            try:
                async with asyncio.timeout(CONNECT_S):
                    line = await self._open(STATEMENT_S)
                if is_away:
                    _log.info("the state store is back")
                pause_s, is_away = PAUSE_S[0], False
                await _listen(line, ring)
            except (StoreUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not is_away:
                    _log.warning("the state store is away", reason=reason_of(error))
                is_away = True
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - so that nodes do not come as one
            pause_s = min(2 * pause_s, PAUSE_S[1])

    def _engine(self, statement_s: float, connections: int, **more: Any) -> AsyncEngine:
        return create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: self._open(statement_s),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=WAITING_S,
            hide_parameters=True,
            **more,
        )

    async def _open(self, statement_s: float) -> Any:
        try:
            return await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_S,
                connection_class=Line,
                server_settings={
                    "application_name": "gossamer",
                    "statement_timeout": _in_ms(statement_s),
                    "idle_in_transaction_session_timeout": _in_ms(max(statement_s, IDLE_IN_CHANGE_S)),
                },
            )
        except TimeoutError as error:
            raise StoreUnavailable(f"no connection within {CONNECT_S:g} s") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise StoreUnavailable(reason_of(error)) from error


async def _listen(line: Any, ring: Callable[[], None]) -> None:
    """Until the connection ends, or does not answer any more."""
    ended = asyncio.Event()
    line.add_termination_listener(lambda _: ended.set())
    seen = None
    try:
        async with asyncio.timeout(STATEMENT_S):
            await line.add_listener(CHANNEL, lambda *_: ring())
        while not ended.is_set():
            async with asyncio.timeout(STATEMENT_S):
                value = await line.fetchval("SELECT value FROM epoch")
            if value != seen:
                seen = value
                ring()
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await ended.wait()
    finally:
        line.terminate()


def _in_ms(seconds: float) -> str:
    return str(round(seconds * 1000))
