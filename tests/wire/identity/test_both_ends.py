"""Both ends of the feed on a real socket: what a worker believes while keys change and control comes and goes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gossamer.config.settings import AuthSettings
from gossamer.control.feed.server import FeedServer
from gossamer.core.directives import Directive
from gossamer.core.errors import Unavailable
from gossamer.core.ports import AgentClaims, Claims
from gossamer.feed.messages import AgentGrant, DirectiveGrant, KeyGrant, RouteGrant
from gossamer.feed.paths import feed_path
from gossamer.worker.identity.identity import Identity
from tests.wire.conftest import eventually
from tests.wire.identity.store_double import StoreDouble, digest_of

AGENT_ID = "01900000-0000-7000-8000-000000000001"
KEY = KeyGrant("k1", "k1", user_id="ann")


class Node:
    """A worker's identity, and a control process that can be ended and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = StoreDouble()
        self.identity = Identity(home, 0, AuthSettings(ask_timeout_s=20.0))
        self.feed: FeedServer | None = None
        self.failures: list[Exception] = []

    async def start_control(self, store: StoreDouble | None = None) -> None:
        self.store = store or self.store
        path = feed_path(self.home)
        path.unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(str(path))
        self.feed = FeedServer(self.failures.append)
        self.feed.opened(self.store)
        await self.feed.listen(sock)
        await eventually(lambda: self.identity.is_connected)

    async def end_control(self) -> None:
        assert self.feed is not None
        await self.feed.close()
        self.feed = None
        await eventually(lambda: not self.identity.is_connected)

    async def ask(self, token: str) -> Claims | None:
        found = self.identity.keys.claims_of(digest_of(token), "10.0.0.1:1", has_our_form=True)
        return found if found is None or isinstance(found, Claims) else await found

    async def known(self, token: str) -> Claims:
        claims = await self.ask(token)
        assert claims is not None
        return claims


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    node = Node(tmp_path)
    node.identity.start()
    await node.start_control()
    yield node
    node.store.let_go()
    node.identity.close()
    if node.feed is not None:
        await node.feed.close()
    assert node.failures == []


async def test_a_key_is_good_until_it_is_revoked(node: Node):
    node.store.add("t", KEY)
    claims = await node.known("t")
    assert await node.ask("t") is claims
    node.store.revoke("t")
    await eventually(lambda: not claims.is_valid)
    assert await node.ask("t") is None


async def test_an_agent_speaks_with_the_version_that_is_in_force(node: Node):
    def given(number: int) -> AgentGrant:
        return AgentGrant(AGENT_ID, "writer", directive_id="d1", directive=DirectiveGrant(number, f"version {number}"))

    async def spoken() -> Directive | None:
        found = node.identity.agents.agent_of(AGENT_ID)
        assert found is not None
        claims = found if isinstance(found, AgentClaims) else await found
        assert claims is not None
        return claims.directive

    node.store.agents[AGENT_ID] = given(1)
    first = await spoken()
    assert first is not None
    assert (first.number, first.prompt and first.prompt.text) == (1, "version 1")
    node.store.agents[AGENT_ID] = given(2)
    assert await spoken() is first
    node.store.change(directives=("d1",))
    await eventually(lambda: node.identity.revision == node.store.now)
    second = await spoken()
    assert second is not None
    assert second.number == 2


async def test_an_agent_is_what_it_was_changed_to(node: Node):
    node.store.agents[AGENT_ID] = AgentGrant(AGENT_ID, "writer", models=frozenset({"small"}))
    found = node.identity.agents.agent_of(AGENT_ID)
    assert found is not None
    assert not hasattr(found, "models")
    claims = await found
    assert claims is not None
    node.store.agents[AGENT_ID] = AgentGrant(AGENT_ID, "writer", models=frozenset({"large"}))
    node.store.change(agents=(AGENT_ID,))
    await eventually(lambda: not claims.is_valid)


async def test_a_revocation_that_overtakes_the_answer_wins(node: Node):
    """The store has read the key as good, and is slow to say so; meanwhile it is revoked."""
    node.store.add("t", KEY)
    node.store.hold()
    asking = asyncio.create_task(node.ask("t"))
    await eventually(lambda: len(node.store.queries) == 1)
    node.store.revoke("t")
    await eventually(lambda: node.identity.revision == node.store.now)
    node.store.let_go()
    assert await asking is None
    assert len(node.store.queries) == 2
    assert await node.ask("t") is None


async def test_without_the_control_process_who_is_known_goes_on_and_nobody_else_is_called_bad(node: Node):
    node.store.add("good", KEY)
    node.store.add("other", KeyGrant("k2", "k2"))
    good = await node.known("good")
    assert await node.ask("bad") is None
    await node.end_control()
    node.identity.take_over(AuthSettings(ask_timeout_s=0.1))
    assert await node.ask("good") is good
    assert await node.ask("bad") is None
    with pytest.raises(Unavailable):
        await node.ask("other")
    await node.start_control()
    node.identity.take_over(AuthSettings(ask_timeout_s=20.0))
    assert (await node.known("other")).key_id == "k2"
    assert good.is_valid, "nothing has changed meanwhile"


async def test_what_changed_while_the_control_process_was_away_is_heard_when_it_is_back(node: Node):
    node.store.add("gone", KEY)
    node.store.add("stays", KeyGrant("k2", "k2"))
    gone, stays = await node.known("gone"), await node.known("stays")
    await eventually(lambda: node.identity.revision == node.store.now)
    await node.end_control()
    node.store.revoke("gone")
    assert gone.is_valid
    await node.start_control()
    await eventually(lambda: not gone.is_valid)
    assert stays.is_valid


async def test_of_another_store_nothing_from_before_is_believed(node: Node):
    node.store.add("t", KEY)
    claims = await node.known("t")
    await node.end_control()
    await node.start_control(StoreDouble())
    await eventually(lambda: not claims.is_valid)
    assert await node.ask("t") is None


async def test_a_question_that_was_on_its_way_is_asked_of_the_successor(node: Node):
    node.store.add("t", KEY)
    node.store.hold()
    asking = asyncio.create_task(node.ask("t"))
    await eventually(lambda: len(node.store.queries) == 1)
    successor = StoreDouble()
    successor.now, successor.keys = node.store.now, node.store.keys
    await node.end_control()
    await node.start_control(successor)
    claims = await asking
    assert claims is not None
    assert claims.key_id == "k1"


async def test_it_is_known_whether_the_store_could_ever_be_asked(node: Node):
    young = Identity(node.home, 1, AuthSettings())
    assert not young.was_told
    assert not young.is_away, "it may be about to come"
    await eventually(lambda: node.identity.was_told)
    await node.end_control()
    assert node.identity.was_told
    assert node.identity.is_away
    await node.start_control()
    assert not node.identity.is_away


async def test_a_store_that_is_away_is_said_at_once(node: Node):
    node.store.is_away = True
    with pytest.raises(Unavailable, match="it is away"):
        await node.ask("t")
    assert node.identity.is_connected


async def test_the_last_uses_are_told_at_the_end(node: Node):
    node.store.add("t", KEY)
    (await node.known("t")).used_at = 5.0
    node.identity.close()
    await eventually(lambda: node.store.used == {"k1": 5.0})


ROUTE = RouteGrant(targets=(("mock/one", 1, 0),))


async def test_routes_are_known_from_the_start_and_whenever_they_change(node: Node):
    await eventually(lambda: node.identity.revision > 0)
    changes = []
    node.identity.routes.changed = lambda: changes.append(dict(node.identity.routes.known))
    node.store.routes["tier"] = ROUTE
    node.store.change(routes=("r1",))
    await eventually(lambda: changes == [{"tier": ROUTE}])
    node.store.change(keys=("k1",))
    await node.end_control()
    node.store.routes.clear()
    node.store.change(routes=("r1",))
    await node.start_control()
    await eventually(lambda: changes == [{"tier": ROUTE}, {}])


async def test_routes_that_cannot_be_asked_for_are_asked_for_again(node: Node):
    node.store.routes["tier"] = ROUTE
    node.store.is_away = True
    node.store.change(routes=("r1",))
    await asyncio.sleep(0.1)
    assert node.identity.routes.known == {}
    node.store.is_away = False
    await eventually(lambda: node.identity.routes.known == {"tier": ROUTE})


async def test_what_one_worker_finds_of_a_target_the_others_hear(node: Node):
    other = Identity(node.home, 1, AuthSettings())
    other.start()
    await eventually(lambda: other.is_connected)
    heard: list[tuple[str, bool]] = []
    echoed: list[tuple[str, bool]] = []
    other.hear_turned = lambda target, is_open: heard.append((target, is_open))
    node.identity.hear_turned = lambda target, is_open: echoed.append((target, is_open))
    node.identity.tell_turned("a/one", is_open=True)
    node.identity.tell_turned("a/one", is_open=False)
    await eventually(lambda: heard == [("a/one", True), ("a/one", False)])
    assert echoed == []
    other.close()
