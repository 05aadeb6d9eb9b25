"""A store, an app over it, and the first people."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from gossamer.control.store.store import Store, open_store
from tests.real.admin.house import House, Person, make_house


@pytest.fixture
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with await open_store(store_url) as store:
        # As safe as it is dear; what it costs, the store's own tests see.
        store._passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        yield store


@pytest.fixture
def house(store: Store) -> House:
    """Where nobody may register but the first."""
    return make_house(store)


@pytest.fixture
async def admin(house: House) -> Person:
    return await house.person("admin", "admin")


@pytest.fixture
async def ada(house: House) -> Person:
    return await house.person("ada")


@pytest.fixture
async def bob(house: House) -> Person:
    return await house.person("bob")
