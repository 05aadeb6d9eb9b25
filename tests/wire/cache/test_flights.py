"""Equal requests under way share one call: what each of them gets, and what becomes of it when somebody goes."""

import asyncio

import pytest

from gossamer.config.cache import CacheSettings
from gossamer.core.record import Record
from gossamer.delivery.passenger import Passenger
from tests.wire.cache.answers import STREAM_BODY, STREAM_WITH_USAGE, USED, WORDS, completion, stream, tell
from tests.wire.cache.conftest import Open
from tests.wire.conftest import eventually
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
    whole,
)

WITH_USAGE = {**STREAM, "stream_options": {"include_usage": True}}


async def asked(gateway: Gateway, count: int, body: object = ASK) -> list[Client]:
    """So many clients, each with the same question under way."""
    clients = [await gateway.client() for _ in range(count)]
    for client in clients:
        await client.ask(body)
    await asyncio.sleep(0.05)  # for all of them to be read; nothing is answered before the test says so
    return clients


async def test_equal_requests_under_way_are_one_call(gateway: Gateway, origin: Origin):
    clients = await asked(gateway, 1000)
    visit = await origin.visit()
    await eventually(lambda: gateway.server.in_flight == 1000)
    tell(visit)
    answers = [await client.answer() for client in clients]
    assert {answer.body for answer in answers} == {completion()}
    assert [answer.headers[b"x-gossamer-cache"] for answer in answers] == [b"miss"] + [b"hit-l1"] * 999
    assert {answer.headers[b"x-gossamer-target"] for answer in answers} == {b"local/real"}
    await gateway.record(1000)
    tiers = [record.cache.tier for record in gateway.records.all if record.cache is not None]
    assert sorted(tiers) == ["flight"] * 999 + ["miss"]
    assert {record.finish for record in gateway.records.all} == {"end"}
    assert [record.usage is None for record in gateway.records.all].count(True) == 999
    assert origin.accepted == 1


ERROR = b'{"error":{"message":"no"}}'


@pytest.mark.parametrize("status", [200, 400, 502])
async def test_a_failure_is_shared_as_what_it_is(gateway: Gateway, origin: Origin, status: int):
    first, second = await asked(gateway, 2)
    (await origin.visit()).write(whole(ERROR, status))
    answers = [await client.answer() for client in (first, second)]
    assert answers[0].status == answers[1].status
    for name in (b"x-gossamer-cache", b"x-gossamer-target"):
        assert answers[0].headers[name] == answers[1].headers[name]
    await gateway.record(2)
    assert len({record.outcome for record in gateway.records.all}) == 1
    assert all(record.error is not None for record in gateway.records.all)


async def test_an_error_with_a_good_status_is_a_failure_to_those_who_retry(opened: Open, origin: Origin):
    gateway = await opened(CacheSettings(enabled=True, failures="retry"))
    first, second = await asked(gateway, 2)
    (await origin.visit()).write(whole(ERROR))
    assert (await first.answer()).body == ERROR
    tell(await origin.visit())
    assert (await second.answer()).body == completion()


async def test_a_stream_that_tells_of_an_error_is_a_failure_in_every_record(gateway: Gateway, origin: Origin):
    first, second = await asked(gateway, 2, STREAM)
    events = (WORDS[0], b"data: %b\n\n" % ERROR, DONE)
    (await origin.visit()).write(STREAM_HEAD, *map(chunk, events), END)
    for client in (first, second):
        await client.head()
        assert await client.chunked_body() == b"".join(events)
    await gateway.record(2)
    assert {(record.outcome, record.error) for record in gateway.records.all} == {("provider_failed", "no")}


async def test_what_others_waited_for_is_no_overhead_of_theirs(gateway: Gateway, origin: Origin):
    clients = await asked(gateway, 2)
    visit = await origin.visit()
    await asyncio.sleep(0.2)
    tell(visit)
    for client in clients:
        await client.answer()
    record = await gateway.record(2)
    assert record.cache is not None
    assert record.cache.tier == "flight"
    assert record.overhead_ns < record.total_ns / 2


async def test_a_follower_of_a_stream_gets_every_byte_from_the_beginning(gateway: Gateway, origin: Origin):
    leader = await gateway.client()
    await leader.ask(STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(WORDS[0]))
    await leader.head()
    assert await leader.until(b"\n\n\r\n")
    follower, curious, patient = [await gateway.client() for _ in range(3)]
    await follower.ask(STREAM)
    assert (await follower.head()).headers[b"x-gossamer-cache"] == b"hit-l1"
    await curious.ask(WITH_USAGE)
    await curious.head()
    await patient.ask(ASK)
    visit.write(*(chunk(each) for each in (WORDS[1], WORDS[2], USED, DONE)), END)
    assert await follower.chunked_body() == STREAM_BODY
    assert await curious.chunked_body() == STREAM_WITH_USAGE
    said = await patient.answer()
    assert (said.status, b'"Paris"' in said.body) == (200, True)
    assert origin.accepted == 1
    await gateway.record(4)
    assert [record.finish for record in gateway.records.all] == ["end"] * 4


async def test_a_stream_goes_on_for_the_others_when_its_leader_leaves(gateway: Gateway, origin: Origin):
    leader, follower = await asked(gateway, 2, STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(WORDS[0]))
    await leader.head()
    await follower.head()
    leader.close()
    await asyncio.sleep(0.05)
    visit.write(*(chunk(each) for each in (WORDS[1], WORDS[2], USED, DONE)), END)
    assert await follower.chunked_body() == STREAM_BODY
    await gateway.record(2)
    first = next(record for record in gateway.records.all if record.cache and record.cache.tier == "miss")
    assert first.cache is not None
    assert first.cache.left
    assert first.usage is not None
    later = await gateway.client()
    await later.ask(STREAM)
    assert (await later.answer()).body == STREAM_BODY


async def test_a_whole_answer_reaches_the_others_when_its_leader_has_left(gateway: Gateway, origin: Origin):
    leader, follower = await asked(gateway, 2)
    visit = await origin.visit()
    leader.close()
    await asyncio.sleep(0.05)
    tell(visit)
    assert (await follower.answer()).body == completion()
    await gateway.record(2)
    assert origin.accepted == 1


async def test_when_all_have_left_the_call_is_cut(gateway: Gateway, origin: Origin):
    clients = await asked(gateway, 3)
    visit = await origin.visit()
    for client in clients:
        client.close()
    await visit.ends()
    await gateway.record(3)
    assert {(record.outcome, record.status) for record in gateway.records.all} == {("client_gone", 499)}


async def test_who_leaves_a_flight_is_missed_by_nobody(gateway: Gateway, origin: Origin):
    leader, follower, other = await asked(gateway, 3)
    visit = await origin.visit()
    follower.close()
    await gateway.record(1)
    tell(visit)
    assert (await leader.answer()).status == (await other.answer()).status == 200
    assert [record.outcome for record in gateway.records.all] == ["client_gone", "completed", "completed"]


async def test_all_get_the_error_of_the_call_that_they_share(gateway: Gateway, origin: Origin):
    clients = await asked(gateway, 3)
    (await origin.visit()).write(whole(b'{"error":{"message":"out of order"}}', 500))
    answers = [await client.answer() for client in clients]
    assert {answer.status for answer in answers} == {502}
    assert all(b"out of order" in answer.body for answer in answers)
    assert origin.accepted == 1


async def test_or_each_asks_for_itself(opened: Open, origin: Origin):
    gateway = await opened(CacheSettings(enabled=True, failures="retry"))
    clients = await asked(gateway, 3)
    (await origin.visit()).write(whole(b'{"error":{"message":"out of order"}}', 500))
    assert (await clients[0].answer()).status == 502
    for _ in clients[1:]:
        tell(await origin.visit())
    assert {(await client.answer()).status for client in clients[1:]} == {200}


async def test_a_stream_that_breaks_ends_the_same_for_all_who_had_begun(gateway: Gateway, origin: Origin):
    clients = await asked(gateway, 2, STREAM)
    (whole_one,) = await asked(gateway, 1, ASK)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(WORDS[0]))
    for client in clients:
        await client.head()
    visit.reset()
    bodies = [await client.rest() for client in clients]
    assert bodies[0] == bodies[1]
    assert b'"error"' in bodies[0]
    assert (await whole_one.answer()).status == 502
    await gateway.record(3)
    assert sorted(record.outcome for record in gateway.records.all) == [
        "provider_failed",
        "stream_broken",
        "stream_broken",
    ]


async def test_what_grows_too_large_goes_on_and_is_not_kept(opened: Open, origin: Origin):
    gateway = await opened(CacheSettings(enabled=True, max_bytes=len(WORDS[0]) + 10))
    clients = await asked(gateway, 2, STREAM)
    (whole_one,) = await asked(gateway, 1, ASK)
    stream(await origin.visit())
    for client in clients:
        await client.head()
        assert await client.chunked_body() == STREAM_BODY
    tell(await origin.visit())
    assert (await whole_one.answer()).status == 200
    await clients[0].ask(STREAM)
    stream(await origin.visit())
    await clients[0].head()
    await clients[0].chunked_body()


async def test_a_pipelined_question_is_answered_behind_its_own_answer(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK)
    await client.ask(ASK)
    tell(await origin.visit())
    assert (await client.answer()).headers[b"x-gossamer-cache"] == b"miss"
    assert (await client.answer()).headers[b"x-gossamer-cache"] == b"hit-l1"


@pytest.mark.parametrize("body", [ASK, STREAM])
async def test_a_refreshing_request_shares_nothing_that_was_begun_before(
    gateway: Gateway, origin: Origin, body: object
):
    (first,) = await asked(gateway, 1)
    old = await origin.visit()
    fresh = await gateway.client()
    await fresh.ask(ASK, "/v1/chat/completions", "cache-control: no-cache")
    new = await origin.visit()
    tell(new, "new")
    assert b"new" in (await fresh.answer()).body
    tell(old, "old")
    assert b"old" in (await first.answer()).body
    await first.ask(body)
    again = await first.answer()
    assert (again.headers[b"x-gossamer-cache"], b"new" in again.body) == (b"hit-l1", True)


async def test_a_slow_follower_holds_up_nobody(gateway: Gateway, origin: Origin):
    """It reads nothing until the others are done; then it gets all."""
    words = [b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % (b"x" * 50_000) for _ in range(15)]
    leader, slow = await asked(gateway, 2, STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, *(chunk(each) for each in words), chunk(WORDS[2]), chunk(DONE), END)
    await leader.head()
    expected = b"".join((*words, WORDS[2], DONE))
    assert await leader.chunked_body() == expected
    await slow.head()
    assert await slow.chunked_body() == expected
    await eventually(lambda: len(gateway.records.all) == 2)


@pytest.mark.parametrize("what", ["answer", "fail"])
async def test_a_defect_that_one_of_them_meets_is_kept_from_the_others(
    gateway: Gateway, origin: Origin, what: str, monkeypatch: pytest.MonkeyPatch
):
    clients = await asked(gateway, 4)
    visit = await origin.visit()
    act, calls = getattr(Passenger, what), iter(range(9))

    def broken_for_the_second(passenger: Passenger, *given: object) -> object:
        if next(calls) == 1:
            raise RuntimeError("a defect")
        return act(passenger, *given)

    monkeypatch.setattr(Passenger, what, broken_for_the_second)
    if what == "answer":
        tell(visit)
    else:
        visit.write(whole(b'{"error":{"message":"out of order"}}', 500))
    statuses = [(await client.answer()).status for client in clients]
    assert statuses == ([200, 200, 500, 200] if what == "answer" else [502, 502, 500, 502])
    assert origin.accepted == 1


async def test_who_has_its_record_and_no_answer_is_cut_off_and_the_others_are_not(
    gateway: Gateway, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    clients = await asked(gateway, 3)
    visit = await origin.visit()
    append, calls = gateway.records.append, iter(range(9))

    def broken_for_the_second(record: Record) -> None:
        if next(calls) == 1:
            raise RuntimeError("a defect")
        append(record)

    monkeypatch.setattr(gateway.records, "append", broken_for_the_second)
    tell(visit)
    assert (await clients[0].answer()).status == 200
    assert await clients[1].rest() == b""
    assert (await clients[2].answer()).status == 200
