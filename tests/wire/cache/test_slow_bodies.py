"""Requests whose bodies come in pieces pass the stages in a task of their own: they lead, follow and leave too."""

import asyncio

import msgspec
import pytest

from tests.wire.cache.answers import STREAM_BODY, stream, tell
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, CHAT, STREAM, TOKEN, Client, Gateway, Origin


async def ask_slowly(client: Client, body: object) -> None:
    raw = msgspec.json.encode(body)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {len(raw)}\r\n\r\n"
    await client.send(head.encode() + raw[:10])
    await asyncio.sleep(0.02)
    await client.send(raw[10:])


@pytest.mark.parametrize("body", [ASK, STREAM])
async def test_they_lead_and_follow(gateway: Gateway, origin: Origin, body: object):
    leader, follower = await gateway.client(), await gateway.client()
    await ask_slowly(leader, body)
    visit = await origin.visit()
    await ask_slowly(follower, body)
    await asyncio.sleep(0.05)
    if body is ASK:
        tell(visit)
        assert (await leader.answer()).body == (await follower.answer()).body
    else:
        stream(visit)
        for client in (leader, follower):
            await client.head()
            assert await client.chunked_body() == STREAM_BODY
    await ask_slowly(leader, body)
    assert (await leader.answer()).headers[b"x-gossamer-cache"] == b"hit-l1"
    await gateway.record(3)


async def test_a_follower_that_leaves_takes_its_task_along(gateway: Gateway, origin: Origin):
    leader, follower = await gateway.client(), await gateway.client()
    await ask_slowly(leader, ASK)
    visit = await origin.visit()
    before = len(asyncio.all_tasks())
    await ask_slowly(follower, ASK)
    await eventually(lambda: len(asyncio.all_tasks()) > before)
    follower.close()
    assert (await gateway.record(1)).outcome == "client_gone"
    tell(visit)
    assert (await leader.answer()).status == 200
    assert (await gateway.record(2)).outcome == "completed"


async def test_a_leader_that_leaves_alone_ends_its_call(gateway: Gateway, origin: Origin):
    leader = await gateway.client()
    await ask_slowly(leader, ASK)
    visit = await origin.visit()
    leader.close()
    await visit.ends()
    assert (await gateway.record(1)).outcome == "client_gone"
