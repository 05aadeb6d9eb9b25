"""A call that is over is gone: nothing of it waits for the collector, whoever took part in it."""

import asyncio
import gc

import pytest

from gossamer.core.exchange import Exchange
from gossamer.delivery.flight import Flight
from gossamer.delivery.passenger import Passenger
from tests.wire.cache.answers import STREAM_BODY, stream, tell
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, STREAM, Gateway, Origin


def there() -> dict[int, object]:
    return {id(each): each for each in gc.get_objects() if isinstance(each, Flight | Passenger | Exchange)}


@pytest.mark.parametrize("body", [ASK, STREAM])
async def test_neither_leader_nor_follower_leaves_a_circle(gateway: Gateway, origin: Origin, body: object):
    gc.collect()
    before = there()  # what other tests of this process still hold
    gc.disable()
    try:
        clients = [await gateway.client() for _ in range(3)]
        for client in clients:
            await client.ask(body)
        visit = await origin.visit()
        await asyncio.sleep(0.03)
        if body is ASK:
            tell(visit)
            for client in clients:
                await client.answer()
        else:
            stream(visit)
            for client in clients:
                await client.head()
                assert await client.chunked_body() == STREAM_BODY
        await clients[0].ask(body)
        assert (await clients[0].answer()).headers[b"x-gossamer-cache"] == b"hit-l1"
        await gateway.record(4)
        del client
        await eventually(lambda: there().keys() <= before.keys())
    finally:
        gc.enable()
