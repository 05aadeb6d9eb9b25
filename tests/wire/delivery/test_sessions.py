"""X-Session-ID on the whole way of a request: as it was sent or made, on every answer, and in the record."""

from collections.abc import AsyncIterator

import pytest

from tests.wire.delivery.gateway import ASK, Client, Gateway, Origin, settings_for, whole


@pytest.fixture
async def gateway(origin: Origin) -> AsyncIterator[Gateway]:
    gateway = Gateway(settings_for(origin))
    await gateway.listen()
    yield gateway
    await gateway.close()


@pytest.fixture
async def client(gateway: Gateway) -> Client:
    return await gateway.client()


async def told(client: Client, origin: Origin, *lines: str) -> str:
    await client.ask(ASK, "/v1/chat/completions", *lines)
    visit = await origin.visit()
    assert b"x-session-id" not in visit.head.lower()
    visit.write(whole(b"{}", 200, "application/json", "x-session-id: the-providers"))
    return (await client.answer()).headers[b"x-session-id"].decode()


async def test_the_callers_own_comes_back_and_is_in_the_record(gateway: Gateway, client: Client, origin: Origin):
    assert await told(client, origin, "x-session-id: talk-1") == "talk-1"
    assert (await gateway.record()).session == "talk-1"


async def test_who_sends_none_is_told_one_that_its_record_leads_to(gateway: Gateway, client: Client, origin: Origin):
    first, second = await told(client, origin), await told(client, origin)
    assert first != second
    record = await gateway.record(2)
    assert record.session is None
    assert second == "ses_" + record.id.removeprefix("req_")


@pytest.mark.parametrize("sent", ["x" * 129, "with space"])
async def test_one_that_cannot_be_shown_is_passed_over(gateway: Gateway, client: Client, origin: Origin, sent: str):
    assert (await told(client, origin, f"x-session-id: {sent}")).startswith("ses_")
    assert (await gateway.record()).session is None


async def test_a_refusal_has_it_too(gateway: Gateway, client: Client):
    await client.ask({"messages": []}, "/v1/chat/completions", "x-session-id: talk-1")
    answer = await client.answer()
    assert (answer.status, answer.headers[b"x-session-id"]) == (400, b"talk-1")
