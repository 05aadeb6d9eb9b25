"""Each kind of provider, as it is spoken to: where it is asked, with which key, and what of a body it is spared."""

from typing import Any

import msgspec
import pytest

from gossamer.config.upstreams import (
    AnthropicProvider,
    AzureProvider,
    CompatibleProvider,
    OpenAIProvider,
    Provider,
    VendorName,
)
from gossamer.core.endpoints import Wire
from tests.wire.delivery.gateway import CHAT, DONE, END, STREAM_HEAD, Gateway, Origin, chunk, settings_for, usage, whole
from tests.wire.delivery.voices import ASKS, CLOSING, PATHS, WHOLE, error_in, hear, piece

COUNT = "/v1/messages/count_tokens"
TO_COUNT = {"model": "alias", "messages": [{"role": "user", "content": "x" * 400}]}


def with_provider(gateway: Gateway, origin: Origin, found: Provider) -> None:
    settings = msgspec.structs.replace(settings_for(origin), providers={"local": found}, default_provider="local")
    gateway.reload(settings)


def anthropic(origin: Origin) -> AnthropicProvider:
    return AnthropicProvider(base_url=f"http://127.0.0.1:{origin.port}/v1", api_keys=("sk-ant",))


def azure(origin: Origin, version: str = "2024-10-21") -> AzureProvider:
    return AzureProvider(base_url=f"http://127.0.0.1:{origin.port}", api_keys=("sk-az",), api_version=version)


def openai(origin: Origin) -> OpenAIProvider:
    return OpenAIProvider(base_url=f"http://127.0.0.1:{origin.port}/v1", api_keys=("sk-open",))


def vendored(origin: Origin, vendor: VendorName) -> CompatibleProvider:
    return CompatibleProvider(base_url=f"http://127.0.0.1:{origin.port}/v1", vendor=vendor)


def lines(head: bytes) -> list[bytes]:
    return head.rstrip(b"\r\n").split(b"\r\n")


# --- Anthropic ---


async def test_anthropic_gets_its_key_and_a_version(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, anthropic(origin))
    client = await gateway.client()
    await client.ask(ASKS["messages"], PATHS["messages"])
    visit = await origin.visit()
    head = lines(visit.head)
    assert head[0] == b"POST /v1/messages HTTP/1.1"
    assert {b"x-api-key: sk-ant", b"anthropic-version: 2023-06-01"} <= set(head)
    assert b"authorization" not in visit.head
    assert msgspec.json.decode(visit.body) == {**ASKS["messages"], "model": "real"}
    visit.write(whole(WHOLE["messages"]))
    assert (await client.answer()).body == WHOLE["messages"], "the same dialect passes to the byte"


async def test_what_a_client_says_to_anthropic_reaches_it(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, anthropic(origin))
    client = await gateway.client()
    said = ("anthropic-version: 2026-10-21", "anthropic-beta: context-1m", "x-stainless-lang: python")
    await client.ask(ASKS["messages"], PATHS["messages"] + "?beta=true", *said)
    head = lines((await origin.visit()).head)
    assert head[0] == b"POST /v1/messages?beta=true HTTP/1.1"
    assert {line.encode() for line in said} <= set(head)
    assert b"anthropic-version: 2023-06-01" not in head


async def test_what_a_client_says_to_openai_does_not_reach_anthropic(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, anthropic(origin))
    client = await gateway.client()
    said = ("openai-organization: org", "x-stainless-lang: python", "anthropic-version: 2026-10-21", "user-agent: me")
    await client.ask(ASKS["chat"], CHAT + "?api-version=1", *said)
    head = lines((await origin.visit()).head)
    assert head[0] == b"POST /v1/messages HTTP/1.1"
    assert {b"anthropic-version: 2023-06-01", b"user-agent: me"} <= set(head)
    assert not [line for line in head if line.startswith((b"openai-", b"x-stainless-", b"anthropic-version: 2026"))]


async def test_the_same_head_with_another_path_goes_another_way(gateway: Gateway, origin: Origin):
    """What goes up is kept with the client's head; two dialects are two heads."""
    with_provider(gateway, origin, anthropic(origin))
    client = await gateway.client()
    for wire in ("chat", "messages", "chat"):
        await client.ask(ASKS[wire], PATHS[wire])
        visit = await origin.visit()
        assert lines(visit.head)[0] == b"POST /v1/messages HTTP/1.1"
        visit.write(whole(WHOLE["messages"]))
        assert hear(wire, (await client.answer()).body).text == "Hello there"


@pytest.mark.parametrize("kind", [anthropic, openai, azure])
async def test_models_are_asked_for_as_each_kind_wants_it(gateway: Gateway, origin: Origin, kind: Any):
    with_provider(gateway, origin, kind(origin))
    client = await gateway.client()
    await client.ask(b"", "/v1/models", method="GET")
    if kind is not azure:  # which deployments there are, its data plane does not say
        visit = await origin.visit()
        is_anthropic = kind is anthropic
        assert lines(visit.head)[0] == b"GET /v1/models%b HTTP/1.1" % (b"?limit=1000" if is_anthropic else b"")
        assert (b"x-api-key: sk-ant" in visit.head) is is_anthropic
        assert (b"anthropic-version: 2023-06-01" in visit.head) is is_anthropic
        visit.write(whole(b'{"data":[{"type":"model","id":"claude","display_name":"C"}],"has_more":false}'))
    ids = [entry["id"] for entry in msgspec.json.decode((await client.answer()).body)["data"]]
    assert ids == ["alias"] if kind is azure else ["alias", "local/claude"]


# --- Azure ---


async def test_azure_is_asked_at_the_deployments_own_path(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, azure(origin))
    client = await gateway.client()
    for model, deployment in (("alias", b"real"), ("local/gpt-4.1_eu", b"gpt-4.1_eu"), ("alias", b"real")):
        await client.ask({**ASKS["chat"], "model": model})
        visit = await origin.visit()
        path = b"/openai/deployments/%b/chat/completions?api-version=2024-10-21" % deployment
        assert lines(visit.head)[0] == b"POST %b HTTP/1.1" % path
        assert b"api-key: sk-az" in lines(visit.head)
        assert b"authorization" not in visit.head
        visit.write(whole(WHOLE["chat"]))
        assert (await client.answer()).body == WHOLE["chat"]


@pytest.mark.parametrize("model", ["..", "../../files", "a/b", "x?y", "%2e%2e", "é"])
async def test_a_model_does_not_lead_out_of_azures_deployments(gateway: Gateway, origin: Origin, model: str):
    with_provider(gateway, origin, azure(origin))
    client = await gateway.client()
    await client.ask({**ASKS["chat"], "model": f"local/{model}"})
    answer = await client.answer()
    assert (answer.status, error_in("chat", answer.body)["code"]) == (404, "model_not_found")
    assert origin.accepted == 0
    assert (await gateway.record()).outcome == "refused"


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/v1/embeddings", b"/openai/deployments/real/embeddings?api-version=2024-10-21"),
        ("/v1/images/generations?n=1", b"/openai/deployments/real/images/generations?n=1&api-version=2024-10-21"),
        ("/v1/messages", b"/openai/deployments/real/chat/completions?api-version=2024-10-21"),
    ],
)
async def test_azures_other_paths(gateway: Gateway, origin: Origin, path: str, there: bytes):
    with_provider(gateway, origin, azure(origin))
    client = await gateway.client()
    await client.ask({**ASKS["messages"], "input": "x"}, path, "content-type: application/json")
    visit = await origin.visit()
    assert lines(visit.head)[0] == b"POST %b HTTP/1.1" % there


async def test_a_file_at_azure_names_no_deployment(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, azure(origin))
    client = await gateway.client()
    await client.ask(b"", "/v1/files", method="GET")
    assert lines((await origin.visit()).head)[0] == b"GET /openai/files?api-version=2024-10-21 HTTP/1.1"


@pytest.mark.parametrize(("wire", "there"), [("chat", b"chat/completions"), ("responses", b"responses")])
async def test_azures_newest_has_the_model_in_the_body(gateway: Gateway, origin: Origin, wire: Wire, there: bytes):
    with_provider(gateway, origin, azure(origin, "v1"))
    client = await gateway.client()
    await client.ask(ASKS[wire], PATHS[wire])
    visit = await origin.visit()
    assert lines(visit.head)[0] == b"POST /openai/v1/%b HTTP/1.1" % there
    assert b"api-key: sk-az" in lines(visit.head)
    assert msgspec.json.decode(visit.body)["model"] == "real"


# --- those who imitate OpenAI ---


async def test_a_vendor_is_spared_what_it_refuses_and_the_client_is_told(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, vendored(origin, "groq"))
    client = await gateway.client()
    await client.ask({**ASKS["chat"], "store": True, "verbosity": "low"})
    visit = await origin.visit()
    assert msgspec.json.decode(visit.body) == {**ASKS["chat"], "model": "real"}
    visit.write(whole(WHOLE["chat"], 200, "application/json", "openai-version: 1"))
    answer = await client.answer()
    assert (answer.body, answer.headers[b"x-gossamer-dropped"]) == (WHOLE["chat"], b"store, verbosity")
    assert answer.headers[b"openai-version"] == b"1", "nothing was translated"
    await client.ask(ASKS["chat"])
    (await origin.visit()).write(whole(WHOLE["chat"]))
    assert b"x-gossamer-dropped" not in (await client.answer()).headers


async def test_a_stream_of_a_vendor_is_told_what_was_dropped_too(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, vendored(origin, "groq"))
    client = await gateway.client()
    await client.ask({**ASKS["chat"], "store": True, "stream": True})
    visit = await origin.visit()
    assert msgspec.json.decode(visit.body)["stream_options"] == {"include_usage": True}
    visit.write(STREAM_HEAD, chunk(usage(7, 3)), chunk(DONE), END)
    answer = await client.answer()
    assert (answer.body, answer.headers[b"x-gossamer-dropped"]) == (DONE, b"store")


async def test_who_tells_usage_unasked_is_not_asked(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, vendored(origin, "mistral"))
    client = await gateway.client()
    for wire in ("chat", "messages"):
        await client.ask({**ASKS[wire], "stream": True}, PATHS[wire])
        visit = await origin.visit()
        assert "stream_options" not in msgspec.json.decode(visit.body)
        visit.write(STREAM_HEAD, chunk(piece("chat", "Hi") + CLOSING["chat"]), END)
        assert b"x-gossamer-dropped" not in (await client.answer()).headers


async def test_what_must_not_get_lost_at_a_vendor_is_refused(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, vendored(origin, "groq"))
    client = await gateway.client()
    await client.ask({**ASKS["chat"], "logprobs": True})
    answer = await client.answer()
    assert (answer.status, error_in("chat", answer.body)["param"]) == (400, "logprobs")


async def test_openai_is_not_sent_the_reasoning_of_others(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, openai(origin))
    client = await gateway.client()
    said = {"role": "assistant", "content": "Hm", "reasoning_content": "I think", "reasoning_details": []}
    await client.ask({**ASKS["chat"], "messages": [said]})
    sent = msgspec.json.decode((await origin.visit()).body)
    assert sent["messages"] == [{"role": "assistant", "content": "Hm"}]


async def test_without_a_vendor_nothing_is_changed(gateway: Gateway, origin: Origin):
    body = b'{"model":"local/m" , "store":true,"messages":[{"role":"developer","reasoning_content":"x"}]}'
    with_provider(gateway, origin, CompatibleProvider(base_url=f"http://127.0.0.1:{origin.port}/v1"))
    client = await gateway.client()
    await client.ask(body)
    assert (await origin.visit()).body == body.replace(b"local/m", b"m")


# --- reasoning of others ---


async def test_anthropic_is_not_sent_the_seals_of_others(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, anthropic(origin))
    client = await gateway.client()
    foreign = {"type": "thinking", "thinking": "theirs", "signature": "gossamer:chat:sealed::"}
    own = {"type": "thinking", "thinking": "own", "signature": "gossamer:messages:sealed::c2VhbA=="}
    text = {"type": "text", "text": "Hm"}
    turns = [{"role": "assistant", "content": [foreign, own, text]}, *ASKS["messages"]["messages"]]
    await client.ask({**ASKS["messages"], "messages": turns}, PATHS["messages"])
    visit = await origin.visit()
    (said, _) = msgspec.json.decode(visit.body)["messages"]
    assert said["content"] == [{**own, "signature": "c2VhbA=="}, text]
    visit.write(whole(WHOLE["messages"]))
    answer = await client.answer()
    assert answer.headers[b"x-gossamer-dropped"] == b"messages[0].content[0]"
    assert answer.body == WHOLE["messages"]


# --- counting ---


async def test_anthropic_counts_itself(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, anthropic(origin))
    client = await gateway.client()
    await client.ask(TO_COUNT, COUNT)
    visit = await origin.visit()
    assert lines(visit.head)[0] == b"POST /v1/messages/count_tokens HTTP/1.1"
    visit.write(whole(b'{"input_tokens":107}'))
    answer = await client.answer()
    assert answer.body == b'{"input_tokens":107}'
    assert b"x-gossamer-estimate" not in answer.headers


@pytest.mark.parametrize("kind", [openai, azure])
async def test_where_nobody_can_be_asked_the_gateway_estimates_and_says_so(gateway: Gateway, origin: Origin, kind: Any):
    with_provider(gateway, origin, kind(origin))
    client = await gateway.client()
    await client.ask(TO_COUNT, COUNT)
    answer = await client.answer()
    assert answer.status == 200
    assert 100 <= msgspec.json.decode(answer.body)["input_tokens"] <= 110
    assert answer.headers[b"x-gossamer-estimate"] == b"input_tokens"
    assert b"x-gossamer-target" not in answer.headers, "it was the gateway"
    record = await gateway.record()
    assert (record.outcome, record.status, record.usage) == ("completed", 200, None)
    assert origin.accepted == 0


async def test_what_cannot_be_counted_is_a_400_of_anthropics(gateway: Gateway, origin: Origin):
    with_provider(gateway, origin, openai(origin))
    client = await gateway.client()
    await client.ask({"model": "alias", "messages": 7}, COUNT)
    answer = await client.answer()
    assert (answer.status, error_in("messages", answer.body)["type"]) == (400, "invalid_request_error")
