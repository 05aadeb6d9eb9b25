"""What was purged is given no more: not from memory, not by a call that was begun before."""

import asyncio

import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.settings import Settings
from gossamer.core.clock import wall_time
from gossamer.core.purge import Purge, PurgeBy
from gossamer.feed.messages import Changed, State
from tests.wire.cache.answers import stream, tell
from tests.wire.cache.conftest import Open
from tests.wire.delivery.gateway import ASK, STREAM, Client, Gateway, Origin

CLOCKS_S = 0.11
"""Beyond what two clocks may differ by."""


def purge(gateway: Gateway, by: PurgeBy, name: str = "") -> None:
    gateway.identity.heard(Changed(1, purged=(Purge(wall_time(), by, name).text,)))


async def test_one_that_means_it_makes_it_be_asked_for_again(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    purges: list[tuple[PurgeBy, str]] = [
        ("key", "tester"), ("model", "alias"), ("model", "local/real"), ("all", ""),
    ]  # fmt: skip
    for number, (by, name) in enumerate(purges):
        await client.ask(ASK)
        assert (await client.answer()).headers[b"x-gossamer-cache"] == b"hit-l1"
        purge(gateway, by, name)
        await asyncio.sleep(CLOCKS_S)
        await client.ask(ASK)
        tell(await origin.visit(), f"new {number}")
        assert f"new {number}".encode() in (await client.answer()).body


@pytest.mark.parametrize(("by", "name"), [("key", "other"), ("user", "u"), ("agent", "a"), ("model", "m")])
async def test_one_that_means_others_does_not(gateway: Gateway, origin: Origin, by: PurgeBy, name: str):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    purge(gateway, by, name)
    await client.ask(ASK)
    assert (await client.answer()).headers[b"x-gossamer-cache"] == b"hit-l1"


async def test_a_call_under_way_is_neither_shared_nor_kept(gateway: Gateway, origin: Origin):
    before, after = await gateway.client(), await gateway.client()
    await before.ask(ASK)
    old = await origin.visit()
    purge(gateway, "all")
    await asyncio.sleep(CLOCKS_S)
    await after.ask(ASK)
    new = await origin.visit()
    tell(new, "new")
    assert b"new" in (await after.answer()).body
    tell(old, "old")
    assert b"old" in (await before.answer()).body
    await before.ask(ASK)
    assert b"new" in (await before.answer()).body


async def test_what_was_asked_before_a_purge_is_not_kept_after_it(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    purge(gateway, "all")
    tell(visit, "old")
    await client.answer()
    await client.ask(ASK)
    tell(await origin.visit(), "new")
    assert b"new" in (await client.answer()).body


async def test_who_has_missed_changes_forgets_everything(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    gateway.identity.heard(State(7, is_whole=True))
    await client.ask(ASK)
    tell(await origin.visit())
    assert (await client.answer()).headers[b"x-gossamer-cache"] == b"miss"


async def told(client: Client, body: object) -> tuple[bytes, bytes]:
    await client.ask(body)
    answer = await client.answer()
    return answer.headers[b"x-gossamer-cache"], answer.body


@pytest.mark.parametrize("fills", [ASK, STREAM], ids=["whole", "stream"])
async def test_who_is_meant_is_not_given_what_others_have_filled_either(
    opened: Open, settings: Settings, origin: Origin, fills: dict[str, object]
):
    """Two names of one target share; the purge is of one of them."""
    gateway = await opened(CacheSettings(enabled=True))
    names = {"alias": "local/real", "other": "local/real"}
    gateway.reload(replace(settings, models=names, cache=CacheSettings(enabled=True)))
    client, leader, joining = [await gateway.client() for _ in range(3)]
    await client.ask({**fills, "model": "other"})
    if fills is ASK:
        tell(await origin.visit(), "old")
        await client.answer()
    else:
        stream(await origin.visit())
        await client.head()
        await client.chunked_body()
    await leader.ask({**ASK, "model": "other", "seed": 1})
    under_way = await origin.visit()
    purge(gateway, "model", "alias")
    assert (await told(client, {**ASK, "model": "other"}))[0] == b"hit-l1", "it was not meant"
    await asyncio.sleep(CLOCKS_S)
    await client.ask(ASK)
    tell(await origin.visit(), "new")
    assert (await client.answer()).headers[b"x-gossamer-cache"] == b"miss"
    word, body = await told(client, {**ASK, "model": "other"})
    assert (word, b"new" in body) == (b"hit-l1", True)
    await joining.ask({**ASK, "seed": 1})
    tell(await origin.visit(), "new")
    assert b"new" in (await joining.answer()).body
    tell(under_way, "old")
    await leader.answer()
