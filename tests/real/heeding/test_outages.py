"""Redis goes, or somebody writes into it: nobody pays twice without knowing, and nothing false is believed."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from gossamer.config.idempotency import IdempotencySettings
from tests.real.heeding.conftest import Node, Open
from tests.real.redis import RedisServer
from tests.wire.cache.answers import completion, tell
from tests.wire.conftest import Answer, eventually
from tests.wire.delivery.gateway import ASK, CHAT, Client, Origin
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
    await until_asked_again(redis, client, origin)
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


def lying_in(node: Node) -> int:
    """How many claims and answers."""
    return len(list((Path(node.settings.data_dir) / "idempotency").glob("?/*")))


async def until_asked_again(redis: RedisServer, client: Client, origin: Origin) -> None:
    """Other keys are paid until one of them is known to Redis."""
    async with asyncio.timeout(10):
        while not redis.names():
            await asyncio.sleep(0.05)
            await client.ask(ASK, CHAT, f"idempotency-key: {uuid4()}")
            tell(await origin.visit())
            await client.answer()


@pytest.mark.parametrize("how", ["stopped", "hung", "full"])
async def test_an_answer_that_redis_did_not_take_is_kept_by_the_node(
    opened: Open, origin: Origin, redis: RedisServer, how: str
):
    """Its claim was in Redis. Whoever asks again meanwhile gets it, and so does whoever asks when all is well."""
    client = await (await opened()).client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    match how:
        case "stopped":
            redis.stop()
        case "hung":
            redis.freeze()
        case _:
            redis.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        tell(visit)
        assert (await client.answer()).body == completion()
        assert is_replayed(await ask(client))
    finally:
        if how == "stopped":
            redis.start()
        elif how == "hung":
            redis.thaw()
        else:
            redis.ask("CONFIG", "SET", "maxmemory", "0")
    if how == "stopped":
        await until_asked_again(redis, client, origin)
    paid = origin.accepted
    async with asyncio.timeout(15):  # a claim that Redis kept over it is over by then
        while (again := await ask(client)).status == 409:
            await asyncio.sleep(0.1)
    assert (is_replayed(again), again.body, origin.accepted) == (True, completion(), paid)


async def test_also_where_nobody_may_count_alone(opened: Open, origin: Origin, redis: RedisServer):
    """Refused while Redis is away, since another node may know more; known when it is back."""
    client = await (await opened(counters_down="refuse")).client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    redis.stop()
    try:
        tell(visit)
        assert (await client.answer()).body == completion()
        assert (await ask(client)).status == 503
    finally:
        redis.start()
    async with asyncio.timeout(10):
        while (again := await ask(client)).status == 503:
            await asyncio.sleep(0.05)
    assert (is_replayed(again), again.body, origin.accepted) == (True, completion(), 1)


async def test_a_call_under_way_when_redis_goes_is_under_way_for_all_workers_of_the_node(
    opened: Open, origin: Origin, redis: RedisServer
):
    one, other = await opened(node=0), await opened(node=0)
    first, second = await one.client(), await other.client()
    await first.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    redis.stop()
    try:
        await eventually(lambda: lying_in(one) == 1)
        assert (await ask(second)).status == 409
        tell(visit)
        await first.answer()
        assert is_replayed(await ask(second))
    finally:
        redis.start()
    assert origin.accepted == 1


async def test_what_was_kept_for_redis_is_handed_to_it(opened: Open, origin: Origin, redis: RedisServer):
    """By the node that kept it, when it is asked for it again: from then on the others know it too."""
    one, other = await opened(), await opened()
    client, elsewhere = await one.client(), await other.client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    redis.stop()
    try:
        tell(visit)
        first = await client.answer()
    finally:
        redis.start()
    await until_asked_again(redis, client, origin)
    await until_asked_again(redis, elsewhere, origin)
    paid = origin.accepted
    assert is_replayed(await ask(client))
    again = await ask(elsewhere)
    assert (is_replayed(again), again.body, origin.accepted) == (True, first.body, paid)


async def test_no_claim_stays_on_the_node_when_its_call_is_over(opened: Open, origin: Origin, redis: RedisServer):
    """It was doubled there when Redis went; the next outage must not find it under way for ever."""
    one = await opened()
    client = await one.client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    redis.stop()
    redis.start()
    await asyncio.sleep(0.5)
    visit.write(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")
    await client.answer()
    redis.stop()
    try:
        await client.ask(ASK, CHAT, KEY)
        tell(await origin.visit())
        assert (await client.answer()).status == 200
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
            "made up": sealed[name][:10] + b"xxxxxxxxxxxxxxxx{}",
            "bent": sealed[name][:-1] + bytes([sealed[name][-1] ^ 1]),
            "moved": sealed[other],
            "cut": sealed[name][:10],
        }[crime]
        redis.ask("SET", name, forged)
    answer = await ask(client)
    assert (answer.status, code(answer)) == (503, "unavailable")
    assert origin.accepted == 1
    await asyncio.sleep(0)


async def test_one_that_is_brought_back_behind_its_end_is_given_to_nobody(
    opened: Open, origin: Origin, redis: RedisServer
):
    client = await (await opened(IdempotencySettings(keep_s=0.2))).client()
    await client.ask(ASK, CHAT, KEY)
    tell(await origin.visit(), "old")
    await client.answer()
    (name,) = redis.answers()
    sealed = redis.ask("GET", name)
    await eventually(lambda: redis.answers() == [])
    redis.ask("SET", name, sealed)
    answer = await ask(client)
    assert (answer.status, code(answer), origin.accepted) == (503, "unavailable", 1)


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
