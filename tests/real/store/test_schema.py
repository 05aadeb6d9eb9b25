"""The tables come to be what they are: from each earlier version, on both databases, whoever starts with us."""

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gossamer.control.store.address import backend_of
from gossamer.control.store.errors import WrongSchema
from gossamer.control.store.migrations import HEAD
from gossamer.control.store.schema import Migrated
from gossamer.control.store.store import migrate, open_store, schema_state
from gossamer.control.store.tables import METADATA
from gossamer.control.store.upgrade import FOLDER, upgrade, versions
from tests.real.store.things import OPERATOR, Things

STEPS = versions()[::-1]
"""From the first."""

TYPED: dict[type[Any], object] = {
    sa.Boolean: True,
    sa.Integer: 1,
    sa.LargeBinary: b"x",
    sa.DateTime: sa.func.current_timestamp(),
}
"""What a row can have in a column of a type; any other is text."""


async def on(url: str, work: Callable[[sa.Connection], Any]) -> Any:
    """What is done to the database, in one transaction."""
    engine = backend_of(url).migrator(60)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def fill(connection: sa.Connection) -> None:
    """A row in each table that has none, whatever its columns are at this step."""
    found = sa.MetaData()
    found.reflect(connection)
    for table in found.sorted_tables:
        if connection.scalar(sa.select(sa.func.count()).select_from(table)):
            continue
        row = {column.name: value_for(column) for column in table.columns}
        connection.execute(sa.insert(table).values(row))


def value_for(column: sa.Column[Any]) -> object:
    return next((value for kind, value in TYPED.items() if isinstance(column.type, kind)), "1")


def counts(connection: sa.Connection) -> dict[str, int]:
    found = sa.MetaData()
    found.reflect(connection)
    return {
        name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for name, table in found.tables.items()
    }


def differences(connection: sa.Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, METADATA))


def test_the_newest_step_is_the_one_that_a_start_looks_for():
    assert STEPS[-1] == HEAD
    assert len(set(STEPS)) == len(STEPS)


async def test_step_by_step_with_rows_in_place_leads_to_the_tables_of_today(url):
    for step in STEPS:
        await on(url, partial(upgrade, to=step))
        before = await on(url, counts)
        await on(url, fill)
        after = await on(url, counts)
        assert all(after.values()), f"a table of {step} has no row: {after}"
        assert all(after[name] >= count for name, count in before.items())
    assert await on(url, differences) == []
    assert await migrate(url) == Migrated(HEAD, HEAD)


async def test_a_difference_would_be_seen(url):
    await migrate(url)
    await on(url, lambda connection: connection.execute(sa.text("DROP INDEX ix_keys_user_id_id")))
    await on(url, lambda connection: connection.execute(sa.text("ALTER TABLE users ADD COLUMN more TEXT")))
    assert len(await on(url, differences)) == 2


async def test_a_new_store_is_migrated_once(url):
    assert await migrate(url) == Migrated(None, HEAD)
    assert await migrate(url) == Migrated(HEAD, HEAD)
    assert await schema_state(url) == Migrated(HEAD, HEAD)


async def test_all_who_start_at_once_find_the_tables_made_once(url):
    stores = await asyncio.gather(*(open_store(url) for _ in range(5)))
    assert [await store.revision() for store in stores] == [0] * 5
    for store in stores:
        await store.close()


async def test_tables_of_a_newer_gossamer_are_left_alone(url):
    await migrate(url)
    await on(url, lambda connection: connection.execute(sa.text("UPDATE alembic_version SET version_num = 'later'")))
    for ask in (open_store(url), migrate(url), schema_state(url)):
        with pytest.raises(WrongSchema, match="newer gossamer"):
            await ask


async def test_a_store_is_opened_without_being_migrated_where_that_is_wished(url):
    with pytest.raises(WrongSchema, match="gossamer migrate"):
        await open_store(url, migrates=False)
    await migrate(url)
    async with await open_store(url, migrates=False) as store:
        await Things(store).user()


async def test_to_ask_for_its_state_makes_no_file(tmp_path):
    url = f"sqlite:///{tmp_path}/below/state.db"
    assert await schema_state(url) == Migrated(None, HEAD)
    assert list(tmp_path.iterdir()) == []


async def test_a_step_that_fails_leaves_the_tables_as_they_were(url, monkeypatch):
    def fails(connection: sa.Connection) -> None:
        upgrade(connection)
        raise RuntimeError("half way")

    monkeypatch.setattr("gossamer.control.store.upgrade.upgrade", fails)
    with pytest.raises(RuntimeError):
        await migrate(url)
    assert await on(url, counts) == {}


async def test_the_file_and_its_folder_are_for_the_owners_eyes_only(tmp_path):
    folder = tmp_path / "made"
    async with await open_store(f"sqlite:///{folder}/state.db") as store:
        await store.note_event(OPERATOR, "login.fail")
        modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.iterdir()]}
    assert modes == {"made": 0o700, "state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}
    assert [path.name for path in folder.iterdir()] == ["state.db"], "the last to leave tidies up"


def test_a_step_does_not_lean_on_what_may_change():
    """The tables of today, the nouns and the settings change; a step that was released must not change with them."""
    for path in (FOLDER / "versions").glob("s*.py"):
        assert not re.search(r"^(from|import) gossamer", path.read_text(encoding="utf-8"), re.MULTILINE), path.name
