"""The database, whichever it is: questions and changes, each with its deadline, and every failure in the store's words.

Reads are single statements, so each sees one moment, and have connections of their own: no change holds them up.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gossamer.control.nouns import Actor
from gossamer.control.store.address import Backend
from gossamer.control.store.bell import Bell
from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.failures import is_of_driver, is_worth_another_try, told
from gossamer.control.store.question import Question
from gossamer.control.store.transaction import Change
from gossamer.core.clock import wall_time

READ_S: Final = 2.0
"""For an answer in all, connecting included: about what a request that waits for it has left."""
CHANGE_S: Final = 4.0
"""For a change in all: to connect, and to wait for the changes of others."""

_OPENED: Final = "opened_s"

Result = TypeVar("Result")
Values = Mapping[str, Any] | None
"""Of the bind parameters of a statement that was made once."""


def now_utc() -> datetime:
    return datetime.fromtimestamp(wall_time(), UTC)


class Database:
    """Made with a backend; close it."""

    def __init__(self, backend: Backend, now: Callable[[], datetime] = now_utc) -> None:
        self.now = now
        self.bell = Bell(backend.attend)
        self._backend = backend
        self._stale_before_s = 0.0
        self._under_way = 0
        self._is_closed = False
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._reading = self._watched(backend.readers())
        self._writing = self._watched(backend.writer())

    async def rows(self, query: sa.Executable, values: Values = None) -> Sequence[Row[Any]]:
        """All rows of one statement."""
        async with self._in_time(READ_S):
            try:
                return await self._ask(query, values)
            except exc.DBAPIError as error:
                if not is_worth_another_try(error):
                    raise
            return await self._ask(query, values)

    async def answers(self, question: Question, many: Sequence[Any], **others: Any) -> list[Any]:
        """All rows of what is asked all day. What the driver could not do is tried once more, on a new connection."""
        words = question.words(self._reading.dialect, len(many))
        values = words.values(many, others)
        async with self._in_time(READ_S):
            try:
                found = await self._backend.look_up(words.sql, values)
            except Exception as error:
                if not is_of_driver(error):
                    raise
                self._stale_before_s = _loop_time()  # what ended one connection may have ended all
                found = await self._backend.look_up(words.sql, values)
            return words.rows(found)

    async def row(self, query: sa.Executable) -> Row[Any] | None:
        """The first, or none."""
        rows = await self.rows(query)
        return rows[0] if rows else None

    @asynccontextmanager
    async def change(self, actor: Actor) -> AsyncIterator[Change]:
        """Committed at the end of the block, and undone if that is left by an error."""
        async with self._in_time(CHANGE_S), self._writing.begin() as connection:
            change = Change(connection, actor, self.now())
            try:
                await change.begin()
                yield change
                await change.end()
                if change.is_felt:
                    await self._backend.announce(connection, change.revision)
            except asyncio.CancelledError:
                # Out of time: whoever does not answer will not roll back either. Cut off, it does so by itself.
                await connection.invalidate()
                raise
        if change.is_felt:
            self.bell.ring()

    async def note(self, statement: sa.Executable, values: Sequence[dict[str, Any]]) -> None:
        """Something that nobody decides by, beside the order of changes."""
        async with self.beside() as connection:
            await connection.execute(statement, values)

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[AsyncConnection]:
        """A transaction beside the order of changes: it changes nothing that a change reads."""
        async with self._in_time(CHANGE_S), self._writing.begin() as connection:
            yield connection

    async def at_once(self, work: Callable[[sa.Connection], Result]) -> Result:
        """The same in one go: `work` does nothing but ask, and waits for nothing else.

        What it wrote outlives this process. In SQLite a power cut may take the last of it, as it may the journal's.
        """
        async with self._in_time(CHANGE_S), self._writing.connect() as connection:
            return await self._backend.at_once(connection, work)

    async def scrub(self) -> None:
        """Leave no bytes of what was deleted just now."""
        async with self._in_time(CHANGE_S), self._reading.connect() as connection:
            await self._backend.scrub((await connection.get_raw_connection()).driver_connection)

    async def close(self) -> None:
        """What is under way is finished first: a connection that came back to a closed pool would stay open."""
        self._is_closed = True
        await self.bell.close()
        await self._is_idle.wait()
        await self._reading.dispose()
        await self._writing.dispose()
        self._backend.close()

    async def _ask(self, query: sa.Executable, values: Values) -> Sequence[Row[Any]]:
        async with self._reading.connect() as connection:
            return (await connection.execute(query, values)).all()

    @asynccontextmanager
    async def _in_time(self, seconds: float) -> AsyncIterator[None]:
        if self._is_closed:
            raise StoreUnavailable("it is closed")
        self._under_way += 1
        self._is_idle.clear()
        try:
            async with deadline(seconds):
                yield
        except StoreUnavailable as error:
            if isinstance(error.__cause__, TimeoutError):
                # The way may have gone for all connections: the next one to be used is a new one.
                self._stale_before_s = _loop_time()
            raise
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._is_idle.set()

    def _watched(self, engine: AsyncEngine) -> AsyncEngine:
        """Connections from before an outage are not used again."""

        def opened(_: Any, record: Any) -> None:
            record.info[_OPENED] = _loop_time()

        def used(_: Any, record: Any, __: Any) -> None:
            if record.info[_OPENED] < self._stale_before_s:
                raise exc.DisconnectionError("from before an outage")

        event.listen(engine.sync_engine, "connect", opened)
        event.listen(engine.sync_engine, "checkout", used)
        return engine


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """What happens within has this long, and fails in the store's words."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise StoreUnavailable(f"no answer within {seconds:g} s") from error
    except Exception as error:
        own = told(error)
        if own is error:
            raise
        raise own from error


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
