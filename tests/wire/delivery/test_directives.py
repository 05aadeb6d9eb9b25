"""A directive on the whole way of a request: what the provider is sent, what the answer and the record say of it."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from gossamer.config.settings import Settings
from gossamer.config.usage import QuotaSettings, UsageSettings
from gossamer.core.directives import Variable
from gossamer.feed.messages import AgentGrant, Changed, DirectiveGrant
from tests.wire.delivery.gateway import ASK, STREAM, Client, Gateway, Origin, Visit, provider_at, settings_for, whole

AGENT = "01900000-0000-7000-8000-000000000001"
DIRECTIVE = "01900000-0000-7000-8000-000000000002"
SPEAKS_AS = f"x-agent-id: {AGENT}"
ANSWER = b'{"choices":[{"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}'


def give(gateway: Gateway, text: str, variables: dict[str, Variable] | None = None, **more: Any) -> None:
    """As if the control process had been asked for the agent."""
    directive = DirectiveGrant(more.pop("number", 1), text, variables or {})
    grant = AgentGrant(AGENT, "writer", directive_id=DIRECTIVE, directive=directive, **more)
    gateway.identity.agents._keep(AGENT, grant)


@pytest.fixture
async def settings(origin: Origin) -> Settings:
    return settings_for(origin)


@pytest.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    gateway = Gateway(settings)
    await gateway.listen()
    yield gateway
    await gateway.close()


@pytest.fixture
async def client(gateway: Gateway) -> Client:
    return await gateway.client()


async def served(client: Client, origin: Origin, body: object, path: str, *lines: str) -> Visit:
    await client.ask(body, path, *lines)
    visit = await origin.visit()
    visit.write(whole(ANSWER))
    assert (await client.answer()).status == 200
    return visit


@pytest.mark.parametrize(
    ("path", "body", "member", "first"),
    [
        ("/v1/chat/completions", ASK, "messages", [{"role": "system", "content": "Be brief."}, *ASK["messages"]]),
        ("/v1/responses", {"model": "alias", "input": "hi"}, "instructions", "Be brief."),
        ("/v1/messages", {"model": "alias", "system": "And kind.", "messages": []}, "system", "Be brief.\n\nAnd kind."),
    ],
)
async def test_the_provider_is_sent_it_and_the_record_says_which(gateway, client, origin, path, body, member, first):
    give(gateway, "Be brief.", number=7)
    visit = await served(client, origin, body, path, SPEAKS_AS)
    sent = msgspec.json.decode(visit.body)
    assert sent == {**body, "model": "real", member: first}
    record = await gateway.record()
    assert (record.directive.id, record.directive.number) == (DIRECTIVE, 7)
    assert record.directive.resolve_ns > 0 < record.directive.inject_ns
    assert record.request_bytes > len(msgspec.json.encode(body))


async def test_who_has_no_agent_or_whose_agent_has_no_directive_gets_what_it_sent(gateway, client, origin):
    give(gateway, "Be brief.")
    visit = await served(client, origin, ASK, "/v1/chat/completions")
    assert msgspec.json.decode(visit.body) == {**ASK, "model": "real"}
    assert (await gateway.record()).directive is None
    gateway.identity.agents._keep(AGENT, AgentGrant(AGENT, "writer", default_model="alias"))
    visit = await served(client, origin, {"messages": []}, "/v1/chat/completions", SPEAKS_AS)
    assert msgspec.json.decode(visit.body) == {"messages": [], "model": "real"}
    assert (await gateway.record(2)).directive is None


async def test_the_model_of_the_agent_and_its_directive_go_in_together(gateway, client, origin):
    give(gateway, "Be brief.", default_model="alias")
    visit = await served(client, origin, {"messages": []}, "/v1/chat/completions", SPEAKS_AS)
    said = {"messages": [{"role": "system", "content": "Be brief."}], "model": "real"}
    assert msgspec.json.decode(visit.body) == said


async def test_a_request_brings_what_it_may_and_its_agent_the_rest(gateway, client, origin):
    variables = {"tone": Variable("request", "plain"), "name": Variable()}
    give(gateway, "I am {name}, {tone}.", variables, metadata={"name": "Ada"})
    for said, told in (
        ([], "I am Ada, plain."),
        (["x-gossamer-metadata: tone=sch%C3%B6n+%22warm%22&name=Eve"], 'I am Ada, schön "warm".'),
    ):
        visit = await served(client, origin, ASK, "/v1/chat/completions", SPEAKS_AS, *said)
        assert msgspec.json.decode(visit.body)["messages"][0]["content"] == told
        assert b"x-gossamer-metadata" not in visit.head.lower()


@pytest.mark.parametrize("said", ["tone", "tone=%FF", "tone=a&tone=b", "tone=" + "x" * 1001])
async def test_metadata_that_cannot_be_read_is_refused(gateway, client, said):
    give(gateway, "Be {tone}.", {"tone": Variable("request", "plain")})
    await client.ask(ASK, "/v1/chat/completions", SPEAKS_AS, f"x-gossamer-metadata: {said}")
    answer = await client.answer()
    assert answer.status == 400
    assert b"X-Gossamer-Metadata must be written as" in answer.body


async def test_a_body_without_a_place_for_it_is_refused_and_not_passed_on(gateway, client):
    give(gateway, "Be brief.")
    await client.ask({"model": "alias", "input": "hi", "instructions": ["x"]}, "/v1/responses", SPEAKS_AS)
    answer = await client.answer()
    assert answer.status == 400
    assert b"instructions" in answer.body
    assert (await gateway.record()).target is None


async def test_where_the_dialect_is_another_one_it_goes_in_before(settings, origin):
    only_chat = msgspec.structs.replace(provider_at(origin.port), speaks=("chat",))
    gateway = Gateway(msgspec.structs.replace(settings, providers={"local": only_chat}))
    await gateway.listen()
    give(gateway, "Be brief.")
    client = await gateway.client()
    body = {"model": "alias", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    visit = await served(client, origin, body, "/v1/messages", SPEAKS_AS)
    assert msgspec.json.decode(visit.body)["messages"][0] == {"role": "system", "content": "Be brief."}
    await gateway.close()


async def test_limits_reckon_with_what_the_provider_will_bill(settings, origin):
    limits = UsageSettings(default=msgspec.convert({"tokens": 500}, QuotaSettings))
    gateway = Gateway(msgspec.structs.replace(settings, limits=limits))
    await gateway.listen()
    give(gateway, "word " * 1000)
    client = await gateway.client()
    bounded = {**ASK, "max_tokens": 1}
    await served(client, origin, bounded, "/v1/chat/completions")
    await client.ask(bounded, "/v1/chat/completions", SPEAKS_AS)
    assert (await client.answer()).status == 429
    await gateway.close()


async def test_another_version_is_given_while_a_body_was_on_its_way(gateway, client, origin):
    """Its head came under the old one, its last bytes under the new one."""
    give(gateway, "The old one.")
    raw = msgspec.json.encode(STREAM)
    await client.send(
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer gsm_the_callers_own\r\n{SPEAKS_AS}\r\n"
        f"content-length: {len(raw)}\r\n\r\n".encode()
        + raw[:10]
    )
    await gateway.client()
    gateway.identity.agents.changed(Changed(2, directives=(DIRECTIVE,)))
    give(gateway, "The new one.", number=2)
    await client.send(raw[10:])
    visit = await origin.visit()
    assert msgspec.json.decode(visit.body)["messages"][0]["content"] == "The new one."
    visit.close()
