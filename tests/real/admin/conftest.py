"""A store, an app over it, and the first people."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from argon2 import PasswordHasher

from gossamer.control.store.store import Store, migrate, open_store
from tests.real.admin.house import House, Person, make_house
from tests.real.postgres import Postgres


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store as it is when it is new: copied faster than made."""
    path = tmp_path_factory.mktemp("template") / "state.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres: Postgres) -> Iterator[str]:
    """The same in Postgres."""
    name = postgres.make_database()
    asyncio.run(migrate(postgres.url_of(name)))
    yield name
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "state.db")
        yield f"sqlite:///{tmp_path}/state.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"admin_{uuid4().hex}"
    postgres.run(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('migrated_database')}")
    yield postgres.url_of(name)
    postgres.drop_database(name)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with await open_store(store_url) as store:
        # As safe as it is dear; what it costs, the store's own tests see.
        store._passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        yield store


@pytest.fixture
def house(store: Store, tmp_path: Path) -> House:
    """Where nobody may register but the first."""
    return make_house(store, data_dir=tmp_path)


@pytest.fixture
async def admin(house: House) -> Person:
    return await house.person("admin", "admin")


@pytest.fixture
async def ada(house: House) -> Person:
    return await house.person("ada")


@pytest.fixture
async def bob(house: House) -> Person:
    return await house.person("bob")
