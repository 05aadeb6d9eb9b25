"""One key, many nodes, one Redis: one of them asks, and all know the answer."""

import asyncio

import pytest
from msgspec.structs import replace

from gossamer.config.idempotency import IdempotencySettings
from tests.real.heeding.conftest import Open
from tests.wire.cache.answers import STREAM_BODY, completion, stream, tell
from tests.wire.delivery.gateway import ASK, CHAT, STREAM, Origin
from tests.wire.heeding.test_keys import KEY, OTHER, ask, code, is_replayed


async def test_another_node_gives_the_same_answer(opened: Open, origin: Origin):
    one, other = await opened(), await opened()
    first, second = await one.client(), await other.client()
    await first.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    assert (await ask(second)).status == 409
    assert (await ask(second, OTHER)).status == 422
    tell(visit)
    await first.answer()
    again = await ask(second)
    assert (is_replayed(again), again.body) == (True, completion())
    assert code(await ask(second, OTHER)) == "idempotency_key_reused"
    assert origin.accepted == 1


async def test_a_stream_too(opened: Open, origin: Origin):
    one, other = await opened(), await opened()
    first, second = await one.client(), await other.client()
    await first.ask(STREAM, CHAT, KEY)
    stream(await origin.visit())
    await first.head()
    await first.chunked_body()
    again = await ask(second, STREAM)
    assert (is_replayed(again), again.body) == (True, STREAM_BODY)


async def test_many_at_once_are_one_call(opened: Open, origin: Origin):
    nodes = [await opened(IdempotencySettings(running="wait")) for _ in range(3)]
    clients = [await nodes[number % 3].client() for number in range(30)]
    for client in clients:
        await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    await asyncio.sleep(0.05)
    tell(visit)
    answers = [await client.answer() for client in clients]
    assert {answer.body for answer in answers} == {completion()}
    assert sum(is_replayed(answer) for answer in answers) == 29
    assert origin.accepted == 1


@pytest.mark.parametrize("status", [400, 500])
async def test_a_refusal_leaves_the_key_free(opened: Open, origin: Origin, status: int):
    one, other = await opened(), await opened()
    client, second = await one.client(), await other.client()
    await client.ask(ASK, CHAT, KEY)
    (await origin.visit()).write(b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % status)
    await client.answer()
    await asyncio.sleep(0.05)
    await second.ask(OTHER, CHAT, KEY)
    tell(await origin.visit())
    assert (await second.answer()).status == 200


async def test_nodes_of_other_secrets_never_meet(opened: Open, origin: Origin):
    for secret in ("one", "another"):
        client = await (await opened(secret=secret)).client()
        await client.ask(ASK, CHAT, KEY)
        tell(await origin.visit())
        assert not is_replayed(await client.answer())


async def test_switched_on_by_a_reload_the_nodes_know_of_each_other(opened: Open, origin: Origin):
    """A shelf on each node's disk would be no promise: Redis is asked from the first moment that it is on."""
    off = IdempotencySettings(enabled=False)
    one, other = await opened(off), await opened(off)
    for node in (one, other):
        node.reload(replace(node.settings, idempotency=IdempotencySettings()))
    client = await one.client()
    await client.ask(ASK, CHAT, KEY)
    tell(await origin.visit())
    await client.answer()
    assert is_replayed(await ask(await other.client()))
