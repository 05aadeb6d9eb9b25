"""A transaction in one go: whole or not at all, beside changes that each come to the disk."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from gossamer.control.nouns import Actor
from gossamer.control.store.address import backend_of
from gossamer.control.store.database import Database
from gossamer.control.store.errors import Missing
from gossamer.control.store.response_tables import ERASED_SESSIONS
from gossamer.control.store.store import migrate

FULL, NORMAL = 2, 1


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    await migrate(url)
    database = Database(backend_of(url))
    yield database
    await database.close()


def adding(database: Database, session: str) -> sa.Insert:
    return sa.insert(ERASED_SESSIONS).values(house="user u", session=session, at=database.now())


async def sessions(database: Database) -> list[str]:
    return sorted(row.session for row in await database.rows(sa.select(ERASED_SESSIONS.c.session)))


async def test_its_work_is_whole_or_undone(database: Database):
    def half(line: sa.Connection) -> None:
        line.execute(adding(database, "half"))
        raise Missing("conversation", "c")

    with pytest.raises(Missing):
        await database.at_once(half)
    await database.at_once(lambda line: line.execute(adding(database, "whole")))
    assert await sessions(database) == ["whole"]


async def test_changes_and_works_that_come_at_once_wait_for_each_other(database: Database):
    async def change(number: int) -> None:
        async with database.change(Actor("operator")) as change:
            await change.run(adding(database, f"change {number}"))

    async def work(number: int) -> None:
        await database.at_once(lambda line: line.execute(adding(database, f"work {number}")))

    await asyncio.gather(*(change(number) for number in range(20)), *(work(number) for number in range(20)))
    assert len(await sessions(database)) == 40


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_in_sqlite_only_changes_wait_for_the_disk(database: Database):
    async def of_change() -> int:
        async with database.change(Actor("operator")) as change:
            return int((await change.connection.execute(sa.text("PRAGMA synchronous"))).scalar_one())

    def of_work(line: sa.Connection) -> int:
        return int(line.execute(sa.text("PRAGMA synchronous")).scalar_one())

    def broken(_: sa.Connection) -> None:
        raise Missing("conversation", "c")

    assert [await of_change(), await database.at_once(of_work), await of_change()] == [FULL, NORMAL, FULL]
    with pytest.raises(Missing):
        await database.at_once(broken)
    assert await of_change() == FULL
