"""A client of one dialect and a provider of another: what each of them gets, whole and streamed, and when it fails."""

import gzip
from typing import Any

import msgspec
import pytest

from gossamer.config.settings import Settings
from gossamer.config.upstreams import Spoken, TranslationSettings
from gossamer.core.endpoints import Wire
from gossamer.core.record import Usage
from tests.wire.delivery.gateway import (
    END,
    STREAM_HEAD,
    Client,
    Gateway,
    Origin,
    Visit,
    chunk,
    provider_at,
    settings_for,
    whole,
)
from tests.wire.delivery.voices import (
    ASKS,
    CLOSING,
    ERROR_EVENTS,
    OPENING,
    PAIRS,
    PATHS,
    REFUSAL_WORDS,
    STOPS,
    WHOLE,
    Heard,
    error_in,
    events,
    hear,
    hear_stream,
    piece,
)

pairs = pytest.mark.parametrize(("client", "provider"), PAIRS)


def speaking(origin: Origin, wire: Spoken, *, drops: bool = False, patience_s: float = 0.3) -> Settings:
    spoken = msgspec.structs.replace(
        provider_at(origin.port, connect_s=1.0, first_byte_s=patience_s, idle_s=patience_s, total_s=60.0),
        speaks=(wire,),
        translation=TranslationSettings(unsupported="drop" if drops else "refuse"),
    )
    return msgspec.structs.replace(settings_for(origin), providers={"local": spoken})


class Between:
    """One request of a client, at a provider that speaks another dialect."""

    def __init__(self, gateway: Gateway, origin: Origin, client: Client) -> None:
        self.gateway = gateway
        self.origin = origin
        self.client = client

    async def ask(self, client: Wire, **more: Any) -> Visit:
        await self.client.ask({**ASKS[client], **more}, PATHS[client])
        return await self.origin.visit()

    async def stream(self, client: Wire, provider: Wire, **more: Any) -> Visit:
        """As far as its first word."""
        visit = await self.ask(client, stream=True, **more)
        visit.write(STREAM_HEAD, chunk(OPENING[provider]) if OPENING[provider] else b"")
        visit.write(chunk(piece(provider, "Hello")))
        await self.client.until(b"Hello")
        return visit


@pytest.fixture
async def between(gateway: Gateway, origin: Origin, provider: Wire) -> Between:
    gateway.reload(speaking(origin, provider))
    return Between(gateway, origin, await gateway.client())


@pairs
async def test_an_answer_is_told_in_the_clients_words(between: Between, client: Wire, provider: Wire):
    visit = await between.ask(client)
    assert visit.head.startswith(b"POST %b HTTP/1.1\r\n" % PATHS[provider].encode())
    assert b"\r\naccept-encoding: identity\r\n" in visit.head
    asked = msgspec.json.decode(visit.body)
    assert (asked["model"], ASKS[provider].keys() - asked.keys() - {"store", "max_tokens"}) == ("real", set())
    visit.write(whole(WHOLE[provider], 200, "application/json", "x-request-id: theirs", "openai-version: 2020-10-01"))
    answer = await between.client.answer()
    assert (answer.status, answer.headers[b"content-type"]) == (200, b"application/json")
    assert hear(client, answer.body) == Heard("Hello there", STOPS[client], 7, 3)
    assert answer.headers[b"x-upstream-request-id"] == b"theirs"
    assert b"openai-version" not in answer.headers
    record = await between.gateway.record()
    assert (record.status, record.outcome, record.error, record.attempts) == (200, "completed", None, ())
    assert (record.usage, record.response_bytes) == (Usage(7, 3), len(answer.body))
    assert record.finish == "end"


@pairs
@pytest.mark.parametrize("cut_bytes", [1, 7, 1000])
async def test_a_stream_is_told_however_it_is_cut(between: Between, client: Wire, provider: Wire, cut_bytes: int):
    visit = await between.ask(client, stream=True)
    said = OPENING[provider] + piece(provider, "Hello") + piece(provider, " there") + CLOSING[provider]
    visit.write(STREAM_HEAD)
    for at in range(0, len(said), cut_bytes):
        visit.write(chunk(said[at : at + cut_bytes]))
        await visit.drain()
    visit.write(END)
    answer = await between.client.answer()
    assert answer.headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    heard = hear_stream(client, answer.body)
    counts: tuple[int | None, int | None] = (None, None) if client == "chat" else (7, 3)
    if (client, provider) == ("messages", "chat"):
        counts = (heard.read, 3)  # Anthropic's first event tells what was read, before a chat has said it
    assert heard == Heard("Hello there", STOPS[client], *counts)
    record = await between.gateway.record()
    assert (record.outcome, record.error, record.usage) == ("completed", None, Usage(7, 3))
    assert record.finish == "end"
    assert record.response_bytes == len(answer.body)


@pairs
async def test_each_event_goes_on_at_once(between: Between, client: Wire, provider: Wire):
    visit = await between.stream(client, provider)
    visit.write(chunk(piece(provider, " there")))
    await between.client.until(b" there")
    visit.write(chunk(CLOSING[provider]), END)
    assert END in await between.client.until(END)


async def test_a_chat_that_asked_for_usage_gets_it(gateway: Gateway, origin: Origin):
    gateway.reload(speaking(origin, "messages"))
    client = await gateway.client()
    await client.ask({**ASKS["chat"], "stream": True, "stream_options": {"include_usage": True}})
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(OPENING["messages"] + piece("messages", "Hi") + CLOSING["messages"]), END)
    assert hear_stream("chat", (await client.answer()).body) == Heard("Hi", "stop", 7, 3)


# --- the provider fails ---


@pairs
@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("status", [400, 404, 413, 429])
async def test_the_providers_word_to_the_client_is_translated(
    between: Between, client: Wire, provider: Wire, status: int, is_stream: bool
):
    visit = await between.ask(client, stream=is_stream)
    visit.write(whole(REFUSAL_WORDS[provider], status, "application/json", "retry-after: 7"))
    answer = await between.client.answer()
    assert (answer.status, answer.headers[b"retry-after"]) == (status, b"7")
    assert error_in(client, answer.body)["message"] == "No such luck"
    record = await between.gateway.record()
    assert (record.status, record.outcome, record.error) == (status, "completed", "provider_refused")
    assert [(each.status, each.error) for each in record.attempts] == [(status, "refused")]


@pairs
@pytest.mark.parametrize(
    ("theirs", "ours", "code"),
    [
        (401, 502, "provider_auth"),
        (500, 502, "provider_unavailable"),
        (503, 503, "provider_unavailable"),
        (529, 503, "provider_unavailable"),
    ],
)
async def test_what_is_no_word_to_the_client_is_said_by_the_gateway(
    between: Between, client: Wire, provider: Wire, theirs: int, ours: int, code: str
):
    (await between.ask(client)).write(whole(REFUSAL_WORDS[provider], theirs))
    answer = await between.client.answer()
    assert answer.status == ours
    error = error_in(client, answer.body)
    assert "No such luck" in error["message"]
    assert client == "messages" or error["code"] == code
    record = await between.gateway.record()
    assert (record.outcome, record.error) == ("provider_failed", code)
    assert [each.status for each in record.attempts] == [theirs]


REAL_REFUSALS = {
    "gemini": b'[{"error":{"code":400,"message":"Unknown name \\"seed\\"","status":"INVALID_ARGUMENT"}}]',
    "mistral": b'{"object":"error","message":"Unknown name \\"seed\\"","type":"invalid_request_error","code":"1"}',
    "ollama": b'{"error":"Unknown name \\"seed\\""}',
    "vllm": b'{"object":"error","message":"Unknown name \\"seed\\"","type":"BadRequestError","param":null,"code":400}',
    "azure": b'{"error":{"code":"400","message":"Unknown name \\"seed\\""}}',
    "groq": b'{"error":{"message":"Unknown name \\"seed\\"","type":"invalid_request_error"}}',
    "a proxy": b'Unknown name "seed"',
}


@pytest.mark.parametrize("vendor", REAL_REFUSALS)
async def test_every_vendors_refusal_is_understood(gateway: Gateway, origin: Origin, vendor: str):
    gateway.reload(speaking(origin, "chat"))
    client = await gateway.client()
    await client.ask(ASKS["messages"], PATHS["messages"])
    (await origin.visit()).write(whole(REAL_REFUSALS[vendor], 400))
    error = error_in("messages", (await client.answer()).body)
    assert error == {"type": "invalid_request_error", "message": 'Unknown name "seed"'}


@pairs
@pytest.mark.parametrize("way", ["cut", "reset", "silence", "bad chunk"])
async def test_a_stream_that_breaks_ends_in_an_error_of_the_clients_dialect(
    between: Between, client: Wire, provider: Wire, way: str
):
    visit = await between.stream(client, provider)
    visit.write(chunk(b'data: {"half'))
    if way == "cut":
        visit.close()
    elif way == "reset":
        visit.reset()
    elif way == "bad chunk":
        visit.write(b"zz\r\n")
    rest = await between.client.rest()
    assert END not in rest
    assert b"half" not in rest
    code = "provider_timeout" if way == "silence" else "provider_unavailable"
    error = error_in(client, b"\n" + rest)
    if client == "messages":
        assert error["type"] == ("timeout_error" if way == "silence" else "api_error")
    else:
        assert error["code"] == code
    record = await between.gateway.record()
    assert (record.status, record.outcome, record.error) == (200, "stream_broken", code)
    assert record.usage == (Usage(7, 1) if provider == "messages" else None)


@pairs
async def test_a_stream_that_ends_without_its_end_has_broken(between: Between, client: Wire, provider: Wire):
    visit = await between.stream(client, provider)
    visit.write(END)
    rest = await between.client.rest()
    assert END not in rest
    assert "broke off" in error_in(client, b"\n" + rest)["message"]
    assert (await between.gateway.record()).outcome == "stream_broken"


@pairs
async def test_an_error_in_the_stream_is_told_and_what_follows_is_not_waited_for(
    between: Between, client: Wire, provider: Wire
):
    between.gateway.reload(speaking(between.origin, provider, patience_s=60.0))
    visit = await between.stream(client, provider)
    visit.write(chunk(ERROR_EVENTS[provider]))
    rest = await between.client.until(END)
    assert error_in(client, b"\n" + rest)["message"] == "No such luck"
    record = await between.gateway.record()
    assert (record.outcome, record.error) == ("provider_failed", "No such luck")
    await visit.ends()


@pairs
async def test_nonsense_in_the_stream_ends_it_at_both_ends(between: Between, client: Wire, provider: Wire):
    visit = await between.stream(client, provider)
    visit.write(chunk(b"data: {nonsense}\n\n"))
    rest = await between.client.rest()
    assert "cannot be read" in error_in(client, b"\n" + rest)["message"]
    await visit.ends()
    record = await between.gateway.record()
    assert (record.outcome, record.error) == ("stream_broken", "provider_unavailable")


@pairs
async def test_what_breaks_behind_the_end_breaks_no_stream(between: Between, client: Wire, provider: Wire):
    visit = await between.stream(client, provider)
    visit.write(chunk(CLOSING[provider]))
    visit.close()
    await between.client.until(END)
    record = await between.gateway.record()
    assert (record.outcome, record.error, record.usage) == ("completed", None, Usage(7, 3))
    assert record.finish == "end"


@pairs
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (whole(b"<html>Welcome</html>", 200, "text/html"), "no JSON but text/html: '<html>Welcome</html>'"),
        (whole(b'{"id":"c1","choices":[{"ind'), "cannot be read"),
        (whole(b"[]"), "cannot be read"),
        (STREAM_HEAD + END, "no JSON but text/event-stream"),
    ],
    ids=["HTML", "half", "a list", "a stream"],
)
async def test_what_is_no_answer_is_a_502_that_says_so(
    between: Between, client: Wire, provider: Wire, answer: bytes, words: str
):
    (await between.ask(client)).write(answer)
    got = await between.client.answer()
    assert got.status == 502
    message = error_in(client, got.body)["message"]
    assert words in message
    assert "local/real answered 200" in message
    record = await between.gateway.record()
    assert (record.outcome, record.error) == ("provider_failed", "provider_unavailable")
    ((status, said),) = [(each.status, each.error) for each in record.attempts]
    assert status == 200
    assert words in str(said)


@pairs
async def test_a_whole_answer_where_a_stream_was_asked_for_is_a_502(between: Between, client: Wire, provider: Wire):
    (await between.ask(client, stream=True)).write(whole(WHOLE[provider]))
    got = await between.client.answer()
    assert got.status == 502
    assert "a stream of events was asked for" in error_in(client, got.body)["message"]


@pairs
async def test_an_answer_that_is_cut_is_a_502(between: Between, client: Wire, provider: Wire):
    visit = await between.ask(client)
    visit.write(whole(WHOLE[provider])[:-3])
    visit.close()
    got = await between.client.answer()
    assert got.status == 502
    assert "broke off" in error_in(client, got.body)["message"]
    assert (await between.gateway.record()).outcome == "provider_failed"


@pairs
async def test_what_comes_compressed_all_the_same_is_read(between: Between, client: Wire, provider: Wire):
    visit = await between.ask(client)
    visit.write(whole(gzip.compress(WHOLE[provider]), 200, "application/json", "content-encoding: gzip"))
    answer = await between.client.answer()
    assert hear(client, answer.body).text == "Hello there"
    assert b"content-encoding" not in answer.headers


# --- the client leaves ---


@pairs
@pytest.mark.parametrize("when", ["before the answer", "in a whole answer", "in a stream"])
async def test_a_client_that_leaves_ends_the_call(between: Between, client: Wire, provider: Wire, when: str):
    if when == "in a stream":
        visit = await between.stream(client, provider)
    else:
        visit = await between.ask(client)
    if when == "in a whole answer":
        visit.write(whole(WHOLE[provider])[:-3])
        await visit.drain()
    between.client.close()
    await visit.ends()
    record = await between.gateway.record()
    assert (record.outcome, record.status) == ("client_gone", 200 if when == "in a stream" else 499)


LAST: dict[Wire, bytes] = {
    "chat": b"data: [DONE]",
    "responses": b"event: response.completed",
    "messages": b"message_stop",
}


@pairs
async def test_behind_the_last_event_it_has_the_answer(between: Between, client: Wire, provider: Wire):
    visit = await between.stream(client, provider)
    visit.write(chunk(CLOSING[provider]))
    await between.client.until(LAST[client])
    between.client.close()
    await visit.ends()
    assert (await between.gateway.record()).outcome == "completed"


# --- what a request loses ---


@pytest.mark.parametrize(
    ("client", "provider", "more", "named"),
    [
        ("chat", "messages", {"logit_bias": {"1": 2}}, "logit_bias"),
        ("chat", "responses", {"n": 2}, "n"),
        ("responses", "chat", {"max_tool_calls": 2}, "max_tool_calls"),
        ("messages", "chat", {"inference_geo": "eu"}, "inference_geo"),
    ],
)
async def test_what_cannot_be_said_is_a_400_that_names_it(
    gateway: Gateway, origin: Origin, client: Wire, provider: Wire, more: dict[str, Any], named: str
):
    gateway.reload(speaking(origin, provider))
    asking = await gateway.client()
    await asking.ask({**ASKS[client], **more}, PATHS[client])
    answer = await asking.answer()
    assert answer.status == 400
    assert f'"{named}" cannot be sent' in error_in(client, answer.body)["message"]
    record = await gateway.record()
    assert (record.outcome, record.error, record.attempts) == ("refused", "invalid_request", ())
    gateway.reload(speaking(origin, provider, drops=True))
    await asking.ask({**ASKS[client], **more}, PATHS[client])
    visit = await origin.visit()
    assert named not in msgspec.json.decode(visit.body)
    visit.write(whole(WHOLE[provider]))
    answer = await asking.answer()
    assert (answer.status, answer.headers[b"x-gossamer-dropped"]) == (200, named.encode())


async def test_hints_are_dropped_and_named_and_no_name_forges_a_header(gateway: Gateway, origin: Origin):
    gateway.reload(speaking(origin, "messages"))
    client = await gateway.client()
    await client.ask({**ASKS["chat"], "seed": 1, "a\r\nb: c, d": 1, "response_format": {"type": "json_object"}})
    visit = await origin.visit()
    visit.write(whole(WHOLE["messages"]))
    answer = await client.answer()
    assert answer.headers[b"x-gossamer-dropped"] == b"seed, 'a\\r\\nb: c d'"
    assert answer.headers[b"x-gossamer-changed"] == b"response_format"
    assert hear("chat", answer.body).text == "Hello there"


async def test_a_stream_names_what_was_dropped_in_its_head(gateway: Gateway, origin: Origin):
    gateway.reload(speaking(origin, "chat"))
    client = await gateway.client()
    await client.ask({**ASKS["messages"], "stream": True, "speed": "fast"}, PATHS["messages"])
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(piece("chat", "Hi") + CLOSING["chat"]), END)
    answer = await client.answer()
    assert answer.headers[b"x-gossamer-dropped"] == b"speed"
    assert events(answer.body)[-1]["type"] == "message_stop"


async def test_a_body_that_its_own_dialect_does_not_allow_never_leaves(gateway: Gateway, origin: Origin):
    gateway.reload(speaking(origin, "messages"))
    client = await gateway.client()
    await client.ask({"model": "alias", "messages": "hi"})
    answer = await client.answer()
    assert (answer.status, error_in("chat", answer.body)["param"]) == (400, "messages")
    assert origin.accepted == 0
