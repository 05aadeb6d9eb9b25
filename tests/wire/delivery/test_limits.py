"""Limits and prices on the whole way of a request: what a client is told, and what the record says that it cost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest

from gossamer.config.settings import Settings
from gossamer.config.usage import PriceSettings, QuotaSettings, UsageSettings
from gossamer.core.record import Record, Usage
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import (
    ASK,
    DONE,
    END,
    STREAM,
    STREAM_HEAD,
    Gateway,
    Origin,
    chunk,
    settings_for,
    usage,
    whole,
    word,
)

ANSWER = b'{"usage":{"prompt_tokens":100,"completion_tokens":10}}'
SILENT = b'{"id":"c1"}'
LIMIT_LINES = [
    f"x-ratelimit-{what}-{kind}".encode() for kind in ("requests", "tokens") for what in ("limit", "remaining", "reset")
]
PRICE = PriceSettings(input_picos=1_000_000, output_picos=2_000_000, request_nanos=5)
"""1,000 and 2,000 nano-dollars a token, and 5 on top."""
BOUNDED = {**ASK, "max_tokens": 50}

Open = Callable[..., Awaitable[Gateway]]


def budget(nanos: int) -> QuotaSettings:
    return msgspec.convert({"budget": [{"nanos": nanos, "period": "day"}]}, QuotaSettings)


@pytest.fixture
async def opened(origin: Origin) -> AsyncIterator[Open]:
    """Gateways with limits and prices."""
    async with AsyncExitStack() as stack:

        async def open_gateway(
            default: QuotaSettings | None = None, *, price: PriceSettings | None = None, **limits: Any
        ) -> Gateway:
            gateway = Gateway(limited(origin, default, price=price, **limits))
            await gateway.listen()
            stack.push_async_callback(gateway.close)
            return gateway

        yield open_gateway


def limited(
    origin: Origin, default: QuotaSettings | None = None, *, price: PriceSettings | None = None, **limits: Any
) -> Settings:
    return msgspec.structs.replace(
        settings_for(origin, connect_s=1.0, first_byte_s=0.3, idle_s=0.3, total_s=2.0),
        limits=UsageSettings(default=default or QuotaSettings(), **limits),
        prices={"local/real": price} if price is not None else {},
    )


def estimate(body: object, output: int) -> int:
    """Nano-dollars, by PRICE."""
    sent = msgspec.json.encode(body)
    return -(-len(sent) // 4) * 1000 + output * 2000 + 5


def said(body: bytes) -> Any:
    return msgspec.json.decode(body)["error"]


# --- what clients are told ---


async def test_answers_say_what_is_left_and_a_refusal_when_to_come_back(opened: Open, origin: Origin):
    gateway = await opened(QuotaSettings(requests=2, tokens=10_000))
    client = await gateway.client()
    for left in (b"1", b"0"):
        await client.ask(BOUNDED)
        (await origin.visit()).write(whole(ANSWER, 200, "application/json", "x-ratelimit-limit-requests: 5000"))
        answer = await client.answer()
        assert answer.status == 200
        assert answer.headers[b"x-ratelimit-limit-requests"] == b"2"
        assert answer.headers[b"x-ratelimit-remaining-requests"] == left
        assert answer.headers[b"x-ratelimit-reset-requests"] == b"1m1s"
        assert answer.headers[b"x-ratelimit-limit-tokens"] == b"10000"
        assert int(answer.headers[b"x-ratelimit-remaining-tokens"]) < 10_000
    await client.ask(BOUNDED)
    refused = await client.answer()
    assert (refused.status, said(refused.body)["code"]) == (429, "rate_limit_exceeded")
    assert said(refused.body)["type"] == "rate_limit_error"
    assert 59 <= int(refused.headers[b"retry-after"]) <= 61
    assert refused.headers[b"x-ratelimit-remaining-requests"] == b"0"
    assert b"x-ratelimit-remaining-tokens" in refused.headers
    assert b"x-gossamer-target" not in refused.headers
    record = await gateway.record(3)
    assert (record.status, record.outcome, record.error) == (429, "refused", "rate_limit_exceeded")
    assert len(record.stages_ns) == 7, "up to the stage in which it ended"


async def test_the_stream_of_a_limited_request_says_it_in_its_head(opened: Open, origin: Origin):
    gateway = await opened(QuotaSettings(requests=2))
    client = await gateway.client()
    await client.ask(STREAM)
    (await origin.visit()).write(STREAM_HEAD, chunk(word("a")), chunk(DONE), END)
    answer = await client.answer()
    assert answer.headers[b"x-ratelimit-remaining-requests"] == b"1"


async def test_without_limits_the_providers_own_go_on(opened: Open, origin: Origin):
    gateway = await opened()
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER, 200, "application/json", "x-ratelimit-limit-requests: 5000"))
    assert (await client.answer()).headers[b"x-ratelimit-limit-requests"] == b"5000"
    await client.ask(STREAM)
    (await origin.visit()).write(
        STREAM_HEAD.replace(b"\r\n\r\n", b"\r\nx-ratelimit-limit-requests: 5000\r\n\r\n"), chunk(DONE), END
    )
    assert (await client.answer()).headers[b"x-ratelimit-limit-requests"] == b"5000"


@pytest.mark.parametrize("theirs", [200, 404, 500])
async def test_of_a_limited_request_there_is_one_voice_on_limits(opened: Open, origin: Origin, theirs: int):
    gateway = await opened(QuotaSettings(requests=2))
    client = await gateway.client()
    await client.ask(ASK)
    lines = ("x-ratelimit-limit-requests: 5000", "x-ratelimit-reset-tokens: 9s", "x-other: kept")
    (await origin.visit()).write(whole(ANSWER, theirs, "application/json", *lines))
    raw = await client.answer()
    assert raw.headers[b"x-ratelimit-limit-requests"] == b"2"
    assert b"x-ratelimit-reset-tokens" not in raw.headers
    assert (raw.headers.get(b"x-other") == b"kept") == (theirs < 500)


async def test_a_place_is_free_again_however_its_request_ended(opened: Open, origin: Origin):
    gateway = await opened(QuotaSettings(concurrent=1))
    client, other = await gateway.client(), await gateway.client()
    endings: list[Callable[[Any], Any]] = [
        lambda visit: visit.write(whole(ANSWER)),
        lambda visit: visit.write(whole(b"{}", 500)),
        lambda visit: visit.close(),
        lambda visit: None,  # a timeout
    ]
    for count, end in enumerate(endings):
        await client.ask(ASK)
        visit = await origin.visit()
        await other.ask(ASK)
        assert (await other.answer()).status == 429
        end(visit)
        await client.answer()
        await gateway.record(2 * count + 2)
    await client.ask(ASK)
    visit = await origin.visit()
    client.close()
    await visit.ends()
    await gateway.record(2 * len(endings) + 1)
    await other.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    assert (await other.answer()).status == 200


async def test_a_limit_of_a_model_holds_by_whatever_name_it_is_asked_for(opened: Open, origin: Origin):
    gateway = await opened(models={"alias": QuotaSettings(requests=1)})
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    assert (await client.answer()).status == 200
    for body, lines in (
        (ASK, ()),
        ({**ASK, "model": "local/real"}, ()),
        ({**ASK, "model": "real"}, ("x-gossamer-provider: local",)),
    ):
        await client.ask(body, "/v1/chat/completions", *lines)
        refused = await client.answer()
        assert refused.status == 429
        assert "The model 'local/real'" in said(refused.body)["message"]


async def test_a_reload_forgets_nothing_that_was_counted(opened: Open, origin: Origin):
    gateway = await opened(QuotaSettings(requests=1))
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    assert (await client.answer()).status == 200
    gateway.reload(limited(origin, QuotaSettings(requests=2)))
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    assert (await client.answer()).headers[b"x-ratelimit-remaining-requests"] == b"0"
    await client.ask(ASK)
    assert (await client.answer()).status == 429
    gateway.reload(limited(origin))
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    assert b"x-ratelimit-limit-requests" not in (await client.answer()).headers


# --- what it costs ---


async def cost_of(gateway: Gateway, count: int = 1) -> int | None:
    record: Record = await gateway.record(count)
    return record.cost_nanos


@pytest.mark.parametrize("has_budget", [False, True])
async def test_what_the_provider_says_was_used_is_what_it_costs(opened: Open, origin: Origin, has_budget: bool):
    gateway = await opened(budget(10**12) if has_budget else None, price=PRICE)
    client = await gateway.client()
    await client.ask(BOUNDED)
    (await origin.visit()).write(whole(ANSWER))
    await client.answer()
    assert await cost_of(gateway) == 100 * 1000 + 10 * 2000 + 5
    await client.ask({**BOUNDED, "stream": True})
    (await origin.visit()).write(STREAM_HEAD, chunk(word("a")), chunk(usage(7, 1)), chunk(DONE), END)
    await client.answer()
    assert await cost_of(gateway, 2) == 7 * 1000 + 1 * 2000 + 5


async def test_without_a_price_nobody_knows_what_it_costs(opened: Open, origin: Origin):
    gateway = await opened(QuotaSettings(requests=10))
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    await client.answer()
    record = await gateway.record()
    assert record.cost_nanos is None
    assert b"cost_nanos" not in msgspec.json.encode(record)


async def test_where_nobody_counted_a_budget_is_charged_the_estimate(opened: Open, origin: Origin):
    gateway = await opened(budget(10**12), price=PRICE)
    client = await gateway.client()
    await client.ask(BOUNDED)
    (await origin.visit()).write(whole(SILENT))
    await client.answer()
    assert await cost_of(gateway) == estimate(BOUNDED, 50)


async def test_where_nobody_counted_and_nothing_is_charged_nobody_knows(opened: Open, origin: Origin):
    gateway = await opened(price=PRICE)
    client = await gateway.client()
    await client.ask(BOUNDED)
    (await origin.visit()).write(whole(SILENT))
    await client.answer()
    assert await cost_of(gateway) is None


@pytest.mark.parametrize("has_budget", [False, True])
async def test_a_client_that_leaves_a_stream_pays_for_what_went_out(opened: Open, origin: Origin, has_budget: bool):
    gateway = await opened(budget(10**12) if has_budget else None, price=PRICE)
    client = await gateway.client()
    await client.ask({**BOUNDED, "stream": True})
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("a")), chunk(word("b")))
    await client.until(word("b"))
    visit.write(chunk(word("c")[:10]))
    visit.write(chunk(word("c")[10:] + word("d")))
    await client.until(word("d"))
    client.close()
    await visit.ends()
    record = await gateway.record()
    assert (record.outcome, record.usage) == ("client_gone", None)
    sent = len(msgspec.json.encode({**BOUNDED, "stream": True}))
    assert record.cost_nanos == -(-sent // 4) * 1000 + 4 * 2000 + 5


async def test_what_the_provider_said_so_far_counts_when_a_stream_breaks(opened: Open, origin: Origin):
    gateway = await opened(price=PRICE)
    client = await gateway.client()
    await client.ask({**BOUNDED, "stream": True})
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("a")), chunk(usage(100, 1)), chunk(word("b")), chunk(word("c")))
    await client.until(word("c"))
    visit.close()
    await client.rest()
    record = await gateway.record()
    assert (record.outcome, record.usage) == ("stream_broken", Usage(input=100, output=1))
    assert record.cost_nanos == 100 * 1000 + 3 * 2000 + 5, "three events went out, and their count stays hidden"


@pytest.mark.parametrize("way", ["refused", "error", "closed"])
async def test_what_came_to_nothing_costs_nothing(opened: Open, origin: Origin, way: str):
    gateway = await opened(budget(10**6), price=PRICE)
    client = await gateway.client()
    for count in range(1, 4):
        await client.ask(BOUNDED)
        visit = await origin.visit()
        if way == "refused":
            visit.write(whole(b'{"error":{"message":"no"}}', 400))
        elif way == "error":
            visit.write(whole(b"{}", 500))
        else:
            visit.reset()
        await client.answer()
        assert await cost_of(gateway, count) == 0


async def test_three_hundred_at_once_spend_a_budget_exactly(opened: Open, origin: Origin):
    gateway = await opened(budget(100), price=PriceSettings(request_nanos=1))
    gateways_answers: list[int] = []

    async def one() -> None:
        client = await gateway.client()
        await client.ask(ASK)
        gateways_answers.append((await client.answer()).status)

    async def provide() -> None:
        while True:
            (await origin.visit()).write(whole(ANSWER))

    providing = asyncio.create_task(provide())
    await asyncio.gather(*(one() for _ in range(300)))
    providing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await providing
    assert gateways_answers.count(200) == 100
    assert gateways_answers.count(429) == 200
    assert sum(record.cost_nanos or 0 for record in gateway.records.all) == 100


async def test_a_budget_is_not_gone_by_on_a_path_that_only_passes_through(opened: Open, origin: Origin):
    gateway = await opened(budget(10**12), price=PRICE)
    client = await gateway.client()
    for path, body, lines in (
        ("/v1/images/generations", {"prompt": "x"}, ("x-gossamer-provider: local",)),
        ("/v1/audio/speech", {"model": "dear"}, ("x-gossamer-provider: local",)),
        ("/v1/files", b"data", ("x-gossamer-provider: local", "content-type: application/octet-stream")),
    ):
        await client.ask(body, path, *lines)
        refused = await client.answer()
        assert (refused.status, said(refused.body)["code"]) == (403, "price_unknown")
        assert "`prices`" in said(refused.body)["message"]
    await client.ask(b"", "/v1/files", "x-gossamer-provider: local", method="GET")
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200
    await eventually(lambda: len(gateway.records.all) == 4)


async def test_what_has_a_price_for_each_request_passes_and_costs_that(opened: Open, origin: Origin):
    gateway = await opened(budget(10**12), price=PriceSettings(request_nanos=40_000_000))
    client = await gateway.client()
    await client.ask({"model": "alias", "prompt": "a cat"}, "/v1/images/generations")
    (await origin.visit()).write(whole(SILENT))
    assert (await client.answer()).status == 200
    assert await cost_of(gateway) == 40_000_000


async def test_counting_tokens_is_free_and_uses_up_requests_alone(opened: Open, origin: Origin):
    gateway = await opened(msgspec.structs.replace(budget(1), requests=5, tokens=10), price=PRICE)
    client = await gateway.client()
    await client.ask({**ASK, "messages": [{"role": "user", "content": "x" * 1000}]}, "/v1/messages/count_tokens")
    (await origin.visit()).write(whole(b'{"input_tokens":250}'))
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, b'{"input_tokens":250}')
    assert answer.headers[b"x-ratelimit-remaining-requests"] == b"4"
    assert answer.headers[b"x-ratelimit-remaining-tokens"] == b"10"
    assert (await gateway.record()).cost_nanos == 0
