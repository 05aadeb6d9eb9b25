"""A provider that the test plays, and a gateway before it. Both end with the test, and leave no task behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from gossamer.config.settings import Settings
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import Gateway, Origin, listening, settings_for
from tests.wire.delivery.routes import Open


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with listening(Origin()) as origin:
        yield origin
        await eventually(lambda: origin.open == 0)


@pytest.fixture
async def gateway(origin: Origin) -> AsyncIterator[Gateway]:
    before = asyncio.all_tasks()
    gateway = Gateway(settings_for(origin, connect_s=1.0, first_byte_s=0.3, idle_s=0.3, total_s=2.0))
    await gateway.listen()
    yield gateway
    await gateway.close()
    await eventually(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


@pytest.fixture
async def origins() -> AsyncIterator[tuple[Origin, Origin]]:
    async with AsyncExitStack() as stack:
        first, second = Origin(), Origin()
        await stack.enter_async_context(listening(first))
        await stack.enter_async_context(listening(second))
        yield first, second
        await eventually(lambda: first.open == second.open == 0)


@pytest.fixture
async def opened(origins: tuple[Origin, Origin]) -> AsyncIterator[Open]:
    """A gateway with these settings; it ends before its providers, and leaves no task behind."""
    before = asyncio.all_tasks()
    gateways: list[Gateway] = []

    async def open_gateway(settings: Settings) -> Gateway:
        gateway = Gateway(settings)
        await gateway.listen()
        gateways.append(gateway)
        return gateway

    yield open_gateway
    for gateway in gateways:
        await gateway.close()
    await eventually(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})
