"""What a client sees where a name leads to several targets: who is asked, who answers, what the record says of it."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.config.routes import AbilitySettings, ApiKeySettings, RouteSettings, TargetSettings
from gossamer.config.upstreams import AzureProvider, TimeoutSettings
from gossamer.config.usage import PriceSettings
from gossamer.core.record import Attempt
from gossamer.feed.messages import RouteGrant, Routes
from gossamer.policy.circuit import FIRST_PAUSE_S, LEAST_SAMPLES, PROBES
from gossamer.providers.ways import Ways
from tests.wire.conftest import bound_socket
from tests.wire.delivery.gateway import (
    ASK,
    DONE,
    END,
    STREAM,
    STREAM_HEAD,
    TOKEN,
    Origin,
    chunk,
    whole,
    word,
)
from tests.wire.delivery.routes import Open, both, provider, said, settings_of

ANSWER = b'{"id":"c1","usage":{"prompt_tokens":7,"completion_tokens":3}}'
REFUSAL = b'{"error":{"message":"No such luck"}}'
FORM = "content-type: multipart/form-data; boundary=b"


# --- which failures go on ---


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 502, 503, 504, 529])
async def test_what_another_target_may_mend_goes_on_to_it(opened: Open, origins: tuple[Origin, Origin], status: int):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, status))
    visit = await origins[1].visit()
    assert msgspec.json.decode(visit.body)["model"] == "two"
    visit.write(whole(ANSWER))
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, ANSWER)
    assert answer.headers[b"x-gossamer-target"] == b"b/two"
    assert answer.headers[b"x-gossamer-attempts"] == b"2"
    record = await gateway.record()
    assert (record.outcome, record.status, record.target, record.error) == ("completed", 200, "b/two", None)
    assert [(one.target, one.status, one.error) for one in record.attempts] == [
        ("a/one", status, "refused"),
        ("b/two", 200, None),
    ]
    assert all(one.duration_ns > 0 for one in record.attempts)


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
async def test_what_the_caller_has_to_mend_is_asked_of_nobody_else(
    opened: Open, origins: tuple[Origin, Origin], status: int
):
    gateway = await opened(both(origins, retries=3))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, status))
    answer = await client.answer()
    assert (answer.status, answer.body) == (status, REFUSAL)
    assert answer.headers[b"x-gossamer-attempts"] == b"1"
    record = await gateway.record()
    assert (record.outcome, record.error) == ("completed", "provider_refused")
    assert [(one.target, one.status) for one in record.attempts] == [("a/one", status)]
    assert origins[1].accepted == 0


@pytest.mark.parametrize("way", ["reset", "silence", "half of an answer", "no HTTP"])
async def test_an_answer_that_does_not_come_whole_is_asked_for_elsewhere(
    opened: Open, origins: tuple[Origin, Origin], way: str
):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(ASK)
    visit = await origins[0].visit()
    if way == "reset":
        visit.reset()
    elif way == "half of an answer":
        visit.write(whole(ANSWER)[:-5])
        visit.close()
    elif way == "no HTTP":
        visit.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    (await origins[1].visit()).write(whole(ANSWER))
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, ANSWER)
    record = await gateway.record()
    assert [(one.target, one.status) for one in record.attempts] == [("a/one", 0), ("b/two", 200)]
    assert record.cost_nanos is None


async def test_nobody_listening_is_found_out_without_a_wait(opened: Open, origins: tuple[Origin, Origin]):
    with bound_socket() as nobody:
        providers = {"a": provider(nobody.getsockname()[1]), "b": provider(origins[1].port)}
        gateway = await opened(settings_of(providers, RouteSettings(targets=("a/one", "b/two"))))
        client = await gateway.client()
        await client.ask(ASK)
        (await origins[1].visit()).write(whole(ANSWER))
        assert (await client.answer()).status == 200
        record = await gateway.record()
        assert "refused" in str(record.attempts[0].error)


async def test_a_stream_goes_on_before_its_first_byte_and_never_after(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(STREAM)
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    visit = await origins[1].visit()
    visit.write(STREAM_HEAD, chunk(word("a")))
    head = await client.head()
    assert (head.status, head.headers[b"x-gossamer-attempts"]) == (200, b"2")
    await client.until(word("a") + b"\r\n")
    visit.close()
    rest = await client.until(b"\n\n\r\n")
    assert b'"code":"provider_unavailable"' in rest
    record = await gateway.record()
    assert (record.outcome, record.target) == ("stream_broken", "b/two")
    assert [one.target for one in record.attempts] == ["a/one", "b/two"]


async def test_a_stream_of_the_second_target_is_whole(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(STREAM)
    (await origins[0].visit()).write(whole(REFUSAL, 503))
    (await origins[1].visit()).write(STREAM_HEAD, chunk(word("a")), chunk(DONE), END)
    answer = await client.answer()
    assert answer.body == word("a") + DONE
    assert (await gateway.record()).outcome == "completed"


# --- all failed ---


async def test_where_all_failed_the_error_tells_of_each(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    (await origins[1].visit()).reset()
    answer = await client.answer()
    error = said(answer.body)
    assert (answer.status, error["code"]) == (502, "provider_unavailable")
    assert [(one["target"], one["status"]) for one in error["attempts"]] == [("a/one", 500), ("b/two", None)]
    assert answer.headers[b"x-gossamer-attempts"] == b"2"
    record = await gateway.record()
    assert (record.outcome, record.status, len(record.attempts)) == ("provider_failed", 502, 2)


@pytest.mark.parametrize(
    ("failures", "status", "code"),
    [
        ((429, 500), 503, "provider_unavailable"),
        ((500, 503), 503, "provider_unavailable"),
        ((401, 401), 502, "provider_unavailable"),
        ((500, None), 504, "provider_timeout"),
    ],
)
async def test_the_most_telling_failure_is_the_answer(
    opened: Open, origins: tuple[Origin, Origin], failures: tuple[int | None, ...], status: int, code: str
):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(ASK)
    for origin, failure in zip(origins, failures, strict=True):
        visit = await origin.visit()
        if failure is not None:
            visit.write(whole(REFUSAL, failure))
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (status, code)


async def test_the_messages_dialect_tells_of_each_as_well(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(ASK, "/v1/messages")
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    (await origins[1].visit()).write(whole(REFUSAL, 502))
    answer = await client.answer()
    error = said(answer.body)
    assert (error["type"], [one["status"] for one in error["attempts"]]) == ("api_error", [500, 502])


# --- the same target again ---


async def test_a_target_is_tried_again_where_the_route_says_so(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(settings_of({"a": provider(origins[0].port)}, RouteSettings(targets=("a/one",), retries=1)))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    (await origins[0].visit()).write(whole(ANSWER))
    answer = await client.answer()
    assert (answer.status, answer.headers[b"x-gossamer-attempts"]) == (200, b"2")
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    assert (await client.answer()).status == 502
    assert [one.status for one in (await gateway.record(2)).attempts] == [500, 500]


async def test_without_retries_what_may_have_been_paid_for_is_not_asked_for_twice(
    opened: Open, origins: tuple[Origin, Origin]
):
    gateway = await opened(settings_of({"a": provider(origins[0].port)}, RouteSettings(targets=("a/one",))))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    answer = await client.answer()
    assert (answer.status, answer.headers[b"x-gossamer-attempts"]) == (502, b"1")
    assert "attempts" not in said(answer.body)


async def test_retry_after_is_waited_for(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(settings_of({"a": provider(origins[0].port)}, RouteSettings(targets=("a/one",), retries=1)))
    client = await gateway.client()
    loop = asyncio.get_running_loop()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 429, "application/json", "retry-after: 1"))
    began = loop.time()
    (await origins[0].visit()).write(whole(ANSWER))
    assert loop.time() - began >= 0.95  # the provider's word, not a measure of our speed
    assert (await client.answer()).status == 200


async def test_a_retry_after_beyond_the_deadline_means_the_next_target_at_once(
    opened: Open, origins: tuple[Origin, Origin]
):
    gateway = await opened(both(origins, retries=3, deadline_s=5.0))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 429, "application/json", "retry-after: 60"))
    (await origins[1].visit()).write(whole(ANSWER))
    assert (await client.answer()).status == 200


async def test_where_nobody_else_is_the_providers_429_goes_through(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(settings_of({"a": provider(origins[0].port)}, RouteSettings(targets=("a/one",), retries=1)))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 429, "application/json", "retry-after: 60"))
    answer = await client.answer()
    assert (answer.status, answer.body, answer.headers[b"retry-after"]) == (429, REFUSAL, b"60")


# --- the deadline ---


async def test_the_deadline_ends_all_attempts_together(opened: Open, origins: tuple[Origin, Origin]):
    patient = [replace(provider(each.port), timeouts=TimeoutSettings(first_byte_s=1.0)) for each in origins]
    route = RouteSettings(targets=("a/one", "b/two"), deadline_s=1.4)
    gateway = await opened(settings_of(dict(zip("ab", patient, strict=True)), route))
    client = await gateway.client()
    await client.ask(ASK)
    visits = [await origins[0].visit(), await origins[1].visit()]
    answer = await client.answer()
    error = said(answer.body)
    assert (answer.status, error["code"], len(error["attempts"])) == (504, "provider_timeout", 2)
    assert "1.4 s" in error["message"]
    for visit in visits:
        await visit.ends()
    record = await gateway.record()
    assert (record.outcome, [one.target for one in record.attempts]) == ("provider_failed", ["a/one", "b/two"])
    way = gateway._worker._door.services.router.target_of("alias")
    assert isinstance(way, Ways)
    failures = [sum(candidate.health.circuit._bad) for group in way._groups for candidate in group.candidates]
    assert failures == [1, 0], "the second had no fair chance, and nothing is said of it"


async def test_a_stream_that_has_begun_is_not_ended_by_the_deadline(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins, deadline_s=0.2))
    client = await gateway.client()
    await client.ask(STREAM)
    visit = await origins[0].visit()
    visit.write(STREAM_HEAD, chunk(word("a")))
    await client.until(word("a"))
    await asyncio.sleep(0.25)
    visit.write(chunk(DONE), END)
    await client.until(DONE)
    assert (await gateway.record()).outcome == "completed"


@pytest.mark.parametrize("order", [("a/one", "az/no such"), ("az/no such", "a/one")], ids=["after", "before"])
async def test_a_target_whose_name_cannot_be_said_there_is_passed_over(
    opened: Open, origins: tuple[Origin, Origin], order: tuple[str, str]
):
    """At Azure the model is part of a path."""
    azure = AzureProvider(base_url=f"http://127.0.0.1:{origins[1].port}", api_keys=("sk-az",), api_version="2024-10-21")
    providers = {"a": provider(origins[0].port), "az": azure}
    gateway = await opened(settings_of(providers, RouteSettings(targets=order)))  # type: ignore[arg-type]
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    assert (await client.answer()).status == 502


# --- a client that leaves ---


async def test_a_client_that_leaves_in_the_second_attempt_is_heard_there(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    visit = await origins[1].visit()
    client.close()
    await visit.ends()
    record = await gateway.record()
    assert (record.outcome, record.status) == ("client_gone", 499)
    assert [(one.target, one.error) for one in record.attempts] == [
        ("a/one", "refused"),
        ("b/two", "cancelled: the client left"),
    ]


async def test_a_client_that_leaves_in_a_pause_is_not_asked_for_any_more(opened: Open, origins: tuple[Origin, Origin]):
    route = RouteSettings(targets=("a/one",), retries=1)
    prices = {"a/one": PriceSettings(input_picos=1_000_000, request_nanos=5)}
    gateway = await opened(settings_of({"a": provider(origins[0].port)}, route, prices=prices))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 429, "application/json", "retry-after: 1"))
    await asyncio.sleep(0.05)
    client.close()
    record = await gateway.record()
    assert (record.outcome, record.status) == ("client_gone", 499)
    assert record.cost_nanos == 0, "nobody generated anything"
    assert [(one.status, one.error) for one in record.attempts] == [(429, "refused")]
    await asyncio.sleep(1.1)
    assert origins[0].accepted == 1
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await origins[0].visit()


# --- uploads ---


async def test_an_upload_of_which_nothing_was_sent_goes_on(opened: Open, origins: tuple[Origin, Origin]):
    with bound_socket() as nobody:
        providers = {"a": provider(nobody.getsockname()[1]), "b": provider(origins[1].port)}
        gateway = await opened(settings_of(providers, RouteSettings(targets=("a/one", "b/two"))))
        client = await gateway.client()
        form = b'--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nalias\r\n--b--\r\n'
        head = f"POST /v1/audio/transcriptions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\n{FORM}\r\n"
        await client.send(f"{head}content-length: {len(form)}\r\n\r\n".encode() + form[:-5])
        await asyncio.sleep(0.05)
        await client.send(form[-5:])
        visit = await origins[1].visit()
        assert b"\r\n\r\ntwo\r\n--b--" in visit.body
        visit.write(whole(ANSWER))
        assert (await client.answer()).status == 200


async def test_an_upload_of_which_something_was_sent_is_not_sent_twice(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins))
    client = await gateway.client()
    form = b'--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nalias\r\n--b--\r\n'
    head = f"POST /v1/audio/transcriptions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\n{FORM}\r\n"
    await client.send(f"{head}content-length: {len(form)}\r\n\r\n".encode() + form[:-5])
    await asyncio.sleep(0.05)
    await client.send(form[-5:])
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    answer = await client.answer()
    assert (answer.status, answer.headers[b"x-gossamer-attempts"]) == (502, b"1")
    assert origins[1].accepted == 0


# --- circuits ---


async def test_a_target_that_nobody_listens_at_is_no_longer_asked(opened: Open, origins: tuple[Origin, Origin]):
    with bound_socket() as nobody:
        providers = {"a": provider(nobody.getsockname()[1]), "b": provider(origins[1].port)}
        gateway = await opened(settings_of(providers, RouteSettings(targets=("a/one", "b/two"))))
        client = await gateway.client()
        attempts = []
        for _ in range(7):
            await client.ask(ASK)
            (await origins[1].visit()).write(whole(ANSWER))
            attempts.append(int((await client.answer()).headers[b"x-gossamer-attempts"]))
        assert attempts == [2, 2, 2, 2, 2, 1, 1]


async def test_where_all_circuits_are_open_it_is_said_at_once(opened: Open, origins: tuple[Origin, Origin]):
    with bound_socket() as nobody:
        providers = {"a": provider(nobody.getsockname()[1])}
        gateway = await opened(settings_of(providers, RouteSettings(targets=("a/one",))))
        client = await gateway.client()
        for _ in range(5):
            await client.ask(ASK)
            assert (await client.answer()).status == 502
        await client.ask(ASK)
        answer = await client.answer()
        assert (answer.status, said(answer.body)["code"]) == (503, "provider_unavailable")
        assert int(answer.headers[b"retry-after"]) >= 1
        assert b"x-gossamer-target" not in answer.headers
    assert origins[0].accepted == 0


async def test_a_plain_alias_has_no_circuit(opened: Open):
    with bound_socket() as nobody:
        gateway = await opened(settings_of({"a": provider(nobody.getsockname()[1])}, "a/one"))
        client = await gateway.client()
        for _ in range(12):
            await client.ask(ASK)
            answer = await client.answer()
            assert (answer.status, answer.headers[b"x-gossamer-attempts"]) == (502, b"1")


async def test_a_stream_that_begins_tells_that_its_target_is_back(opened: Open, origins: tuple[Origin, Origin]):
    """Answers may take minutes: whether a target is well again is not known at their end only."""
    gateway = await opened(both(origins))
    client = await gateway.client()
    for _ in range(LEAST_SAMPLES):
        await client.ask(ASK)
        (await origins[0].visit()).write(whole(REFUSAL, 500))
        (await origins[1].visit()).write(whole(ANSWER))
        await client.answer()
    await client.ask(ASK)
    (await origins[1].visit()).write(whole(ANSWER))
    assert (await client.answer()).headers[b"x-gossamer-attempts"] == b"1", "its circuit is open"
    await asyncio.sleep(FIRST_PAUSE_S)
    for _ in range(PROBES + 1):
        reader = await gateway.client()
        await reader.ask(STREAM)
        (await origins[0].visit()).write(STREAM_HEAD, chunk(word("a")))
        await reader.until(word("a"))


# --- keys ---


async def test_keys_take_turns(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(settings_of({"a": provider(origins[0].port, "sk-1", "sk-2")}, "a/one"))
    client = await gateway.client()
    seen = []
    for _ in range(4):
        await client.ask(ASK)
        visit = await origins[0].visit()
        seen.append(visit.head.partition(b"authorization: Bearer ")[2].partition(b"\r\n")[0])
        visit.write(whole(ANSWER))
        assert (await client.answer()).headers[b"x-gossamer-attempts"] == b"1"
    assert seen == [b"sk-1", b"sk-2", b"sk-1", b"sk-2"]


@pytest.mark.parametrize("asked", ["alias", "a/one"])
async def test_a_429_brings_the_next_key_and_rests_the_one_before(
    opened: Open, origins: tuple[Origin, Origin], asked: str
):
    gateway = await opened(settings_of({"a": provider(origins[0].port, "sk-1", "sk-2")}, "a/one"))
    client = await gateway.client()
    await client.ask({**ASK, "model": asked})
    visit = await origins[0].visit()
    assert b"Bearer sk-1\r\n" in visit.head
    visit.write(whole(REFUSAL, 429, "application/json", "retry-after: 30"))
    visit = await origins[0].visit()
    assert b"Bearer sk-2\r\n" in visit.head
    visit.write(whole(ANSWER))
    answer = await client.answer()
    assert (answer.status, answer.headers[b"x-gossamer-attempts"]) == (200, b"2")
    for _ in range(2):
        await client.ask({**ASK, "model": asked})
        visit = await origins[0].visit()
        assert b"Bearer sk-2\r\n" in visit.head
        visit.write(whole(ANSWER))
        assert (await client.answer()).status == 200


async def test_a_key_that_is_refused_brings_the_next_one(opened: Open, origins: tuple[Origin, Origin]):
    """One key of several was revoked: no caller has to hear of it."""
    gateway = await opened(settings_of({"a": provider(origins[0].port, "sk-1", "sk-2")}, "a/one"))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 401))
    visit = await origins[0].visit()
    assert b"Bearer sk-2\r\n" in visit.head
    visit.write(whole(ANSWER))
    assert (await client.answer()).status == 200


async def test_where_no_key_is_good_that_is_said(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(settings_of({"a": provider(origins[0].port, "sk-1", "sk-2")}, "a/one"))
    client = await gateway.client()
    await client.ask(ASK)
    for _ in range(2):
        (await origins[0].visit()).write(whole(REFUSAL, 401))
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (502, "provider_auth")


async def test_where_every_key_is_refused_the_providers_word_goes_through(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(settings_of({"a": provider(origins[0].port, "sk-1", "sk-2")}, "a/one"))
    client = await gateway.client()
    await client.ask(ASK)
    for _ in range(2):
        (await origins[0].visit()).write(whole(REFUSAL, 429, "application/json", "retry-after: 0"))
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (503, "provider_unavailable")
    assert [one.status for one in (await gateway.record()).attempts] == [429, 429]


async def test_a_key_that_has_had_its_limit_is_passed_over(opened: Open, origins: tuple[Origin, Origin]):
    keys = (ApiKeySettings(key="sk-1", requests=1), "sk-2")
    gateway = await opened(settings_of({"a": provider(origins[0].port, *keys)}, "a/one"))
    client = await gateway.client()
    seen = []
    for _ in range(4):
        await client.ask(ASK)
        visit = await origins[0].visit()
        seen.append(visit.head.partition(b"authorization: Bearer ")[2].partition(b"\r\n")[0])
        visit.write(whole(ANSWER))
        await client.answer()
    assert seen == [b"sk-1", b"sk-2", b"sk-2", b"sk-2"]


# --- what only some can do ---

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 400_000}}


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        (ASK, 0),
        ({**ASK, "messages": [{"role": "user", "content": [PICTURE]}]}, 1),
        ({**ASK, "tools": [{"type": "function", "function": {"name": "f"}}]}, 1),
        ({**ASK, "messages": [{"role": "user", "content": "a" * 8000}]}, 1),
        ({**ASK, "max_tokens": 1100}, 1),
        ({**ASK, "messages": [{"role": "user", "content": 'about "tools" and "image_url"'}]}, 0),
    ],
    ids=["plain", "image", "tools", "long question", "long answer", "words in text"],
)
async def test_a_target_is_not_asked_for_what_it_cannot_do(
    opened: Open, origins: tuple[Origin, Origin], asked: object, answers: int
):
    small = AbilitySettings(context=1000, vision=False, tools=False)
    providers = {"a": provider(origins[0].port, one=small), "b": provider(origins[1].port)}
    gateway = await opened(settings_of(providers, RouteSettings(targets=("a/one", "b/two"))))
    client = await gateway.client()
    await client.ask(asked)
    (await origins[answers].visit()).write(whole(ANSWER))
    assert (await client.answer()).headers[b"x-gossamer-attempts"] == b"1"


@pytest.mark.parametrize("tools", [False, True], ids=["they differ", "they are alike"])
async def test_what_no_target_can_do_is_refused_by_its_name(opened: Open, origins: tuple[Origin, Origin], tools: bool):
    providers = {
        "a": provider(origins[0].port, one=AbilitySettings(vision=False, tools=tools)),
        "b": provider(origins[1].port, two=AbilitySettings(vision=False)),
    }
    gateway = await opened(settings_of(providers, RouteSettings(targets=("a/one", "b/two"))))
    client = await gateway.client()
    await client.ask({**ASK, "messages": [{"role": "user", "content": [PICTURE]}]})
    answer = await client.answer()
    assert (answer.status, said(answer.body)["code"]) == (400, "invalid_request")
    assert "images" in said(answer.body)["message"]


async def test_a_request_too_long_for_all_goes_to_the_largest(opened: Open, origins: tuple[Origin, Origin]):
    providers = {
        "a": provider(origins[0].port, one=AbilitySettings(context=10)),
        "b": provider(origins[1].port, two=AbilitySettings(context=20)),
    }
    gateway = await opened(settings_of(providers, RouteSettings(targets=("a/one", "b/two"))))
    client = await gateway.client()
    await client.ask(ASK | {"max_tokens": 100})
    (await origins[1].visit()).write(whole(ANSWER))
    assert (await client.answer()).status == 200


# --- strategies, and who pays ---


async def test_the_turn_goes_round(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins, strategy="round-robin"))
    client = await gateway.client()
    answered = []
    for place in (0, 1, 0, 1):
        await client.ask(ASK)
        (await origins[place].visit()).write(whole(ANSWER))
        answered.append((await client.answer()).headers[b"x-gossamer-target"])
    assert answered == [b"a/one", b"b/two", b"a/one", b"b/two"]


async def test_a_session_stays_where_it_is(opened: Open, origins: tuple[Origin, Origin]):
    gateway = await opened(both(origins, strategy="round-robin", sticky="session"))
    client = await gateway.client()
    answered: dict[str, set[bytes]] = {}
    for number in range(12):
        session = f"s{number % 4}"
        await client.ask(ASK, "/v1/chat/completions", f"x-session-id: {session}")
        waiting = [asyncio.create_task(origin.visit()) for origin in origins]
        done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        done.pop().result().write(whole(ANSWER))
        answered.setdefault(session, set()).add((await client.answer()).headers[b"x-gossamer-target"])
    assert all(len(targets) == 1 for targets in answered.values())


async def test_lower_priorities_come_first_whatever_the_strategy(opened: Open, origins: tuple[Origin, Origin]):
    targets = (TargetSettings(target="a/one", priority=1), TargetSettings(target="b/two"))
    providers = {"a": provider(origins[0].port), "b": provider(origins[1].port)}
    gateway = await opened(settings_of(providers, RouteSettings(targets=targets, strategy="least-busy")))
    client = await gateway.client()
    for _ in range(3):
        await client.ask(ASK)
        (await origins[1].visit()).write(whole(ANSWER))
        assert (await client.answer()).headers[b"x-gossamer-target"] == b"b/two"
    await client.ask(ASK)
    (await origins[1].visit()).write(whole(REFUSAL, 500))
    (await origins[0].visit()).write(whole(ANSWER))
    assert (await client.answer()).headers[b"x-gossamer-target"] == b"a/one"


async def test_the_price_is_that_of_the_target_that_answered(opened: Open, origins: tuple[Origin, Origin]):
    prices = {"a/one": PriceSettings(request_nanos=1000), "b/two": PriceSettings(request_nanos=7)}
    providers = {"a": provider(origins[0].port), "b": provider(origins[1].port)}
    gateway = await opened(settings_of(providers, RouteSettings(targets=("a/one", "b/two")), prices=prices))
    client = await gateway.client()
    await client.ask(ASK)
    (await origins[0].visit()).write(whole(REFUSAL, 500))
    (await origins[1].visit()).write(whole(ANSWER))
    await client.answer()
    record = await gateway.record()
    assert (record.target, record.cost_nanos) == ("b/two", 7)
    assert all(isinstance(one, Attempt) for one in record.attempts)


# --- routes of the store ---


async def test_a_stored_route_is_in_force_when_it_is_heard_of_and_overrides_no_name_of_the_file(
    opened: Open, origins: tuple[Origin, Origin]
):
    providers = {"a": provider(origins[0].port), "b": provider(origins[1].port)}
    gateway = await opened(settings_of(providers, "a/one"))
    client = await gateway.client()
    await client.ask({**ASK, "model": "tier"})
    assert (await client.answer()).status == 404
    to_b = RouteGrant(targets=(("b/two", 1, 0),))
    gone = RouteGrant(targets=(("nobody/two", 1, 0),))
    gateway.identity.routes.answered(Routes(0, 1, {"tier": to_b, "alias": to_b, "gone": gone}))
    for model, place in (("tier", 1), ("alias", 0)):
        await client.ask({**ASK, "model": model})
        (await origins[place].visit()).write(whole(ANSWER))
        assert (await client.answer()).status == 200
    await client.ask({**ASK, "model": "gone"})
    assert (await client.answer()).status == 404
    gateway.reload(settings_of(providers, "a/one"))
    await client.ask({**ASK, "model": "tier"})
    (await origins[1].visit()).write(whole(ANSWER))
    assert (await client.answer()).status == 200, "a reload keeps it"
