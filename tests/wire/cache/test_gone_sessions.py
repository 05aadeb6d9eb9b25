"""A session that is deleted takes with it what its requests had put into the memory of a worker, and nobody else's."""

import asyncio

from gossamer.core.clock import wall_time
from gossamer.core.house import house_of, session_digest
from gossamer.core.record import ID_PREFIX_CHARS, MINTED_SESSION
from gossamer.core.tombstone import Tombstone
from gossamer.feed.messages import Changed
from tests.wire.cache.answers import stream, tell
from tests.wire.delivery.gateway import ASK, CHAT, STREAM, Client, Gateway, Origin

SWEPT_S = 0.2
"""Within which a worker has looked through its memory."""
OTHER = {**ASK, "seed": 1}


def bury(gateway: Gateway, name: str) -> None:
    """As the control process tells it."""
    stone = Tombstone(wall_time(), session_digest(house_of(None, "tester"), name))
    gateway.identity.heard(Changed(1, sessions=(stone.text,)))


async def tier(client: Client) -> bytes:
    return (await client.answer()).headers[b"x-gossamer-cache"]


async def ask_as(client: Client, origin: Origin, body: object, session: str) -> None:
    await client.ask(body, CHAT, f"x-session-id: {session}")
    tell(await origin.visit())
    assert await tier(client) == b"miss"


async def test_what_it_filled_is_asked_for_again_and_what_others_filled_is_not(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await ask_as(client, origin, ASK, "gone")
    await ask_as(client, origin, OTHER, "kept")
    await client.ask(OTHER, CHAT, "x-session-id: gone")
    assert await tier(client) == b"hit-l1"
    bury(gateway, "gone")
    await asyncio.sleep(SWEPT_S)
    await ask_as(client, origin, ASK, "gone")
    await client.ask(OTHER)
    assert await tier(client) == b"hit-l1"


async def test_told_in_the_other_form_as_well(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM, CHAT, "x-session-id: gone")
    stream(await origin.visit())
    await client.head()
    await client.chunked_body()
    await client.ask(ASK)
    assert await tier(client) == b"hit-l1"
    bury(gateway, "gone")
    await asyncio.sleep(SWEPT_S)
    await ask_as(client, origin, ASK, "another")


async def test_one_whose_name_the_gateway_made(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    record = await gateway.record(1)
    bury(gateway, MINTED_SESSION + record.id[ID_PREFIX_CHARS:])
    await asyncio.sleep(SWEPT_S)
    await ask_as(client, origin, ASK, "another")


async def test_what_is_under_way_is_given_and_not_kept(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, CHAT, "x-session-id: gone")
    visit = await origin.visit()
    bury(gateway, "gone")
    tell(visit)
    assert await tier(client) == b"miss"
    await ask_as(client, origin, ASK, "gone-and-begun-anew")


async def test_what_it_asked_is_not_remembered_either(gateway: Gateway, origin: Origin):
    """Bodies that were hits are known by their bytes."""
    client = await gateway.client()
    await ask_as(client, origin, ASK, "gone")
    await client.ask(ASK, CHAT, "x-session-id: gone")
    assert await tier(client) == b"hit-l1"
    cache = gateway._worker._factory.cache
    assert cache._caching is not None
    assert cache._caching._asked_again
    assert cache._caching.readings
    bury(gateway, "gone")
    await asyncio.sleep(SWEPT_S)
    assert not cache._caching._asked_again
    assert not cache._caching.readings
