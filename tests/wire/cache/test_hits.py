"""The same question is paid once: what a second caller gets, whole and streamed, and what the records say of it."""

import asyncio

import msgspec
import pytest

from gossamer.config.cache import CacheSettings
from tests.wire.cache.answers import STREAM_BODY, STREAM_WITH_USAGE, USED, WORDS, completion, stream, tell
from tests.wire.cache.conftest import Open
from tests.wire.conftest import Answer, eventually
from tests.wire.delivery.gateway import ASK, CHAT, DONE, END, STREAM, STREAM_HEAD, Client, Gateway, Origin, chunk, whole

WITH_USAGE = {**STREAM, "stream_options": {"include_usage": True}}


async def ask(client: Client, body: object, *lines: str, path: str = CHAT) -> Answer:
    await client.ask(body, path, *lines)
    return await client.answer()


async def streamed(client: Client, body: object = STREAM) -> bytes:
    """The body of a stream that is made for this client."""
    await client.ask(body)
    head = await client.head()
    assert head.headers[b"x-gossamer-cache"] == b"miss"
    return await client.chunked_body()


def told(answer: Answer) -> bytes:
    return answer.headers.get(b"x-gossamer-cache", b"nothing")


async def test_the_second_time_nobody_is_asked(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    first = await client.answer()
    second = await ask(client, ASK)
    assert (told(first), told(second)) == (b"miss", b"hit-l1")
    assert first.body == second.body == completion()
    assert second.headers[b"x-gossamer-target"] == b"local/real"
    assert second.headers[b"age"] == b"0"
    assert b"cache;dur=" in second.headers[b"server-timing"]
    assert b"provider;dur=" not in second.headers[b"server-timing"]
    assert origin.accepted == 1


async def test_a_hit_is_in_the_record_and_costs_nothing(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    await ask(client, ASK)
    record = await gateway.record(2)
    assert record.cache is not None
    assert (record.cache.tier, record.usage, record.target, record.finish) == ("l1", None, "local/real", "end")
    first = gateway.records.all[0].cache
    assert first is not None
    assert first.tier == "miss"


@pytest.mark.parametrize(("wants", "gets"), [(STREAM, STREAM_BODY), (WITH_USAGE, STREAM_WITH_USAGE)])
@pytest.mark.parametrize("fills", [STREAM, WITH_USAGE])
async def test_a_stream_is_replayed_to_the_byte_with_usage_for_who_asked(
    gateway: Gateway, origin: Origin, fills: object, wants: object, gets: bytes
):
    client = await gateway.client()
    await client.ask(fills)
    visit = await origin.visit()
    assert msgspec.json.decode(visit.body)["stream_options"] == {"include_usage": True}
    stream(visit)
    await client.head()
    assert await client.chunked_body() == (STREAM_BODY if fills is STREAM else STREAM_WITH_USAGE)
    again = await ask(client, wants)
    assert (told(again), again.body) == (b"hit-l1", gets)
    assert again.headers[b"content-type"].startswith(b"text/event-stream")


async def test_who_wants_it_whole_gets_what_came_as_a_stream(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM)
    stream(await origin.visit())
    await client.head()
    await client.chunked_body()
    again = await ask(client, ASK)
    assert told(again) == b"hit-l1"
    said = msgspec.json.decode(again.body)
    assert said["choices"][0]["message"]["content"] == "Paris"
    assert said["choices"][0]["finish_reason"] == "stop"
    assert said["usage"]["completion_tokens"] == 3
    assert again.headers[b"content-type"] == b"application/json"


async def test_who_wants_a_stream_gets_what_came_whole(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    again = await ask(client, STREAM)
    assert told(again) == b"hit-l1"
    assert b'"content":"Paris"' in again.body
    assert again.body.endswith(b"data: [DONE]\n\n")
    assert b'"choices":[]' not in again.body
    assert b'"choices":[]' in (await ask(client, WITH_USAGE)).body


async def test_with_several_choices_each_form_is_its_own(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask({**ASK, "n": 2})
    tell(await origin.visit())
    await client.answer()
    await client.ask({**STREAM, "n": 2})
    stream(await origin.visit())
    assert (await client.head()).headers[b"x-gossamer-cache"] == b"miss"
    await client.chunked_body()


@pytest.mark.parametrize(
    "body",
    [
        completion(reason="length"),
        completion(reason="content_filter"),
        completion(reason="something_new"),
        completion(error={"message": "no"}),
        b'{"id":"x"}',
        b"[]",
    ],
)
async def test_what_was_cut_short_or_filtered_is_given_once(gateway: Gateway, origin: Origin, body: bytes):
    client = await gateway.client()
    for _ in range(2):
        await client.ask(ASK)
        (await origin.visit()).write(whole(body))
        assert told(await client.answer()) == b"miss"


async def test_a_refusal_is_not_kept(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    for status in (400, 429, 500):
        await client.ask(ASK)
        (await origin.visit()).write(whole(b'{"error":{"message":"no"}}', status))
        assert (await client.answer()).status >= 400
    await client.ask(ASK)
    tell(await origin.visit())
    assert told(await client.answer()) == b"miss"


@pytest.mark.parametrize("status", [201, 202, 203, 206])
async def test_what_is_good_and_no_200_goes_to_who_waits_and_is_not_kept(gateway: Gateway, origin: Origin, status: int):
    for _ in range(2):
        clients = [await gateway.client() for _ in range(2)]
        for client in clients:
            await client.ask(ASK)
        visit = await origin.visit()
        await eventually(lambda: gateway.server.in_flight == 2)
        await asyncio.sleep(0.02)  # for the second to be read
        visit.write(whole(completion(), status))
        answers = [await client.answer() for client in clients]
        assert [(answer.status, answer.body) for answer in answers] == [(status, completion())] * 2
    assert {record.error for record in gateway.records.all} == {None}


async def test_a_stream_that_broke_is_not_kept(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(WORDS[0]))
    visit.reset()
    await client.head()
    await client.rest()
    other = await gateway.client()
    await other.ask(STREAM)
    stream(await origin.visit())
    assert (await other.head()).headers[b"x-gossamer-cache"] == b"miss"
    await other.chunked_body()


@pytest.mark.parametrize(("word", "then"), [("no-cache", b"miss"), ("no-store", b"bypass"), ("max-age=0", b"hit-l1")])
async def test_what_cache_control_asks_for(gateway: Gateway, origin: Origin, word: str, then: bytes):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    await client.ask(ASK, CHAT, f"cache-control: {word}")
    if then != b"hit-l1":
        tell(await origin.visit(), "Lyon")
    assert told(await client.answer()) == then
    third = await ask(client, ASK)
    assert told(third) == b"hit-l1"
    assert (b"Lyon" in third.body) == (word == "no-cache")


async def test_a_new_answer_takes_the_place_of_the_old_one_in_both_forms(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit(), "Lyon")
    await client.answer()
    await client.ask(STREAM)
    assert b"Lyon" in (await client.answer()).body
    await client.ask(ASK, CHAT, "cache-control: no-cache")
    tell(await origin.visit(), "Paris")
    await client.answer()
    await client.ask(STREAM)
    answer = await client.answer()
    assert (told(answer), b"Lyon" in answer.body, b"Paris" in answer.body) == (b"hit-l1", False, True)


async def test_an_older_answer_is_not_kept_beside_a_newer_one_of_another_form(gateway: Gateway, origin: Origin):
    slow, client = await gateway.client(), await gateway.client()
    await slow.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(WORDS[0]))
    await slow.head()
    await client.ask(ASK, CHAT, "cache-control: no-cache")
    tell(await origin.visit(), "Lyon")
    await client.answer()
    visit.write(*(chunk(each) for each in (*WORDS[1:], USED, DONE)), END)
    await slow.chunked_body()
    await client.ask(STREAM)
    answer = await client.answer()
    assert (told(answer), b"Lyon" in answer.body) == (b"hit-l1", True)


async def test_without_a_cache_nothing_is_said_of_one(opened: Open, origin: Origin):
    gateway = await opened(CacheSettings())
    client = await gateway.client()
    for _ in range(2):
        await client.ask(ASK)
        tell(await origin.visit())
        answer = await client.answer()
        assert told(answer) == b"nothing"
        assert b"cache;" not in answer.headers[b"server-timing"]
    assert (await gateway.record(2)).cache is None


async def test_the_largest_that_is_kept_is_what_the_settings_say(opened: Open, origin: Origin):
    gateway = await opened(CacheSettings(enabled=True, max_bytes=len(completion("x" * 100))))
    client = await gateway.client()
    for text, then in (("x" * 100, b"hit-l1"), ("y" * 101, b"miss")):
        body = {**ASK, "seed": len(text)}
        await client.ask(body)
        tell(await origin.visit(), text)
        await client.answer()
        await client.ask(body)
        if then == b"miss":
            tell(await origin.visit(), text)
        assert told(await client.answer()) == then


async def test_what_is_asked_for_the_third_time_is_still_looked_at(gateway: Gateway, origin: Origin):
    """What follows from a body is remembered behind a hit; what the head says, and whether it is known, are not."""
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit())
    await client.answer()
    for _ in range(3):
        assert told(await ask(client, ASK)) == b"hit-l1"
    for line, word in (("cache-control: no-store", b"bypass"), ("cache-control: no-cache", b"miss")):
        await client.ask(ASK, CHAT, line)
        tell(await origin.visit(), "new")
        assert told(await client.answer()) == word
    assert b"new" in (await ask(client, ASK)).body
    await client.ask(ASK, CHAT, "openai-beta: x")
    tell(await origin.visit())
    assert told(await client.answer()) == b"miss"
    await client.ask(ASK, CHAT + "?x=1")
    tell(await origin.visit())
    assert told(await client.answer()) == b"miss"


@pytest.mark.parametrize(("body", "told_body"), [(STREAM, STREAM_BODY), (WITH_USAGE, STREAM_WITH_USAGE)])
async def test_what_is_not_read_a_third_time_is_known_as_well_as_the_second(
    gateway: Gateway, origin: Origin, body: object, told_body: bytes
):
    client = await gateway.client()
    await client.ask(body)
    stream(await origin.visit())
    await client.answer()
    second, third = await ask(client, body), await ask(client, body)
    assert second.body == third.body == told_body
    before, last = (await gateway.record(3), gateway.records.all[1])
    assert last.cache is not None
    assert (last.model, last.target, last.stream, last.request_bytes, last.cache.tier) == (
        before.model, before.target, True, before.request_bytes, "l1",
    )  # fmt: skip
