"""The client end, against an origin that follows a script."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gossamer.http.limits import PoolLimits
from gossamer.http.pool import Pool
from gossamer.http.turn import Turn
from tests.wire.client.scripted import Door, Origin


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    found = Origin()
    server = await asyncio.start_server(found.follow, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    found.door = Door(found.port)
    found.pool = Pool(found.door, PoolLimits(), Turn(asyncio.get_running_loop()))
    yield found
    found.pool.close()
    for connection in list(found.pool._connections):
        connection.cut()
    server.close()
