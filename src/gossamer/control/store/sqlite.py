"""SQLite: one file, one connection that writes, a few that only read and never wait for it, one that notices others.

A change is on the disk when it returns (synchronous=FULL): a revocation that was answered is not undone by a power cut.
What is written `at_once` goes there with the next change, or after some megabytes.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import aiosqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, StaticPool

from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.failures import reason_of

OLDEST: Final = (3, 31)
"""The SQLite of 2020: what is asked of it has been there since long before."""
READERS: Final = 4
"""Connections, each with its thread: look-ups take microseconds, and only a long list keeps one busy."""
BUSY_S: Final = 1.5
"""How long another process may hold the write lock: less than a statement gets, so that the error names the cause."""
WAITING_S: Final = 5.0
"""For a connection of ours: longer than any deadline around it."""
LOOK_EVERY_S: Final = 0.1
"""How late the change of another process on the same file is noticed."""
SCRUB_TRIES: Final = 10
"""A reader is done within a few milliseconds."""
LOOK_AGAIN_S: Final = 1.0
"""After the file could not be read."""
_READS: Final = ("query_only=ON",)
_SYNCHRONOUS: Final = "synchronous=FULL"
_WRITES: Final = ("journal_mode=WAL", _SYNCHRONOUS, "secure_delete=ON")
"""What people said is kept here, too: where it is deleted, its bytes are overwritten."""
PRIVATE_FILE: Final = 0o600
PRIVATE_DIRECTORY: Final = 0o700
_ROWS_A_TIME: Final = 64
"""Nobody iterates; aiosqlite wants to know."""

Result = TypeVar("Result")


class Line(aiosqlite.Connection):
    """A connection that ends what it is doing when it is closed, so that nobody waits for a long statement."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, _ROWS_A_TIME)
        self._thread.daemon = True
        self._engine: Engine | None = None
        self.stopped: asyncio.Future[Any] | None = None
        """Done when the thread has nothing more to say to the loop."""

    def stop(self) -> asyncio.Future[Any] | None:
        self.stopped = super().stop()
        return self.stopped

    async def at_once(self, work: Callable[[Connection], Result]) -> Result:
        """In the connection's thread, without a visit to the loop for each statement, and without one to the disk."""
        done: Result = await self._execute(self._perform, work)  # type: ignore[no-untyped-call]
        return done

    def _perform(self, work: Callable[[Connection], Result]) -> Result:
        raw = self._conn
        if self._engine is None:
            self._engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, hide_parameters=True)
            _serial(self._engine)
        raw.execute("PRAGMA synchronous=NORMAL")
        try:
            with self._engine.begin() as connection:
                return work(connection)
        finally:
            raw.execute(f"PRAGMA {_SYNCHRONOUS}")

    async def close(self) -> None:
        try:
            if self._connection is not None:
                self._connection.interrupt()
                # Any statement clears the mark of that, which would keep the last one to leave from tidying up.
                with suppress(sqlite3.Error):
                    await self.execute_fetchall("SELECT 1")
        finally:
            await super().close()


class SqliteBackend:
    """How one file is opened."""

    name: Final = "sqlite"

    def __init__(self, path: str) -> None:
        self._path = Path(path).absolute()
        self._at_hand: sqlite3.Connection | None = None

    @property
    def exists(self) -> bool:
        return self._path.exists()

    def readers(self) -> AsyncEngine:
        return self._engine(BUSY_S, _READS, READERS, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)

    def writer(self) -> AsyncEngine:
        return self._writer(BUSY_S, "foreign_keys=ON")

    def migrator(self, patience_s: float) -> AsyncEngine:
        """Without foreign keys: SQLite changes a table by making it anew."""
        return self._writer(patience_s, "foreign_keys=OFF")

    async def look_up(self, statement: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """In the loop itself: a look into an index takes microseconds, and a visit to a thread a hundred times as long.

        It waits for nobody. What stands in its way is met in a thread, where waiting holds nobody else up.
        """
        try:
            if self._at_hand is None:
                self._at_hand = self._connect(0, _READS)
            return self._at_hand.execute(statement, values).fetchall()
        except (sqlite3.Error, OSError):
            self.close()
        line = await self._open(BUSY_S, _READS)
        try:
            return list(await line.execute_fetchall(statement, values))
        finally:
            await line.close()

    def close(self) -> None:
        line, self._at_hand = self._at_hand, None
        if line is not None:
            line.close()

    async def at_once(self, connection: AsyncConnection, work: Callable[[Connection], Result]) -> Result:
        line = (await connection.get_raw_connection()).driver_connection
        assert isinstance(line, Line), "it was opened here"
        return await line.at_once(work)

    async def scrub(self, line: Any) -> None:
        """Old pages stand in the log until nobody reads them any more."""
        for _ in range(SCRUB_TRIES):
            ((is_busy, _, _),) = await line.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            if not is_busy:
                return
            await asyncio.sleep(LOOK_EVERY_S)
        raise StoreUnavailable("it is deleted, but others read the file, and its log still has it: delete it again")

    async def hold_migration(self, connection: AsyncConnection) -> None:
        """BEGIN IMMEDIATE has done so."""

    async def announce(self, connection: AsyncConnection, revision: int) -> None:
        """Nothing to say: the others look at the file."""

    async def attend(self, ring: Callable[[], None]) -> None:
        """Rings when another connection has committed."""
        while True:
            try:
                await self._look(ring)
            except (sqlite3.Error, OSError, StoreUnavailable):
                # The file is unreadable now; whoever asks something is told. What happens meanwhile is read later.
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _look(self, ring: Callable[[], None]) -> None:
        line = await self._open(BUSY_S, _READS)
        try:
            seen = None
            while True:
                (row,) = await line.execute_fetchall("PRAGMA data_version")
                if row[0] != seen:
                    seen = row[0]
                    ring()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await line.close()

    def _writer(self, busy_s: float, pragma: str) -> AsyncEngine:
        engine = self._engine(busy_s, (*_WRITES, pragma), 1)
        _serial(engine.sync_engine)
        return engine

    def _engine(self, busy_s: float, pragmas: tuple[str, ...], connections: int, **more: Any) -> AsyncEngine:
        return create_async_engine(
            "sqlite+aiosqlite:///",
            async_creator=lambda: self._open(busy_s, pragmas),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=WAITING_S,
            hide_parameters=True,
            **more,
        )

    async def _open(self, busy_s: float, pragmas: tuple[str, ...]) -> Line:
        line = Line(lambda: self._connect(busy_s, pragmas))
        try:
            await line
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(f"{self._path}: {reason_of(error)}") from error
        finally:
            if line.stopped is not None:
                await line.stopped
        return line

    def _connect(self, busy_s: float, pragmas: tuple[str, ...]) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < OLDEST:
            raise StoreUnavailable(f"SQLite {sqlite3.sqlite_version} is too old: 3.31 or newer is needed")
        self._prepare()
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw",
            uri=True,
            timeout=busy_s,
            isolation_level=None,
            check_same_thread=False,  # interrupt() comes from the loop
        )
        try:
            for pragma in pragmas:
                _set(connection, pragma, busy_s)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        """For the owner's eyes only; SQLite makes the files beside it with the same rights."""
        if not self._path.exists():
            self._path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))


def _set(connection: sqlite3.Connection, pragma: str, busy_s: float) -> None:
    """The mode of the journal changes once in the life of a file; two who do it at once do not wait by themselves."""
    until = time.monotonic() + busy_s
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_EVERY_S / 10)
        else:
            return


def _serial(engine: Engine) -> None:
    """Takes the write lock at the beginning: a change that read first could not get it afterwards."""
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
