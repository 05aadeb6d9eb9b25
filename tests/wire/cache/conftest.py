"""A provider that the test plays, and a gateway with a cache before it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.settings import Settings
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import Gateway, Origin, listening, settings_for

Open = Callable[[CacheSettings], Awaitable[Gateway]]


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with listening(Origin()) as origin:
        yield origin
        await eventually(lambda: origin.open == 0)


@pytest.fixture
def settings(origin: Origin) -> Settings:
    return settings_for(origin, connect_s=1.0, first_byte_s=2.0, idle_s=2.0, total_s=5.0)


@pytest.fixture
async def opened(settings: Settings) -> AsyncIterator[Open]:
    """Opens a gateway with these settings of its cache."""
    before = asyncio.all_tasks()
    gateways: list[Gateway] = []

    async def open_one(cache: CacheSettings) -> Gateway:
        gateway = Gateway(replace(settings, cache=cache))
        await gateway.listen()
        gateways.append(gateway)
        return gateway

    yield open_one
    for gateway in gateways:
        await gateway.close()
    await eventually(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


@pytest.fixture
async def gateway(opened: Open) -> Gateway:
    return await opened(CacheSettings(enabled=True))
