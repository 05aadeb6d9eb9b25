"""A provider that says 200 and then an error: as long as the client was sent nothing, that is a failure like any."""

import asyncio

import pytest

from gossamer.config.routes import RouteSettings
from tests.wire.delivery.gateway import (
    ASK,
    DONE,
    END,
    STREAM,
    STREAM_HEAD,
    Client,
    Gateway,
    Origin,
    chunk,
    usage,
    whole,
    word,
)
from tests.wire.delivery.routes import Open, both, provider, said, settings_of

OVERLOADED = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
OF_MESSAGES = b"event: error\ndata: %b\n\n" % OVERLOADED
OF_CHAT = b'data: {"error":{"message":"Overloaded","code":529}}\n\n'
WRONG = b'data: {"error":{"message":"Too long","type":"invalid_request_error"}}\n\n'
PING = b'event: ping\ndata: {"type":"ping"}\n\n'
START = b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","role":"assistant","content":[]}}\n\n'
COMMENT = b": still thinking\n\n"
ANSWER = b'{"id":"c1","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}'


async def asked(gateway: Gateway, body: object = STREAM) -> Client:
    client = await gateway.client()
    await client.ask(body)
    return client


@pytest.mark.parametrize("event", [OF_MESSAGES, OF_CHAT, COMMENT + OF_CHAT, PING + OF_MESSAGES, START + OF_MESSAGES])
async def test_a_stream_that_begins_with_an_error_goes_on_elsewhere(
    opened: Open, origins: tuple[Origin, Origin], event: bytes
):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    (await origins[0].visit()).write(STREAM_HEAD, chunk(event), END)
    (await origins[1].visit()).write(STREAM_HEAD, chunk(word("a")), chunk(DONE), END)
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, word("a") + DONE)
    assert answer.headers[b"x-gossamer-target"] == b"b/two"
    assert answer.headers[b"x-gossamer-attempts"] == b"2"
    record = await gateway.record()
    assert (record.outcome, record.target) == ("completed", "b/two")
    assert [(one.target, one.status, one.error) for one in record.attempts] == [
        ("a/one", 200, "Overloaded"),
        ("b/two", 200, None),
    ]


@pytest.mark.parametrize("at", range(1, len(OF_CHAT)))
async def test_it_does_not_matter_in_which_pieces_it_comes(opened: Open, origins: tuple[Origin, Origin], at: int):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    visit = await origins[0].visit()
    visit.write(STREAM_HEAD, chunk(OF_CHAT[:at]))
    await asyncio.sleep(0)
    visit.write(chunk(OF_CHAT[at:]))
    (await origins[1].visit()).write(STREAM_HEAD, chunk(DONE), END)
    assert (await client.answer()).body == DONE


async def test_all_of_it_in_one_write(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    (await origins[0].visit()).write(whole(OF_CHAT + DONE, 200, "text/event-stream"))
    (await origins[1].visit()).write(whole(word("a") + DONE, 200, "text/event-stream"))
    assert (await client.answer()).body == word("a") + DONE


async def test_an_error_behind_a_word_passes_as_it_is(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    (await origins[0].visit()).write(STREAM_HEAD, chunk(word("a") + OF_CHAT), END)
    answer = await client.answer()
    assert answer.body == word("a") + OF_CHAT
    assert (await gateway.record()).outcome == "provider_failed"
    assert origins[1].accepted == 0


async def test_a_comment_alone_begins_the_stream_since_it_keeps_the_client(
    opened: Open, origins: tuple[Origin, Origin]
):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    visit = await origins[0].visit()
    visit.write(STREAM_HEAD, chunk(COMMENT))
    assert (await client.head()).status == 200
    await client.until(COMMENT + b"\r\n")
    visit.write(chunk(DONE), END)


async def test_what_the_caller_has_to_mend_passes_as_it_is(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    (await origins[0].visit()).write(STREAM_HEAD, chunk(WRONG), END)
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, WRONG)
    assert origins[1].accepted == 0


@pytest.mark.parametrize("way", ["nothing", "cut", "silence"])
async def test_a_stream_with_a_head_and_no_event_goes_on_elsewhere(
    opened: Open, origins: tuple[Origin, Origin], way: str
):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    visit = await origins[0].visit()
    visit.write(STREAM_HEAD)
    if way == "nothing":
        visit.write(END)
    elif way == "cut":
        visit.close()
    (await origins[1].visit()).write(STREAM_HEAD, chunk(word("a")), chunk(DONE), END)
    assert (await client.answer()).body == word("a") + DONE
    assert [one.target for one in (await gateway.record()).attempts] == ["a/one", "b/two"]


async def test_where_all_failed_inside_it_is_a_status_after_all(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    for origin in origins:
        (await origin.visit()).write(STREAM_HEAD, chunk(OF_CHAT), END)
    answer = await client.answer()
    error = said(answer.body)
    assert (answer.status, error["code"]) == (503, "provider_unavailable")
    assert error["message"].count("answered 200: Overloaded") == 2
    assert (await gateway.record()).outcome == "provider_failed"


@pytest.mark.parametrize(
    ("code", "status", "named"),
    [
        (b"401", 502, "provider_auth"),
        (b"429", 503, "provider_unavailable"),
        (b"500", 502, "provider_unavailable"),
        (b'"rate_limit_exceeded"', 503, "provider_unavailable"),
    ],
)
async def test_where_nobody_else_is_the_error_has_its_own_status(
    opened: Open, origins: tuple[Origin, Origin], code: bytes, status: int, named: str
):
    gateway = await opened(settings_of({"a": provider(origins[0].port)}, RouteSettings(targets=("a/one",))))
    client = await asked(gateway)
    event = b'data: {"error":{"message":"Not now","code":%b}}\n\n' % code
    (await origins[0].visit()).write(STREAM_HEAD, chunk(event), END)
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (status, named)
    assert "Not now." in said(answer.body)["message"]


async def test_the_client_that_leaves_before_the_first_event_ends_it(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    visit = await origins[0].visit()
    visit.write(STREAM_HEAD)
    await asyncio.sleep(0)
    client.close()
    await visit.ends()
    record = await gateway.record()
    assert (record.outcome, record.status) == ("client_gone", 499)
    assert origins[1].accepted == 0


async def test_the_wait_behind_a_head_is_the_providers(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await asked(gateway)
    visit = await origins[0].visit()
    visit.write(STREAM_HEAD)
    await asyncio.sleep(0.1)
    visit.write(chunk(word("a")), chunk(usage(1, 1)), chunk(DONE), END)
    await client.answer()
    assert (await gateway.record()).overhead_ns < 100_000_000  # all of what was waited for, had it been ours


# --- whole answers ---


@pytest.mark.parametrize("body", [OVERLOADED, b'{"error":{"message":"Overloaded","code":529},"user_id":"u"}'])
@pytest.mark.parametrize("in_pieces", [False, True])
async def test_a_body_that_is_an_error_goes_on_elsewhere(
    opened: Open, origins: tuple[Origin, Origin], body: bytes, in_pieces: bool
):
    gateway = await opened(both(origins))
    client = await asked(gateway, ASK)
    visit = await origins[0].visit()
    if in_pieces:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        visit.write(head, chunk(body[:9]), chunk(body[9:]), END)
    else:
        visit.write(whole(body))
    (await origins[1].visit()).write(whole(ANSWER))
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, ANSWER)
    assert [(one.target, one.error) for one in (await gateway.record()).attempts] == [
        ("a/one", "Overloaded"),
        ("b/two", None),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"c1","error":null}',
        b'{"id":"c1","choices":[],"error":{"message":"half of it"}}',
        b'{"id":"r1","status":"failed","output":[],"error":{"code":"server_error"}}',
        b'{"text":"an error"}',
    ],
)
async def test_what_is_an_answer_stays_one(opened: Open, origins: tuple[Origin, Origin], body: bytes):
    gateway = await opened(both(origins))
    client = await asked(gateway, ASK)
    (await origins[0].visit()).write(whole(body))
    assert (await client.answer()).body == body
    assert (await gateway.record()).outcome == "completed"


async def test_other_paths_have_objects_with_an_error(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(ASK, "/v1/fine_tuning/jobs")
    body = b'{"id":"ft1","object":"fine_tuning.job","error":{"code":"bad_file","message":"No"}}'
    (await origins[0].visit()).write(whole(body))
    assert (await client.answer()).body == body


async def test_without_a_route_it_passes_and_is_written_down(origin: Origin, gateway: Gateway):
    client = await asked(gateway, ASK)
    (await origin.visit()).write(whole(OVERLOADED))
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, OVERLOADED)
    record = await gateway.record()
    assert (record.outcome, record.status, record.error) == ("provider_failed", 200, "Overloaded")
