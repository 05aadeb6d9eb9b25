"""A provider that the test plays, and a gateway before it. Both end with the test, and leave no task behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import Gateway, Origin, listening, settings_for


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
