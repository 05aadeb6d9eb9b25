"""A hundred conversations over four workers, while the state database is away and a worker is killed: every turn that
was answered is in its session, once and in its place, soon after it was answered; and what is deleted is in no file.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest

from gossamer.projections.paths import sessions_path
from gossamer.projections.sessions.search import Query, Sessions
from gossamer.projections.sessions.session import Session
from tests.real.postgres import Postgres
from tests.system.gateway import eventually, start_gateway
from tests.system.identity.administration import Person, register
from tests.system.identity.cuts import Cut
from tests.system.node import CHAT, CONFIG, Node
from tests.system.process_figures import tell
from tests.system.raw_client import RawClient

WORKERS, TALKS, TURNS = 4, 100, 20
TOKEN = "sk-of-the-configuration"
"""A successor of the killed worker knows it without the database."""
AWAY_S = 5.0
PAUSE_S = 0.25
"""Between two turns of a conversation: all of it takes as long as what goes wrong meanwhile."""
NOW_US = 2**62
"""Whatever the time, no filter here asks for it."""


class Stage(NamedTuple):
    node: Node
    admin: Person
    database: Cut


@pytest.fixture(scope="module")
def stage(postgres: Postgres, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    cut = Cut(postgres.socket)
    config = {**CONFIG, "state": f"postgresql://postgres@127.0.0.1:{cut.port}/{database}"}
    with start_gateway(tmp_path_factory.mktemp("sessions"), config, WORKERS) as gateway:
        node = Node(gateway)
        yield Stage(node, register(node), cut)
    cut.close()


async def talk(port: int, token: str, name: str, answered: dict[str, list[str]]) -> None:
    """Each turn on a connection of its own, so over all workers; one that a dying worker took is not asked again."""
    for turn in range(TURNS):
        body = {"model": "house", "messages": [{"role": "user", "content": f"turn {turn}"}]}
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            async with RawClient(port, token) as client:
                answer = await client.ask("POST", CHAT, body, x_session_id=name, x_request_id=f"{name}.{turn}")
                assert (answer.status, answer.header("x-session-id")) == (200, name)
                answered[name].append(f"{name}.{turn}")
        await asyncio.sleep(PAUSE_S)


async def test_every_answered_turn_is_there_once_and_in_its_order(stage: Stage):
    gateway = stage.node.gateway
    answered: dict[str, list[str]] = {f"talk-{number}": [] for number in range(TALKS)}
    talks = asyncio.gather(*(talk(gateway.port, TOKEN, name, answered) for name in answered))
    await asyncio.sleep(0.5)
    with stage.database.turned("dark"):
        await asyncio.sleep(AWAY_S / 2)
        os.kill(gateway.workers[0], signal.SIGKILL)
        await asyncio.sleep(AWAY_S / 2)
    await talks
    store = Sessions(sessions_path(gateway.data_dir))
    asked_as = {record.id: record.request_id for record in gateway.records()}

    def kept(name: str) -> list[str]:
        (session,) = store.find(Query(name=name, now_us=NOW_US))
        assert session.turns == len(store.turns(session.id, 1000))
        return [asked_as[turn.id] for turn in store.turns(session.id, 1000)]

    last = list(answered)[-1]
    await asyncio.to_thread(eventually, lambda: set(answered[last]) <= set(kept(last)))
    await asyncio.to_thread(eventually, lambda: all(set(done) <= set(kept(name)) for name, done in answered.items()))
    count = sum(map(len, answered.values()))
    tell(f"{count} of {TALKS * TURNS} turns were answered, the others went with the worker")
    assert count > TALKS * TURNS * 0.9
    for name in answered:
        turns = kept(name)
        assert len(set(turns)) == len(turns)
        assert turns == sorted(turns, key=lambda one: int(one.rpartition(".")[2]))


async def test_a_deleted_session_is_in_no_database_of_the_node(stage: Stage):
    gateway, key = stage.node.gateway, stage.admin.add_key()
    secret = "talk-of-a-secret-matter"
    for _ in range(3):
        assert stage.node.chat(key.token, x_session_id=secret, x_request_id=secret).status == 200
    store = Sessions(sessions_path(gateway.data_dir))
    await asyncio.to_thread(eventually, lambda: [each.turns for each in found(store, secret)] == [3])
    await asyncio.to_thread(eventually, lambda: len(stage.admin.do("GET", f"traces?text={secret}")["data"]) == 3)
    (session,) = stage.admin.do("GET", f"sessions?name={secret}")["data"]
    stage.admin.do("DELETE", f"sessions/{session['id']}")
    assert stage.admin.do("GET", f"traces?text={secret}")["data"] == []
    for path in gateway.data_dir.glob("*.db*"):
        assert secret.encode() not in path.read_bytes(), path.name
    assert stage.node.chat(key.token, x_session_id=secret).status == 200
    await asyncio.to_thread(eventually, lambda: [each.turns for each in found(store, secret)] == [1])


def found(store: Sessions, name: str) -> list[Session]:
    return list(store.find(Query(name=name, now_us=NOW_US)))
