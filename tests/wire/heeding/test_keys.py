"""Requests with a key of their own: what the second one gets, and what the provider and the records see of it."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gossamer.cache.once.shelf import Found
from gossamer.config.cache import CacheSettings
from gossamer.config.idempotency import IdempotencySettings
from tests.wire.cache.answers import STREAM_BODY, completion, stream, tell
from tests.wire.conftest import Answer, eventually
from tests.wire.delivery.gateway import ASK, CHAT, STREAM, STREAM_HEAD, TOKEN, Client, Origin, chunk, whole, word
from tests.wire.heeding.conftest import Node, Open

KEY = "idempotency-key: 5f9c"
OTHER = {**ASK, "temperature": 1}


async def ask(client: Client, body: object = ASK, line: str = KEY, path: str = CHAT) -> Answer:
    await client.ask(body, path, line)
    return await client.answer()


async def paid(node: Node, origin: Origin, body: object = ASK, line: str = KEY) -> Answer:
    """The first request, which somebody answers."""
    client = await node.client()
    await client.ask(body, CHAT, line)
    tell(await origin.visit())
    return await client.answer()


def code(answer: Answer) -> str:
    said: str = msgspec.json.decode(answer.body)["error"]["code"]
    return said


def is_replayed(answer: Answer) -> bool:
    return answer.headers.get(b"idempotent-replayed") == b"true"


async def test_the_same_key_and_body_get_the_same_answer_and_nobody_is_asked(gateway: Node, origin: Origin):
    first = await paid(gateway, origin)
    again = await ask(await gateway.client())
    assert (again.status, again.body) == (first.status, first.body) == (200, completion())
    assert (is_replayed(first), is_replayed(again)) == (False, True)
    assert again.headers[b"x-gossamer-target"] == b"local/real"
    assert again.headers[b"content-type"] == first.headers[b"content-type"]
    assert origin.accepted == 1
    record = await gateway.record(2)
    assert record.cache is not None
    assert (record.cache.tier, record.usage, record.outcome, record.target) == (
        "idempotent", None, "completed", "local/real",
    )  # fmt: skip


async def test_who_sends_no_key_is_answered_anew(gateway: Node, origin: Origin):
    await paid(gateway, origin)
    client = await gateway.client()
    await client.ask(ASK)
    tell(await origin.visit(), "London")
    assert b"London" in (await client.answer()).body


@pytest.mark.parametrize("other", [OTHER, b" " + msgspec.json.encode(ASK)])
async def test_another_body_under_the_same_key_is_refused(gateway: Node, origin: Origin, other: object):
    await paid(gateway, origin)
    answer = await ask(await gateway.client(), other)
    assert (answer.status, code(answer)) == (422, "idempotency_key_reused")


async def test_another_agent_or_provider_or_query_is_another_request(gateway: Node, origin: Origin):
    await paid(gateway, origin)
    client = await gateway.client()
    await client.ask(ASK, CHAT + "?x=1", KEY)
    assert (await client.answer()).status == 422
    await client.ask(ASK, CHAT, KEY, "x-gossamer-provider: local")
    assert (await client.answer()).status == 422


async def test_the_same_key_on_another_path_is_another(gateway: Node, origin: Origin):
    await paid(gateway, origin)
    client = await gateway.client()
    await client.ask({"model": "alias", "input": "hi"}, "/v1/embeddings", KEY)
    (await origin.visit()).write(whole(b'{"data":[]}'))
    assert (await client.answer()).body == b'{"data":[]}'


async def test_a_key_under_way_is_refused_and_answered_later(gateway: Node, origin: Origin):
    first, second = await gateway.client(), await gateway.client()
    await first.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    refused = await ask(second)
    assert (refused.status, code(refused), refused.headers[b"retry-after"]) == (409, "idempotency_key_in_use", b"1")
    assert (await ask(second, OTHER)).status == 422
    tell(visit)
    assert (await first.answer()).body == (await ask(second)).body


@pytest.mark.parametrize("workers", [1, 2])
async def test_or_it_waits_for_the_answer(opened: Open, origin: Origin, workers: int):
    nodes = [await opened(IdempotencySettings(running="wait")) for _ in range(workers)]
    first, second, third = [await nodes[number % workers].client() for number in range(3)]
    await first.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    await second.ask(ASK, CHAT, KEY)
    await third.ask(ASK, CHAT, KEY)
    await asyncio.sleep(0.05)
    tell(visit)
    answers = [await client.answer() for client in (first, second, third)]
    assert {answer.body for answer in answers} == {completion()}
    assert [is_replayed(answer) for answer in answers] == [False, True, True]
    assert origin.accepted == 1


async def test_who_waited_asks_if_the_first_got_no_answer(opened: Open, origin: Origin):
    gateway = await opened(IdempotencySettings(running="wait"))
    first, second, third = [await gateway.client() for _ in range(3)]
    await first.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    await second.ask(ASK, CHAT, KEY)
    await third.ask(ASK, CHAT, KEY)
    await asyncio.sleep(0.05)
    visit.write(whole(b'{"error":{"message":"broken"}}', 500))
    assert (await first.answer()).status == 502
    tell(await origin.visit())
    assert [(await client.answer()).status for client in (second, third)] == [200, 200]


async def test_another_worker_of_the_node_knows_it(opened: Open, origin: Origin):
    one, other = await opened(), await opened()
    first = await one.client()
    await first.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    assert (await ask(await other.client())).status == 409
    tell(visit)
    await first.answer()
    again = await ask(await other.client())
    assert (again.body, is_replayed(again)) == (completion(), True)


async def test_it_is_known_after_a_restart(opened: Open, origin: Origin):
    before = await opened()
    await paid(before, origin)
    await before.close()
    assert is_replayed(await ask(await (await opened()).client()))


async def test_whose_worker_died_on_it_may_be_asked_again(opened: Open, origin: Origin):
    """Its life ends without a word: as by kill -9, nothing but the lock on its mark goes."""
    one, other = await opened(), await opened()
    first = await one.client()
    await first.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    files = one.kept._disk._files
    assert files._alive is not None
    os.close(files._alive)
    files._alive = None
    second = await other.client()
    await second.ask(ASK, CHAT, KEY)
    tell(await origin.visit())
    assert (await second.answer()).status == 200
    visit.close()
    first.close()


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_a_refusal_is_not_kept(gateway: Node, origin: Origin, status: int):
    client = await gateway.client()
    await client.ask(ASK, CHAT, KEY)
    (await origin.visit()).write(whole(b'{"error":{"message":"no"}}', status))
    assert (await client.answer()).status >= 400
    await client.ask(OTHER, CHAT, KEY)
    tell(await origin.visit())
    assert (await client.answer()).status == 200


async def test_an_error_with_a_good_status_is_not_kept_either(gateway: Node, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, CHAT, KEY)
    (await origin.visit()).write(whole(b'{"error":{"message":"no"}}'))
    assert (await client.answer()).status == 200
    again = await paid(gateway, origin)
    assert (again.status, is_replayed(again)) == (200, False)


async def test_a_refusal_of_our_own_is_not_kept(gateway: Node, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, CHAT, KEY, "x-gossamer-provider: nobody")
    assert (await client.answer()).status == 404
    await client.ask(ASK, CHAT, KEY)
    tell(await origin.visit())
    assert (await client.answer()).status == 200


async def test_whose_client_has_left_is_answered_and_paid_once(gateway: Node, origin: Origin):
    first = await gateway.client()
    await first.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    first.close()
    await eventually(lambda: gateway.kept.desk.orphans == 1)
    second = await gateway.client()
    assert (await ask(second)).status == 409
    tell(visit)
    record = await gateway.record(2)
    assert record.cache is not None
    assert (record.outcome, record.status, record.cache.left) == ("completed", 200, True)
    assert record.usage is not None
    await eventually(lambda: gateway.kept.desk.orphans == 0)
    again = await ask(second)
    assert (is_replayed(again), again.body) == (True, completion())
    assert origin.accepted == 1


async def test_a_client_that_leaves_before_anybody_is_asked_leaves_nothing(
    gateway: Node, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    shelf = gateway.kept.desk.shelf
    claim, asked = shelf.claim, asyncio.Event()

    def claim_late(name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        asked.set()
        asyncio.get_running_loop().call_later(0.05, claim, name, print_, heard)

    monkeypatch.setattr(shelf, "claim", claim_late)
    first = await gateway.client()
    await first.ask(ASK, CHAT, KEY)
    await asked.wait()
    first.close()
    assert (await gateway.record(1)).outcome == "client_gone"
    await eventually(lambda: not gateway.kept.desk.tickets)
    monkeypatch.undo()
    assert not is_replayed(await paid(gateway, origin))
    assert origin.accepted == 1


async def test_a_stream_is_given_again_as_it_was(gateway: Node, origin: Origin):
    client = await gateway.client()
    await client.ask(STREAM, CHAT, KEY)
    stream(await origin.visit())
    await client.head()
    assert await client.chunked_body() == STREAM_BODY
    again = await ask(client, STREAM)
    assert (again.body, is_replayed(again)) == (STREAM_BODY, True)
    assert again.headers[b"content-type"].startswith(b"text/event-stream")


async def test_a_stream_whose_client_left_in_the_middle_is_given_whole(gateway: Node, origin: Origin):
    first = await gateway.client()
    await first.ask(STREAM, CHAT, KEY)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("Par")))
    await first.head()
    first.close()
    await eventually(lambda: gateway.kept.desk.orphans == 1)
    visit.write(chunk(word("is")), chunk(b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'))
    visit.write(chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n")
    await gateway.record(1)
    await eventually(lambda: not gateway.kept.desk.tickets)
    again = await ask(await gateway.client(), STREAM)
    assert is_replayed(again)
    assert again.body.startswith(word("Par") + word("is"))
    assert again.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("ending", ["cut", "error"])
async def test_a_stream_that_came_to_nothing_is_not_kept(gateway: Node, origin: Origin, ending: str):
    client = await gateway.client()
    await client.ask(STREAM, CHAT, KEY)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("Par")))
    await client.head()
    if ending == "cut":
        visit.reset()
    else:
        visit.write(chunk(b'data: {"error":{"message":"overloaded"}}\n\n'), b"0\r\n\r\n")
    await client.rest() if ending == "cut" else await client.chunked_body()
    again = await gateway.client()
    await again.ask(STREAM, CHAT, KEY)
    stream(await origin.visit())
    await again.head()
    assert await again.chunked_body() == STREAM_BODY


@pytest.mark.parametrize("body", [ASK, STREAM])
async def test_what_was_too_large_is_not_paid_twice_unasked(opened: Open, origin: Origin, body: object):
    gateway = await opened(IdempotencySettings(max_answer_bytes=50))
    client = await gateway.client()
    await client.ask(body, CHAT, KEY)
    visit = await origin.visit()
    if body is ASK:
        tell(visit)
        assert (await client.answer()).body == completion()
    else:
        stream(visit)
        await client.head()
        assert await client.chunked_body() == STREAM_BODY
    again = await ask(client, body)
    assert (again.status, code(again)) == (409, "idempotency_answer_lost")
    assert origin.accepted == 1


async def test_what_grows_too_large_for_nobody_is_cut(opened: Open, origin: Origin):
    gateway = await opened(IdempotencySettings(max_answer_bytes=200))
    client = await gateway.client()
    await client.ask(STREAM, CHAT, KEY)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("Par")))
    await client.head()
    client.close()
    await eventually(lambda: gateway.kept.desk.orphans == 1)
    visit.write(*(chunk(word("is" * 50)) for _ in range(5)))
    await visit.ends()
    assert (await gateway.record(1)).outcome == "client_gone"
    await eventually(lambda: not gateway.kept.desk.tickets)
    assert (await ask(await gateway.client(), STREAM)).status == 409


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
async def test_a_key_that_is_none_is_refused(gateway: Node, origin: Origin, key: str):
    answer = await ask(await gateway.client(), line=f"idempotency-key: {key}")
    assert (answer.status, code(answer)) == (400, "invalid_request")
    assert origin.accepted == 0


async def test_the_provider_is_not_told_the_key(gateway: Node, origin: Origin):
    client = await gateway.client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    assert b"idempotency" not in visit.head.lower()
    tell(visit)
    await client.answer()


async def test_where_it_is_off_the_header_says_nothing(opened: Open, origin: Origin):
    gateway = await opened(IdempotencySettings(enabled=False))
    for _ in range(2):
        await paid(gateway, origin)


async def test_it_is_over_when_its_time_is(opened: Open, origin: Origin):
    gateway = await opened(IdempotencySettings(keep_s=0.05))
    await paid(gateway, origin)
    await asyncio.sleep(0.06)
    assert not is_replayed(await paid(gateway, origin, OTHER))


async def test_an_upload_with_a_key_is_read_whole_and_kept(gateway: Node, origin: Origin):
    """In pieces, so that it is not there at once."""
    client = await gateway.client()
    form = b'--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nreal\r\n--b--\r\n'
    for turn in range(2):
        head = (
            f"POST /v1/audio/transcriptions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\n{KEY}\r\n"
            "content-type: multipart/form-data; boundary=b\r\nx-gossamer-provider: local\r\n"
            f"content-length: {len(form)}\r\n\r\n"
        )
        await client.send(head.encode() + form[:9])
        await asyncio.sleep(0.02)
        await client.send(form[9:])
        if not turn:
            (await origin.visit()).write(whole(b'{"text":"hi"}'))
        answer = await client.answer()
        assert (answer.body, is_replayed(answer)) == (b'{"text":"hi"}', bool(turn))


async def test_a_body_that_comes_in_pieces_waits_for_its_answer_too(gateway: Node, origin: Origin):
    await paid(gateway, origin)
    client = await gateway.client()
    raw = msgspec.json.encode(ASK)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\n{KEY}\r\n"
    await client.send(f"{head}content-length: {len(raw)}\r\n\r\n".encode() + raw[:5])
    await asyncio.sleep(0.02)
    await client.send(raw[5:])
    assert is_replayed(await client.answer())


async def test_beside_the_cache_each_keeps_its_own(opened: Open, origin: Origin):
    gateway = await opened(cache=CacheSettings(enabled=True))
    first = await paid(gateway, origin)
    assert first.headers[b"x-gossamer-cache"] == b"miss"
    client = await gateway.client()
    hit = await ask(client, line="idempotency-key: another")
    assert (hit.headers[b"x-gossamer-cache"], is_replayed(hit)) == (b"hit-l1", False)
    assert is_replayed(await ask(client, line="idempotency-key: another"))


async def test_a_follower_of_a_call_is_kept_under_its_own_key(opened: Open, origin: Origin):
    gateway = await opened(cache=CacheSettings(enabled=True))
    clients = [await gateway.client() for _ in range(3)]
    for number, client in enumerate(clients):
        await client.ask(STREAM, CHAT, f"idempotency-key: k{number}")
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(word("Par")))
    for client in clients:
        await client.head()
    clients[0].close()
    await eventually(lambda: gateway.kept.desk.orphans == 1)
    visit.write(chunk(b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'), chunk(b"data: [DONE]\n\n"))
    visit.write(b"0\r\n\r\n")
    told = {await client.chunked_body() for client in clients[1:]}
    await eventually(lambda: not gateway.kept.desk.tickets)
    for number in range(3):
        again = await ask(clients[1], STREAM, f"idempotency-key: k{number}")
        assert is_replayed(again)
        assert told == {again.body}
    assert origin.accepted == 1


async def test_a_disk_that_takes_nothing_lets_nobody_pay_unknowingly(
    opened: Open, origin: Origin, tmp_path: Path, troubles: list[str]
):
    (tmp_path / "idempotency").write_text("no directory")
    gateway = await opened()
    answer = await ask(await gateway.client())
    assert (answer.status, code(answer), origin.accepted) == (503, "unavailable", 0)
    assert len(troubles) == 1


async def test_a_draining_worker_waits_for_what_has_no_client(opened: Open, origin: Origin):
    gateway = await opened()
    client = await gateway.client()
    await client.ask(ASK, CHAT, KEY)
    visit = await origin.visit()
    client.close()
    await eventually(lambda: gateway.kept.desk.orphans == 1)
    gateway._worker.drain(5.0)
    await asyncio.sleep(0.05)
    assert not gateway._worker.drained.done()
    tell(visit)
    await gateway._worker.drained
    assert gateway.kept.desk.orphans == 0
