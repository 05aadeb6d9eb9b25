"""Who waits under a key: always told in the end, by what holds then, and not at the cost of all others."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from gossamer.cache.once.shelf import Found, KeptAnswer
from gossamer.config.idempotency import IdempotencySettings
from gossamer.config.settings import KeySettings
from tests.wire.cache.answers import completion, tell
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import ASK, CHAT, TOKEN, Client, Origin
from tests.wire.heeding.conftest import Node, Open
from tests.wire.heeding.test_keys import KEY, OTHER, ask, code, is_replayed, paid

WAIT = IdempotencySettings(running="wait")


async def asked(node: Node, body: object = ASK) -> Client:
    client = await node.client()
    await client.ask(body, CHAT, KEY)
    return client


def keys_of(*, is_known: bool) -> tuple[KeySettings, ...]:
    """Another key in its place, or the same one for another model."""
    name = TOKEN if is_known else "gsm_another"
    return (KeySettings(name="tester", digest=sha256(name.encode()).digest(), models=frozenset({"other"})),)


async def both_wait(one: Node, other: Node, origin: Origin) -> tuple[Any, list[Client]]:
    first = await asked(one)
    visit = await origin.visit()
    waiting = [await asked(other) for _ in range(2)]
    await eventually(lambda: any(ticket.waiting for ticket in other.kept.desk.tickets.values()))
    return visit, [first, *waiting]


class Waiting(NamedTuple):
    """One whose call is under way, and two who wait for its answer."""

    node: Node
    visit: Any
    clients: list[Client]


@pytest.fixture
async def waiting(opened: Open, origin: Origin) -> Waiting:
    node = await opened(WAIT)
    return Waiting(node, *await both_wait(node, node, origin))


@pytest.mark.parametrize(("is_known", "status"), [(False, 401), (True, 403)])
@pytest.mark.parametrize("workers", [1, 2])
async def test_whose_key_was_revoked_meanwhile_gets_no_answer(
    opened: Open, origin: Origin, workers: int, is_known: bool, status: int, monkeypatch: pytest.MonkeyPatch
):
    nodes = [await opened(WAIT) for _ in range(workers)]
    node = nodes[-1]
    monkeypatch.setattr(node.identity.keys, "claims_of", lambda *_, **__: None)
    visit, clients = await both_wait(nodes[0], node, origin)
    node.reload(replace(node.settings, keys=keys_of(is_known=is_known)))
    tell(visit)
    assert (await clients[0].answer()).status == 200, "it was under way"
    for client in clients[1:]:
        answer = await client.answer()
        assert (answer.status, completion() in answer.body) == (status, False)
    assert origin.accepted == 1


@pytest.mark.parametrize("is_known", [False, True])
async def test_nor_does_it_make_the_call_when_that_has_failed(
    opened: Open, origin: Origin, is_known: bool, monkeypatch: pytest.MonkeyPatch
):
    """And leaves the key to whoever may."""
    node = await opened(WAIT)
    monkeypatch.setattr(node.identity.keys, "claims_of", lambda *_, **__: None)
    visit, clients = await both_wait(node, node, origin)
    node.reload(replace(node.settings, keys=keys_of(is_known=is_known)))
    visit.write(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")
    statuses = [(await client.answer()).status for client in clients]
    assert statuses == [502, *[403 if is_known else 401] * 2]
    assert origin.accepted == 1
    await eventually(lambda: not node.kept.desk.tickets)
    node.reload(node.settings)
    await paid(node, origin)


async def test_a_key_that_is_still_good_waits_through_a_reload(waiting: Waiting):
    node, visit, clients = waiting
    node.reload(node.settings)
    tell(visit)
    assert [(await client.answer()).body for client in clients] == [completion()] * 3


async def test_who_cannot_be_told_keeps_it_from_nobody_else(waiting: Waiting, monkeypatch: pytest.MonkeyPatch):
    node, visit, clients = waiting
    monkeypatch.setattr("gossamer.delivery.claim.give_shared", broken_once(_give_shared()))
    tell(visit)
    answers = [await client.answer() for client in clients]
    assert [answer.status for answer in answers] == [200, 500, 200]
    assert not node.kept.desk.tickets


async def test_whose_record_is_made_and_answer_lost_is_cut_off(waiting: Waiting, monkeypatch: pytest.MonkeyPatch):
    node, visit, clients = waiting
    monkeypatch.setattr(node.records, "append", broken_once(node.records.append, after=1))
    tell(visit)
    assert (await clients[0].answer()).status == 200
    assert await clients[1].rest() == b""
    assert (await clients[2].answer()).status == 200


@pytest.mark.parametrize("broken", ["_answer", "_is_good"])
async def test_what_cannot_be_kept_for_a_defect_is_answered_and_leaves_the_key_free(
    waiting: Waiting, origin: Origin, broken: str, monkeypatch: pytest.MonkeyPatch
):
    _, visit, clients = waiting
    with monkeypatch.context() as patch:
        patch.setattr(f"gossamer.delivery.once.Keeping.{broken}", fail)
        tell(visit)
        assert (await clients[0].answer()).status == 200
    tell(await origin.visit())
    assert [(await client.answer()).status for client in clients[1:]] == [200, 200]


@pytest.mark.parametrize("what", ["keep", "release"])
async def test_a_shelf_that_breaks_leaves_nobody_waiting(waiting: Waiting, what: str, monkeypatch: pytest.MonkeyPatch):
    node, visit, clients = waiting
    with monkeypatch.context() as patch:
        patch.setattr(node.kept.desk.shelf, what, fail)
        if what == "keep":
            tell(visit)
        else:
            visit.write(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")
        assert (await clients[0].answer()).status == (200 if what == "keep" else 502)
    for client in clients:
        client.close()
    await eventually(lambda: not node.kept.desk.tickets)


async def test_a_shelf_that_cannot_be_asked_refuses_each_and_holds_nobody(
    opened: Open, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    node = await opened(WAIT)
    with monkeypatch.context() as patch:
        patch.setattr(node.kept.desk.shelf, "claim", fail)
        for _ in range(2):
            assert (await ask(await node.client())).status == 500
    assert not node.kept.desk.tickets
    await paid(node, origin)


async def test_a_claim_whose_request_breaks_is_nobodys(opened: Open, origin: Origin, monkeypatch: pytest.MonkeyPatch):
    node = await opened(WAIT)
    with monkeypatch.context() as patch:
        patch.setattr("gossamer.delivery.claim.Keeping", fail)
        assert (await ask(await node.client())).status == 500
    await eventually(lambda: not node.kept.desk.tickets)
    await paid(node, origin)


async def test_two_who_ask_at_once_for_what_is_kept_both_get_it(
    gateway: Node, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    """One of them is only being looked for: nothing is under way, and nobody is refused for it."""
    await paid(gateway, origin)
    late(gateway, monkeypatch)
    clients = [await asked(gateway) for _ in range(3)]
    answers = [await client.answer() for client in clients]
    assert [(answer.status, is_replayed(answer)) for answer in answers] == [(200, True)] * 3


async def test_who_asks_something_else_first_spoils_it_for_nobody(
    gateway: Node, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    await paid(gateway, origin)
    late(gateway, monkeypatch)
    clients = [await asked(gateway, body) for body in (OTHER, ASK, OTHER)]
    answers = [await client.answer() for client in clients]
    assert [answer.status for answer in answers] == [422, 200, 422]


async def test_who_waited_to_be_told_who_is_at_work_is_refused_then(
    gateway: Node, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    late(gateway, monkeypatch)
    clients = [await asked(gateway, body) for body in (ASK, ASK, OTHER)]
    visit = await origin.visit()
    refused = [await client.answer() for client in clients[1:]]
    assert [code(answer) for answer in refused] == ["idempotency_key_in_use", "idempotency_key_reused"]
    tell(visit)
    assert (await clients[0].answer()).status == 200


async def test_many_who_wait_for_another_worker_look_as_one(
    opened: Open, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    one, other = await opened(WAIT), await opened(WAIT)
    first = await asked(one)
    visit = await origin.visit()
    looks: list[bytes] = []
    claim = other.kept.desk.shelf.claim

    def counted(name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        looks.append(name)
        claim(name, print_, heard)

    monkeypatch.setattr(other.kept.desk.shelf, "claim", counted)
    clients = [await asked(other) for _ in range(40)]
    await eventually(lambda: len(looks) >= 3)
    clients[0].close()  # who looked for all of them
    await asyncio.sleep(0.1)
    tell(visit)
    assert (await first.answer()).status == 200
    answers = [await client.answer() for client in clients[1:]]
    assert all(is_replayed(answer) for answer in answers)
    assert len(looks) < 20
    assert origin.accepted == 1


@pytest.mark.parametrize("workers", [1, 2])
async def test_who_has_left_waits_no_more(opened: Open, origin: Origin, workers: int):
    nodes = [await opened(WAIT) for _ in range(workers)]
    visit, clients = await both_wait(nodes[0], nodes[-1], origin)
    clients[1].close()
    tell(visit)
    assert [(await client.answer()).status for client in (clients[0], clients[2])] == [200, 200]
    await eventually(lambda: not nodes[-1].kept.desk.tickets)


def late(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its shelf takes its time."""
    shelf = node.kept.desk.shelf
    claim = shelf.claim

    def claim_late(name: bytes, print_: bytes, heard: Callable[[Found], None]) -> None:
        asyncio.get_running_loop().call_later(0.1, claim, name, print_, heard)

    monkeypatch.setattr(shelf, "claim", claim_late)


def fail(*_: object, **__: object) -> KeptAnswer:
    raise RuntimeError("a defect")


def _give_shared() -> Callable[..., None]:
    from gossamer.delivery.replay import give_shared

    return give_shared


def broken_once(whole: Callable[..., None], after: int = 0) -> Callable[..., None]:
    calls = iter(range(1000))

    def act(*given: object) -> None:
        if next(calls) == after:
            raise RuntimeError("a defect")
        whole(*given)

    return act
