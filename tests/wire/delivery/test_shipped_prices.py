"""Prices that come with the package, on the whole way of a request: nobody has written any down, and answers cost."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import msgspec
import pytest

from gossamer.config.upstreams import AnthropicProvider, OpenAIProvider
from gossamer.config.usage import PriceSettings, QuotaSettings, UsageSettings
from tests.wire.delivery.gateway import ASK, CHAT, Gateway, Origin, settings_for, whole

ANSWER = b'{"usage":{"prompt_tokens":100,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":40}}}'
MESSAGE = (
    b'{"usage":{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":100,"cache_creation_input_tokens":30,'
    b'"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}}'
)
BUDGET = msgspec.convert({"budget": [{"nanos": 10**12, "period": "day"}]}, QuotaSettings)
OWN = {"an/claude": PriceSettings(input_picos=10**6, cached_picos=10**5, cache_write_picos=2 * 10**6)}

Open = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def opened(origin: Origin) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_gateway(default: QuotaSettings | None = None) -> Gateway:
            provider = OpenAIProvider(base_url=f"http://127.0.0.1:{origin.port}/v1", api_keys=("sk-x",))
            anthropic = AnthropicProvider(base_url=f"http://127.0.0.1:{origin.port}/v1", api_keys=("sk-x",))
            settings = msgspec.structs.replace(
                settings_for(origin),
                providers={"oa": provider, "an": anthropic},
                models={"house": "oa/gpt-4o-mini-2024-07-18"},
                limits=UsageSettings(default=default or QuotaSettings()),
                prices=OWN,
            )
            gateway = Gateway(settings)
            await gateway.listen()
            stack.push_async_callback(gateway.close)
            return gateway

        yield open_gateway


@pytest.mark.parametrize("has_budget", [False, True])
@pytest.mark.parametrize(
    ("model", "path", "answer", "nanos"),
    [
        ("house", CHAT, ANSWER, 60 * 150 + 40 * 75 + 10 * 600),
        ("oa/gpt-4o", CHAT, ANSWER, 60 * 2500 + 40 * 1250 + 10 * 10_000),
        ("an/claude", "/v1/messages", MESSAGE, 10 * 1000 + 100 * 100 + 30 * 2000),
    ],
)
async def test_an_answer_costs(
    opened: Open, origin: Origin, model: str, path: str, answer: bytes, nanos: int, has_budget: bool
):
    gateway = await opened(BUDGET if has_budget else None)
    client = await gateway.client()
    await client.ask({**ASK, "model": model}, path)
    (await origin.visit()).write(whole(answer))
    assert (await client.answer()).status == 200
    assert (await gateway.record()).cost_nanos == nanos


async def test_what_is_not_in_the_table_costs_nobody_knows_what(opened: Open, origin: Origin):
    gateway = await opened()
    client = await gateway.client()
    await client.ask({**ASK, "model": "oa/gpt-99"})
    (await origin.visit()).write(whole(ANSWER))
    assert (await client.answer()).status == 200
    assert (await gateway.record()).cost_nanos is None


async def test_and_a_budget_cannot_be_kept_by_it(opened: Open, origin: Origin):
    gateway = await opened(BUDGET)
    client = await gateway.client()
    await client.ask({**ASK, "model": "oa/gpt-99"})
    refused = await client.answer()
    assert (refused.status, msgspec.json.decode(refused.body)["error"]["code"]) == (403, "price_unknown")
    assert origin.accepted == 0
