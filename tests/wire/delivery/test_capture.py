"""What is taped of requests and answers, and that the record with it is there before the end of the answer is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256

import msgspec
import pytest

from gossamer.config.capture import CaptureSettings
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
    whole,
    word,
)

ANSWER = b'{"choices":[{"message":{"content":"Hello"}}],"usage":{"prompt_tokens":7,"completion_tokens":3}}'
Open = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def opened(origin: Origin) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_gateway(**capture: object) -> Gateway:
            settings = settings_for(origin, connect_s=1.0, first_byte_s=5.0, idle_s=5.0)
            more = CaptureSettings(**capture)  # type: ignore[arg-type]
            return await stack.enter_async_context(_running(msgspec.structs.replace(settings, capture=more)))

        yield open_gateway


@asynccontextmanager
async def _running(settings) -> AsyncIterator[Gateway]:
    gateway = Gateway(settings)
    await gateway.listen()
    yield gateway
    await gateway.close()


async def test_a_whole_answer(opened: Open, origin: Origin):
    gateway = await opened(content="redacted")
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    assert (await client.answer()).body == ANSWER
    content = (await gateway.record()).content
    assert content is not None
    assert (content.request, content.answer) == (msgspec.json.encode(ASK).decode(), ANSWER.decode())
    assert content.answer_sha256 == sha256(ANSWER).hexdigest()
    assert (content.request_cut_bytes, content.answer_cut_bytes, content.is_redacted) == (0, 0, False)


async def test_a_stream_is_told_as_its_words(opened: Open, origin: Origin):
    gateway = await opened(content="full")
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, *(chunk(word(text)) for text in ("Hel", "lo ", "you")))
    await client.until(word("you"))
    visit.write(chunk(DONE), END)
    await client.until(DONE)
    content = (await gateway.record()).content
    assert content is not None
    assert content.answer == "Hello you"


async def test_a_client_that_leaves_has_what_it_was_told_on_record(opened: Open, origin: Origin):
    gateway = await opened(content="full")
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("Hel")))
    await client.until(word("Hel"))
    client.close()
    record = await gateway.record()
    assert (record.outcome, record.content and record.content.answer) == ("client_gone", "Hel")
    await visit.ends()


async def test_what_is_longer_is_cut_and_says_so(opened: Open, origin: Origin):
    gateway = await opened(content="full", max_bytes=20)
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    await client.answer()
    content = (await gateway.record()).content
    assert content is not None
    assert (content.answer, content.answer_cut_bytes) == (ANSWER[:20].decode(), len(ANSWER) - 20)
    assert content.request_cut_bytes == len(msgspec.json.encode(ASK)) - 20


async def test_a_digest_is_no_content(opened: Open, origin: Origin):
    gateway = await opened(content="digest")
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    await client.answer()
    content = (await gateway.record()).content
    assert content is not None
    assert (content.request, content.answer) == ("", "")
    assert content.answer_sha256 == sha256(ANSWER).hexdigest()


async def test_a_refusal_of_the_gateways_own_is_on_record(opened: Open, origin: Origin):
    gateway = await opened(content="full")
    client = await gateway.client()
    await client.ask({"model": 7})
    answer = await client.answer()
    content = (await gateway.record()).content
    assert content is not None
    assert (answer.status, content.answer) == (400, answer.body.decode())


async def test_nothing_is_kept_by_default(opened: Open, origin: Origin):
    gateway = await opened()
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(ANSWER))
    await client.answer()
    assert (await gateway.record()).content is None
