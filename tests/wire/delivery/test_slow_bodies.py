"""Bodies that take their time, while their key and agent change: what counts is how things are when they are whole."""

from hashlib import sha256

import msgspec
import pytest

from gossamer.config.settings import AuthSettings
from gossamer.feed.messages import AgentGrant, Changed, KeyGrant
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, TOKEN, Client, Gateway, Origin, settings_for, whole

BODY = msgspec.json.encode(ASK)
AGENT = "a" * 36


async def half_sent(gateway: Gateway, *lines: str) -> Client:
    client = await gateway.client()
    await client.ask(b"", "/v1/chat/completions", f"content-length: {len(BODY)}", *lines)
    await client.send(BODY[:10])
    await eventually(lambda: gateway.server.in_flight == 1)
    return client


async def test_a_key_of_the_configuration_that_is_gone_by_then_is_refused(gateway: Gateway, origin: Origin):
    client = await half_sent(gateway)
    gateway.reload(msgspec.structs.replace(settings_for(origin), keys=()))
    await client.send(BODY[10:])
    assert (await client.answer()).status == 401
    assert origin.accepted == 0


async def test_a_key_that_is_still_there_after_a_reload_goes_on(gateway: Gateway, origin: Origin):
    client = await half_sent(gateway)
    gateway.reload(settings_for(origin))
    await client.send(BODY[10:])
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (Changed(1, keys=("k",)), 401),  # this token has no form in which it could be asked for
        (Changed(1, users=("u",)), 401),
        (Changed(1, agents=(AGENT,)), 503),  # nobody is there who could be asked
    ],
)
async def test_a_key_or_agent_that_has_changed_is_looked_up_again(
    gateway: Gateway, origin: Origin, change: Changed, status: int
):
    auth = AuthSettings(ask_timeout_s=0.05)
    gateway.reload(msgspec.structs.replace(settings_for(origin), keys=(), auth=auth))
    gateway.identity.keys._keep(sha256(TOKEN.encode()).digest(), KeyGrant("k", "key", "u"))
    gateway.identity.agents._keep(AGENT, AgentGrant(AGENT, "agent", "u"))
    client = await half_sent(gateway, f"x-agent-id: {AGENT}")
    gateway.identity.heard(change)
    await client.send(BODY[10:])
    assert (await client.answer()).status == status
    assert origin.accepted == 0
