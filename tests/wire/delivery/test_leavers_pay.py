"""A client that leaves a stream pays for what was generated, in every dialect: as told until then, or by its events."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from gossamer.config.usage import PriceSettings
from gossamer.core.record import Record, Usage
from tests.wire.delivery.gateway import STREAM, STREAM_HEAD, Gateway, Origin, chunk, settings_for, word

PRICE = PriceSettings(input_picos=1_000_000, output_picos=2_000_000, cached_picos=500_000)
"""1,000, 2,000 and 500 nano-dollars a token."""


def named(name: str, **members: object) -> bytes:
    return f"event: {name}\n".encode() + b"data: %b\n\n" % msgspec.json.encode({"type": name, **members})


MESSAGE_START = named(
    "message_start",
    message={"role": "assistant", "usage": {"input_tokens": 60, "cache_read_input_tokens": 40, "output_tokens": 1}},
)
BLOCK_START = named("content_block_start", index=0, content_block={"type": "text", "text": ""})
MENTION = 'say \\"content_block_delta\\" and ".delta"'
TOLD = 60 * 1000 + 40 * 500
"""What the input of a message costs, since its first event tells it."""


def message_delta(text: str) -> bytes:
    return named("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def response_delta(text: str) -> bytes:
    return named("response.output_text.delta", item_id="msg_1", output_index=0, content_index=0, delta=text)


RESPONSE_OPENING = (
    named("response.created", response={"id": "r", "usage": None}),
    named("response.in_progress", response={"id": "r", "usage": None}),
    named("response.output_item.added", output_index=0, item={"type": "message"}),
    named("response.content_part.added", output_index=0, part={"type": "output_text", "text": ""}),
)


@pytest.fixture
async def priced(origin: Origin) -> AsyncIterator[Gateway]:
    settings = settings_for(origin, connect_s=1.0, first_byte_s=5.0, idle_s=5.0)
    gateway = Gateway(msgspec.structs.replace(settings, prices={"local/real": PRICE}))
    await gateway.listen()
    yield gateway
    await gateway.close()


async def leave_after(gateway: Gateway, origin: Origin, path: str, *events: bytes) -> tuple[Record, int]:
    """The record of a client that leaves behind these events, and what its input is estimated to cost."""
    client = await gateway.client()
    await client.ask(STREAM, path)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, *map(chunk, events))
    await client.until(events[-1])
    client.close()
    await visit.ends()
    return await gateway.record(), -(-len(msgspec.json.encode(STREAM)) // 4) * 1000


async def test_a_refusal_costs_nothing_though_it_was_not_waited_for(priced: Gateway, origin: Origin):
    client = await priced.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(b"HTTP/1.1 503 Busy\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
    await asyncio.sleep(0.05)
    client.close()
    await visit.ends()
    record = await priced.record()
    assert (record.outcome, record.cost_nanos) == ("client_gone", 0)


async def test_what_never_went_out_costs_nothing(origin: Origin):
    """The provider's only connection is taken: the second request waits for it, and its client does not."""
    settings = settings_for(origin, connect_s=1.0, first_byte_s=5.0, idle_s=5.0)
    (provider,) = settings.providers.values()
    one = msgspec.structs.replace(provider, max_connections=1)
    gateway = Gateway(msgspec.structs.replace(settings, providers={"local": one}, prices={"local/real": PRICE}))
    await gateway.listen()
    first, second = await gateway.client(), await gateway.client()
    await first.ask(STREAM)
    visit = await origin.visit()
    await second.ask(STREAM)
    await asyncio.sleep(0.05)
    second.close()
    record = await gateway.record()
    assert (record.outcome, record.cost_nanos) == ("client_gone", 0)
    first.close()
    await visit.ends()
    await gateway.close()


async def test_a_message(priced: Gateway, origin: Origin):
    words = [message_delta(text) for text in ("a", "b", MENTION)]
    opening = (MESSAGE_START, BLOCK_START, named("ping"))
    record, _ = await leave_after(priced, origin, "/v1/messages", *opening, *words)
    assert (record.outcome, record.usage) == ("client_gone", Usage(100, 1, 40))
    assert record.cost_nanos == TOLD + 3 * 2000


async def test_a_message_of_which_nothing_was_said(priced: Gateway, origin: Origin):
    record, _ = await leave_after(priced, origin, "/v1/messages", MESSAGE_START, BLOCK_START, named("ping"))
    assert record.cost_nanos == TOLD + 2000, "what the provider has told by then"


async def test_a_response(priced: Gateway, origin: Origin):
    words = [response_delta(text) for text in ("a", "b", MENTION)]
    record, sent = await leave_after(priced, origin, "/v1/responses", *RESPONSE_OPENING, *words)
    assert (record.outcome, record.usage) == ("client_gone", None)
    assert record.cost_nanos == sent + 3 * 2000


async def test_a_response_of_which_nothing_was_said(priced: Gateway, origin: Origin):
    record, sent = await leave_after(priced, origin, "/v1/responses", *RESPONSE_OPENING)
    assert record.cost_nanos == sent


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
async def test_a_chat_whose_lines_end_otherwise(priced: Gateway, origin: Origin, path: str):
    words = [word(text).replace(b"\n", b"\r\n") for text in ("a", "b", "c")]
    record, sent = await leave_after(priced, origin, path, *words)
    assert record.cost_nanos == sent + 3 * 2000
