"""`X-Gossamer-Answer-Metadata: true`: what stands in the body then, and where nothing ever does."""

from typing import Any

import msgspec
import pytest

from gossamer.config.cache import CacheSettings
from gossamer.config.settings import Settings
from gossamer.config.usage import PriceSettings
from tests.wire.cache.answers import STREAM_BODY, completion, stream, tell
from tests.wire.delivery.gateway import ASK, CHAT, STREAM, Client, Origin, whole
from tests.wire.heeding.conftest import Node, Open

WISH = "x-gossamer-answer-metadata: true"
KEY = "idempotency-key: 5f9c"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    price = PriceSettings(input_picos=1_000, output_picos=2_000)
    return msgspec.structs.replace(settings, prices=getattr(request, "param", {"local/real": price}))


async def told(client: Client) -> dict[str, Any]:
    answer = await client.answer()
    said: dict[str, Any] = msgspec.json.decode(answer.body)
    return said


async def test_it_says_who_answered_how_long_it_took_and_what_it_cost(gateway: Node, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, CHAT, WISH, "x-request-id: mine")
    tell(await origin.visit())
    answer = await client.answer()
    said = msgspec.json.decode(answer.body)["metadata"]
    record = await gateway.record()
    assert said.pop("latency_ms") > 0
    assert said == {
        "request_id": "mine", "cache": None, "target": "local/real", "provider": "local", "cost_usd": "0.000000013",
    }  # fmt: skip
    assert record.cost_nanos == 13
    assert answer.body.startswith(completion()[:-1])


async def test_of_a_hit_and_of_a_replay_it_says_that_they_cost_nothing(opened: Open, origin: Origin):
    gateway = await opened(cache=CacheSettings(enabled=True))
    client = await gateway.client()
    seen: list[tuple[str, str, str]] = []
    for line in (WISH, WISH, f"{WISH}\r\n{KEY}", f"{WISH}\r\n{KEY}"):
        await client.ask(ASK, CHAT, line)
        if not seen:
            tell(await origin.visit())
        said = (await told(client))["metadata"]
        seen.append((said["cache"], said["cost_usd"], said["target"]))
    assert seen == [
        ("miss", "0.000000013", "local/real"),
        ("hit-l1", "0", "local/real"),
        ("hit-l1", "0", "local/real"),
        ("replayed", "0", "local/real"),
    ]


@pytest.mark.parametrize("settings", [{}], indirect=True)
async def test_a_hit_costs_nothing_also_where_nobody_knows_the_price(opened: Open, origin: Origin):
    gateway = await opened(cache=CacheSettings(enabled=True))
    client = await gateway.client()
    await client.ask(ASK, CHAT, WISH)
    tell(await origin.visit())
    assert (await told(client))["metadata"]["cost_usd"] is None
    await client.ask(ASK, CHAT, WISH)
    assert (await told(client))["metadata"]["cost_usd"] == "0"


async def test_what_is_kept_for_others_has_none_of_it(opened: Open, origin: Origin):
    gateway = await opened(cache=CacheSettings(enabled=True))
    client = await gateway.client()
    await client.ask(ASK, CHAT, WISH, KEY)
    tell(await origin.visit())
    await client.answer()
    for line in ("accept: a/b", KEY):
        await client.ask(ASK, CHAT, line)
        assert (await client.answer()).body == completion()


async def test_who_does_not_ask_gets_every_byte_as_it_came(gateway: Node, origin: Origin):
    for line in ("x-gossamer-answer-metadata: false", "accept: a/b"):
        client = await gateway.client()
        await client.ask(ASK, CHAT, line)
        tell(await origin.visit())
        assert (await client.answer()).body == completion()


async def test_a_member_that_the_answer_has_keeps_its_name(gateway: Node, origin: Origin):
    client = await gateway.client()
    body = b'{"id":"resp_1","metadata":{"mine":"1"},"output":[]}'
    await client.ask({"model": "alias", "input": "hi"}, "/v1/responses", WISH)
    (await origin.visit()).write(whole(body))
    said = await told(client)
    assert said["metadata"] == {"mine": "1"}
    assert said["gossamer_metadata"]["target"] == "local/real"


@pytest.mark.parametrize(
    "answer",
    [
        whole(b'{"error":{"message":"no"}}', 400),
        whole(b"[1]"),
        whole(b'{"a":1,"a":2}'),
        whole(b'{"a":1}', 200, "text/plain"),
        whole(b'{"a":1}', 200, "application/json", "content-encoding: br"),
        whole(b'{"a":1}', 200, "application/json", "content-digest: sha-256=:x:"),
        whole(b'{"a":1}', 201),
    ],
)
async def test_what_is_no_plain_answer_goes_out_as_it_is(gateway: Node, origin: Origin, answer: bytes):
    client = await gateway.client()
    await client.ask(ASK, CHAT, WISH)
    (await origin.visit()).write(answer)
    assert (await client.answer()).body == answer.partition(b"\r\n\r\n")[2]


async def test_a_path_that_the_gateway_does_not_know_is_left_alone(gateway: Node, origin: Origin):
    client = await gateway.client()
    await client.ask({"model": "alias", "input": "x"}, "/v1/moderations", WISH)
    (await origin.visit()).write(whole(b'{"results":[]}'))
    assert (await client.answer()).body == b'{"results":[]}'


async def test_a_stream_goes_out_as_it_comes(gateway: Node, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM, CHAT, WISH)
    stream(await origin.visit())
    await client.head()
    assert await client.chunked_body() == STREAM_BODY


async def test_a_client_that_asked_for_it_may_leave(gateway: Node, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, CHAT, WISH)
    visit = await origin.visit()
    client.close()
    await visit.ends()
    assert (await gateway.record()).outcome == "client_gone"
