"""Redis goes, or somebody writes into it: nobody pays twice without knowing, and nothing false is believed."""

import asyncio
from uuid import uuid4

import pytest

from tests.real.heeding.conftest import Open
from tests.real.redis import RedisServer
from tests.wire.cache.answers import completion, tell
from tests.wire.conftest import Answer
from tests.wire.delivery.gateway import ASK, CHAT, Origin
from tests.wire.heeding.test_keys import KEY, OTHER, ask, code, is_replayed


@pytest.fixture
def url(redis: RedisServer) -> str:
    return redis.url


async def test_while_redis_is_away_the_node_keeps_for_itself(opened: Open, origin: Origin, redis: RedisServer):
    gateway = await opened()
    client = await gateway.client()
    redis.stop()
    try:
        await client.ask(ASK, CHAT, KEY)
        tell(await origin.visit())
        assert (await client.answer()).status == 200
        assert is_replayed(await ask(client))
        assert (await ask(client, OTHER)).status == 422
    finally:
        redis.start()


async def test_what_the_node_kept_meanwhile_it_still_knows_when_redis_is_back(
    opened: Open, origin: Origin, redis: RedisServer
):
    client = await (await opened()).client()

    async def pay(line: str) -> Answer:
        await client.ask(ASK, CHAT, line)
        tell(await origin.visit())
        return await client.answer()

    redis.stop()
    try:
        first = await pay(KEY)
    finally:
        redis.start()
    async with asyncio.timeout(10):
        while not redis.answers():  # until it is asked again
            await asyncio.sleep(0.05)
            await pay(f"idempotency-key: {uuid4()}")
    again = await ask(client)
    assert (again.status, again.body, is_replayed(again)) == (200, first.body, True)
    assert (await ask(client, OTHER)).status == 422


async def test_or_refuses_what_it_cannot_promise(opened: Open, origin: Origin, redis: RedisServer):
    gateway = await opened(counters_down="refuse")
    client = await gateway.client()
    redis.stop()
    try:
        answer = await ask(client)
        assert (answer.status, code(answer), origin.accepted) == (503, "unavailable", 0)
        await client.ask(ASK)
        tell(await origin.visit())
        assert (await client.answer()).status == 200
    finally:
        redis.start()


async def test_redis_gone_while_the_call_is_under_way_is_an_answer_all_the_same(
    opened: Open, origin: Origin, redis: RedisServer
):
    client = await (await opened()).client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    redis.stop()
    try:
        tell(visit)
        assert (await client.answer()).body == completion()
    finally:
        redis.start()


async def test_a_claim_ends_soon_after_its_worker(opened: Open, origin: Origin, redis: RedisServer):
    client = await (await opened()).client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    (claim,) = redis.answers()
    assert 0 < redis.ask("PTTL", claim) <= 10_000
    tell(visit)
    await client.answer()
    assert 86_000_000 < redis.ask("PTTL", claim) <= 86_400_000


@pytest.mark.parametrize("crime", ["made up", "bent", "moved", "cut"])
async def test_an_answer_that_somebody_else_wrote_is_given_to_nobody(
    opened: Open, origin: Origin, redis: RedisServer, crime: str
):
    client = await (await opened()).client()
    for line in (KEY, "idempotency-key: other"):
        await client.ask(ASK, CHAT, line)
        tell(await origin.visit(), f"secret of {line}")
        await client.answer()
    names = redis.answers()
    sealed = {name: redis.ask("GET", name) for name in names}
    for name, other in zip(names, reversed(names), strict=True):
        forged = {
            "made up": b"1pxxxxxxxxxxxxxxxx{}",
            "bent": sealed[name][:-1] + bytes([sealed[name][-1] ^ 1]),
            "moved": sealed[other],
            "cut": sealed[name][:10],
        }[crime]
        redis.ask("SET", name, forged)
    answer = await ask(client)
    assert (answer.status, code(answer)) == (503, "unavailable")
    assert origin.accepted == 1
    await asyncio.sleep(0)


async def test_what_lies_in_redis_names_neither_key_nor_user_nor_question(
    opened: Open, origin: Origin, redis: RedisServer
):
    client = await (await opened()).client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    (name,) = redis.answers()
    claim = redis.ask("GET", name)
    for word in (b"5f9c", b"tester", b"hi"):
        assert word not in name.encode()
        assert word not in claim
    tell(visit)
    await client.answer()
