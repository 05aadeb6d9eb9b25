"""Whose key it is: users never meet under one, keys of one user do; and what a replay is to limits and permissions."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gossamer.config.settings import KeySettings, Settings
from gossamer.config.usage import PriceSettings, QuotaSettings, UsageSettings
from gossamer.delivery.heeding import _digest
from gossamer.worker.idempotency import open_idempotency
from tests.wire.cache.answers import tell
from tests.wire.conftest import Answer
from tests.wire.delivery.gateway import ASK, CHAT, Client, Gateway, Origin
from tests.wire.heeding.test_keys import KEY, code, is_replayed

OTHER_TOKEN = "gsm_of_another"
NARROW_TOKEN = "gsm_of_few_models"


@pytest.fixture
async def gateway(settings: Settings, tmp_path: Path) -> AsyncIterator[Gateway]:
    keys = (
        *settings.keys,
        KeySettings(name="other", digest=sha256(OTHER_TOKEN.encode()).digest()),
        KeySettings(name="narrow", digest=sha256(NARROW_TOKEN.encode()).digest(), models=frozenset({"none"})),
    )
    own = replace(
        settings,
        keys=keys,
        limits=UsageSettings(default=QuotaSettings(requests=2, tokens=5_000)),
        prices={"local/real": PriceSettings(request_nanos=1_000_000_000)},
    )
    kept = open_idempotency(own, 0, lambda trouble: None)
    gateway = Gateway(own, idempotency=kept)
    await gateway.listen()
    yield gateway
    await gateway.close()
    await kept.close()


async def as_other(client: Client, token: str) -> Answer:
    await post(client, token)
    return await client.answer()


async def post(client: Client, token: str) -> None:
    body = msgspec.json.encode(ASK)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: g\r\nx-api-key: {token}\r\n{KEY}\r\ncontent-length: {len(body)}\r\n\r\n"
    await client.send(head.encode() + body)


async def test_what_two_users_call_the_same_is_not_the_same(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, CHAT, KEY)
    tell(await origin.visit(), "for the first")
    await client.answer()
    await post(client, OTHER_TOKEN)
    tell(await origin.visit(), "for the other")
    answer = await client.answer()
    assert (b"for the other" in answer.body, is_replayed(answer)) == (True, False)


async def test_who_may_not_ask_for_the_model_gets_no_answer_of_it(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    answer = await as_other(client, NARROW_TOKEN)
    assert (answer.status, code(answer), origin.accepted) == (403, "model_forbidden", 0)


async def test_a_replay_is_no_matter_of_limits_and_costs_nothing(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, CHAT, KEY)
    tell(await origin.visit())
    await client.answer()
    for _ in range(5):
        await client.ask(ASK, CHAT, KEY)
        assert is_replayed(await client.answer())
    record = await gateway.record(6)
    assert record.cache is not None
    assert (record.cost_nanos, record.cache.saved_nanos) == (0, 1_000_000_000)
    assert gateway.records.all[0].cost_nanos == 1_000_000_000
    await client.ask({**ASK, "seed": 1})
    tell(await origin.visit())
    assert (await client.answer()).headers[b"x-ratelimit-remaining-requests"] == b"0"


@given(one=st.lists(st.binary(max_size=8), max_size=4), other=st.lists(st.binary(max_size=8), max_size=4))
def test_no_two_lists_of_parts_look_alike(one: list[bytes], other: list[bytes]):
    assert (_digest(one) == _digest(other)) == (one == other)
