"""The store over both databases: whatever is asked of one is asked of the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import uvloop
from argon2 import PasswordHasher

from gossamer.control.store.address import backend_of
from gossamer.control.store.database import Database
from gossamer.control.store.passwords import Passwords
from gossamer.control.store.store import Store, migrate
from tests.real.store.things import Things

Opener = Callable[[], Awaitable[Store]]

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""What it costs is argon2's business, not ours."""


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def open_another(url: str) -> AsyncIterator[Opener]:
    """Opens the same store again, as another process would."""
    await migrate(url)
    async with AsyncExitStack() as stack:

        async def open_another() -> Store:
            return await stack.enter_async_context(Store(Database(backend_of(url)), Passwords(CHEAP)))

        yield open_another


@pytest.fixture
async def store(open_another: Opener) -> Store:
    return await open_another()


@pytest.fixture
def things(store: Store) -> Things:
    return Things(store)
