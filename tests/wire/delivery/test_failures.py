"""What a client gets when its provider fails before it began to stream: status, code, and what the record says."""

from typing import Any

import msgspec
import pytest

from gossamer.core.record import Attempt
from tests.wire.conftest import bound_socket
from tests.wire.delivery.gateway import ASK, Gateway, Origin, provider_at, settings_for, whole

REFUSAL = b'{"error":{"message":"No such luck","type":"x","param":null,"code":"unlucky"}}'


def said(body: bytes) -> Any:
    return msgspec.json.decode(body)["error"]


async def test_a_provider_that_refuses_connections_is_unavailable(gateway: Gateway, origin: Origin):
    with bound_socket() as nobody:  # bound, and not listening
        nowhere = {"local": provider_at(nobody.getsockname()[1])}
        gateway.reload(msgspec.structs.replace(settings_for(origin), providers=nowhere))
        client = await gateway.client()
        await client.ask(ASK)
        answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (502, "provider_unavailable")
    assert "refused" in said(answer.body)["message"]
    assert answer.headers[b"x-gossamer-attempts"] == b"1"
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (502, "provider_failed", "provider_unavailable")
    (attempt,) = record.attempts
    assert (attempt.target, attempt.status) == ("local/real", 0)
    assert "refused" in str(attempt.error)


@pytest.mark.parametrize("way", ["reset", "closed", "no HTTP"])
async def test_a_connection_that_ends_before_any_answer_is_unavailable(gateway: Gateway, origin: Origin, way: str):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    if way == "reset":
        visit.reset()
    elif way == "closed":
        visit.close()
    else:
        visit.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (502, "provider_unavailable")
    record = await gateway.record()
    assert (record.outcome, record.attempts[0].status) == ("provider_failed", 0)
    await client.ask(ASK)
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200, "the client's connection is as good as before"


async def test_a_kept_connection_that_went_stale_is_tried_once_more(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(b"{}"))
    assert (await client.answer()).status == 200
    await client.ask(ASK)
    (await origin.visit()).reset()
    (await origin.visit()).write(whole(b'{"second":true}'))
    assert (await client.answer()).body == b'{"second":true}'
    assert (await gateway.record(2)).outcome == "completed"


async def test_no_first_byte_in_time_is_a_timeout(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (504, "provider_timeout")
    assert "first_byte" in said(answer.body)["message"]
    await visit.ends()
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (504, "provider_failed", "provider_timeout")
    assert record.attempts[0].duration_ns >= 300_000_000


async def test_a_silence_in_the_middle_of_a_json_answer_is_a_timeout(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    visit.write(whole(b'{"id":"c1"}')[:-3])
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (504, "provider_timeout")
    assert "idle" in said(answer.body)["message"]
    await visit.ends()
    assert (await gateway.record()).outcome == "provider_failed"


async def test_a_json_answer_that_is_cut_is_unavailable(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origin.visit()
    visit.write(whole(b'{"id":"c1"}')[:-3])
    visit.close()
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (502, "provider_unavailable")
    assert (await gateway.record()).outcome == "provider_failed"


@pytest.mark.parametrize(
    ("theirs", "ours", "code"),
    [
        (401, 502, "provider_auth"),
        (403, 502, "provider_auth"),
        (500, 502, "provider_unavailable"),
        (502, 502, "provider_unavailable"),
        (503, 503, "provider_unavailable"),
        (529, 503, "provider_unavailable"),
    ],
)
async def test_what_is_between_gateway_and_provider_is_said_by_the_gateway(
    gateway: Gateway, origin: Origin, theirs: int, ours: int, code: str
):
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(REFUSAL, theirs, "application/json", "retry-after: 7"))
    answer = await client.answer()
    error = said(answer.body)
    assert (answer.status, error["code"]) == (ours, code)
    assert "No such luck" in error["message"]
    assert str(theirs) in error["message"]
    assert answer.headers.get(b"retry-after") == (None if code == "provider_auth" else b"7")
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (ours, "provider_failed", code)
    (attempt,) = record.attempts
    assert (attempt.target, attempt.status) == ("local/real", theirs)


@pytest.mark.parametrize("theirs", [400, 404, 422, 429])
async def test_the_providers_word_to_the_caller_passes_through(gateway: Gateway, origin: Origin, theirs: int):
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(REFUSAL, theirs, "application/json", "retry-after: 7", "x-should-retry: true"))
    answer = await client.answer()
    assert (answer.status, answer.body) == (theirs, REFUSAL)
    assert answer.headers[b"retry-after"] == b"7"
    assert answer.headers[b"x-should-retry"] == b"true"
    record = await gateway.record()
    assert (record.status, record.outcome, record.error) == (theirs, "completed", "provider_refused")
    assert record.attempts == (Attempt("local/real", theirs, record.attempts[0].duration_ns, "refused"),)


@pytest.mark.parametrize("status", [500, 503])
async def test_a_retry_after_that_nobody_can_wait_for_is_not_believed(gateway: Gateway, origin: Origin, status: int):
    client = await gateway.client()
    await client.ask(ASK)
    (await origin.visit()).write(whole(REFUSAL, status, "application/json", "retry-after: " + "9" * 400))
    answer = await client.answer()
    assert answer.status in (502, 503)
    assert b"retry-after" not in answer.headers
    assert (await gateway.record()).outcome == "provider_failed"
