"""Workers that share a Redis: one call for all of them, one answer, and each on its own while Redis is away."""

import asyncio
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.settings import KeySettings
from gossamer.config.usage import QuotaSettings, UsageSettings
from gossamer.core.clock import wall_time
from gossamer.core.purge import Purge
from gossamer.feed.messages import Changed
from gossamer.worker.cache import open_cache
from tests.real.cache.conftest import SHARED, Open
from tests.wire.cache.answers import STREAM_BODY, stream, tell
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, CHAT, STREAM, Client, Gateway, Origin, settings_for, whole


async def said(client: Client) -> tuple[bytes, bytes]:
    answer = await client.answer()
    return answer.headers[b"x-gossamer-cache"], answer.body


async def test_what_one_worker_was_told_another_knows(opened: Open, origin: Origin):
    first, second = await opened(), await opened()
    client, other = await first.client(), await second.client()
    await client.ask(ASK)
    tell(await origin.visit())
    assert (await said(client))[0] == b"miss"
    await asyncio.sleep(0.05)  # for the write to Redis, which nobody waits for
    await other.ask(ASK)
    assert (await said(other))[0] == b"hit-l2"
    await other.ask(ASK)
    assert (await said(other))[0] == b"hit-l1"
    record = await second.record(2)
    assert record.cache is not None
    assert second.records.all[0].cache is not None
    assert (second.records.all[0].cache.tier, record.cache.tier) == ("l2", "l1")
    await other.ask(STREAM)
    assert (await said(other))[1].endswith(b"data: [DONE]\n\n")
    assert origin.accepted == 1


async def test_a_new_answer_takes_the_place_of_the_old_one_in_both_forms(opened: Open, origin: Origin):
    first, second = await opened(), await opened()
    client, other = await first.client(), await second.client()
    await client.ask(STREAM)
    stream(await origin.visit())
    await said(client)
    await asyncio.sleep(0.05)
    await client.ask(ASK, CHAT, "cache-control: no-cache")
    tell(await origin.visit(), "Lyon")
    await said(client)
    await asyncio.sleep(0.05)
    await other.ask(STREAM)
    cache, body = await said(other)
    assert (cache, b"Lyon" in body) == (b"hit-l2", True)


async def test_a_thousand_equal_requests_at_several_workers_are_one_call(opened: Open, origin: Origin):
    """Each on a connection of its own, all of them before the answer; two workers of each of two nodes."""
    workers = [await opened(node=number // 2) for number in range(4)]
    clients = [await workers[number % 4].client() for number in range(1000)]
    for client in clients:
        await client.ask(ASK)
    visit = await origin.visit()
    await eventually(lambda: sum(worker.server.in_flight for worker in workers) == 1000)
    tell(visit)
    tiers = [(await said(client))[0] for client in clients]
    assert tiers.count(b"miss") == 1
    assert set(tiers) == {b"miss", b"hit-l1", b"hit-l2"}
    assert origin.accepted == 1


async def test_a_stream_that_another_worker_gets_is_waited_for(opened: Open, origin: Origin):
    first, second = await opened(), await opened()
    client, other = await first.client(), await second.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    await other.ask(STREAM)
    await asyncio.sleep(0.05)
    stream(visit)
    await client.head()
    assert await client.chunked_body() == STREAM_BODY
    assert await said(other) == (b"hit-l2", STREAM_BODY)
    assert origin.accepted == 1


async def test_what_is_not_kept_lets_the_next_worker_ask(opened: Open, origin: Origin):
    first, second = await opened(), await opened()
    client, other = await first.client(), await second.client()
    await client.ask(ASK)
    visit = await origin.visit()
    await other.ask(ASK)
    visit.write(whole(b'{"error":{"message":"no"}}', 400))
    assert (await client.answer()).status == 400
    tell(await origin.visit())
    assert (await said(other))[0] == b"miss"


async def test_what_was_purged_is_not_found_in_redis_either_by_a_worker_that_comes_later(opened: Open, origin: Origin):
    first = await opened()
    client = await first.client()
    await client.ask(ASK)
    tell(await origin.visit(), "old")
    await client.answer()
    first.identity.heard(Changed(1, purged=(Purge(wall_time(), "model", "alias").text,)))
    await asyncio.sleep(0.15)
    second = await opened()
    other = await second.client()
    await asyncio.sleep(0.1)  # for the new one to learn of it
    await other.ask(ASK)
    tell(await origin.visit(), "new")
    assert (await said(other))[0] == b"miss"
    await asyncio.sleep(0.05)
    await client.ask(ASK)
    word, body = await said(client)
    assert (word, b"new" in body) == (b"hit-l2", True)


async def test_other_nodes_with_another_secret_know_nothing_of_it(opened: Open, origin: Origin):
    first, second = await opened(), await opened(replace(SHARED, secret="of-another-node"))
    for gateway in (first, second):
        client = await gateway.client()
        await client.ask(ASK)
        tell(await origin.visit())
        assert (await said(client))[0] == b"miss"
        await asyncio.sleep(0.05)


async def test_without_a_secret_the_workers_of_a_node_share_one(opened: Open, origin: Origin, tmp_path: Path):
    own = CacheSettings(enabled=True, l2="redis")
    first, second = await opened(own), await opened(own)
    client, other = await first.client(), await second.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    await asyncio.sleep(0.05)
    await other.ask(ASK)
    assert (await said(other))[0] == b"hit-l2"
    assert modes_in(tmp_path / "0") == {"cache.key": 0o600}


async def test_who_is_refused_before_anybody_was_asked_leaves_the_lead_to_the_next(
    origin: Origin, url: str, tmp_path: Path
):
    """Two keys ask the same while Redis is looked into; the one that came first has no request left."""
    settings = replace(
        settings_for(origin),
        cache=replace(SHARED, hits="free", share="global"),
        counters=url,
        data_dir=str(tmp_path),
        limits=UsageSettings(default=QuotaSettings(requests=1)),
    )
    other_key = KeySettings(name="other", digest=sha256(b"gsm_other").digest())
    settings = replace(settings, keys=(*settings.keys, other_key))
    kept = open_cache(settings, lambda trouble: None)
    gateway = Gateway(settings, kept)
    await gateway.listen()
    poor, rich = await gateway.client(), await gateway.client()
    await poor.ask({**ASK, "seed": 1})
    tell(await origin.visit())
    await poor.answer()
    await poor.ask(ASK)
    body = msgspec.json.encode(ASK)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: g\r\nx-api-key: gsm_other\r\ncontent-length: {len(body)}\r\n\r\n"
    await rich.send(head.encode() + body)
    tell(await origin.visit())
    assert (await poor.answer()).status == 429
    assert (await said(rich))[0] == b"miss"
    await gateway.close()
    kept.close()


def modes_in(folder: Path) -> dict[str, int]:
    """Of the files that hold a secret."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.glob("cache.key*")}


@pytest.mark.parametrize("ends", ["answered", "refused"])
async def test_whose_key_was_revoked_while_another_worker_asked_gets_nothing(
    opened: Open, origin: Origin, ends: str, monkeypatch: pytest.MonkeyPatch
):
    """Neither that answer nor, when there is none, a call of its own."""
    one, other = await opened(), await opened()
    monkeypatch.setattr(other.identity.keys, "claims_of", lambda *_, **__: None)
    client, waiting = await one.client(), await other.client()
    await client.ask(ASK)
    visit = await origin.visit()
    await waiting.ask(ASK)
    await eventually(lambda: other.server.in_flight == 1)
    other.reload(replace(settings_for(origin), cache=SHARED, keys=()))
    if ends == "answered":
        tell(visit)
    else:
        visit.write(whole(b'{"error":{"message":"no"}}', 400))
    assert (await client.answer()).status == (200 if ends == "answered" else 400)
    assert (await waiting.answer()).status == 401
    assert origin.accepted == 1


async def test_who_may_no_more_leaves_the_lead_to_the_next(
    opened: Open, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    shared = replace(SHARED, share="global")
    one, other = await opened(shared), await opened(shared)
    monkeypatch.setattr(other.identity.keys, "claims_of", lambda *_, **__: None)
    base = settings_for(origin)
    second_key = KeySettings(name="other", digest=sha256(b"gsm_other").digest())
    other.reload(replace(base, cache=shared, keys=(*base.keys, second_key)))
    client, poor, rich = await one.client(), await other.client(), await other.client()
    await client.ask(ASK)
    visit = await origin.visit()
    await poor.ask(ASK)
    await eventually(lambda: other.server.in_flight == 1)
    body = msgspec.json.encode(ASK)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: g\r\nx-api-key: gsm_other\r\ncontent-length: {len(body)}\r\n\r\n"
    await rich.send(head.encode() + body)
    await eventually(lambda: other.server.in_flight == 2)
    await asyncio.sleep(0.02)  # for it to be read
    other.reload(replace(base, cache=shared, keys=(second_key,)))
    visit.write(whole(b'{"error":{"message":"no"}}', 400))
    assert (await client.answer()).status == 400
    assert (await poor.answer()).status == 401
    tell(await origin.visit())
    assert (await said(rich))[0] == b"miss"
