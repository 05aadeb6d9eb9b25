"""A deleted session leaves nothing of what its agents were asked either: not what they asked others, nor in memory."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.system.agents_clients import talker
from tests.system.gateway import eventually, start_gateway
from tests.system.identity.administration import Person, register
from tests.system.node import CHAT, CONFIG, Node
from tests.system.talker import Talker
from tests.system.test_forgotten import holds

__all__ = ["talker"]

CAPTURED: dict[str, Any] = {"capture": {"content": "full"}, "cache": {"enabled": True}}


@pytest.fixture(scope="module", params=["sqlite", "none"])
def node(request: pytest.FixtureRequest, talker: Talker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    providers = {**CONFIG["providers"], "up": {"kind": "openai-compatible", "base_url": talker.url}}
    agents = {
        "counting": {"model": "up/count"},
        "below": {"model": "mock/mock-agent", "tools": ["agent:counting"]},
        "above": {"model": "mock/mock-agent", "tools": ["agent:below"]},
        "patient": {"model": "up/paced", "tools": ["agent:counting"]},
    }
    config = {**CONFIG, **CAPTURED, "traces": request.param, "providers": providers, "agents": agents}
    with start_gateway(tmp_path_factory.mktemp("forgotten"), config) as gateway:
        yield Node(gateway)


@pytest.fixture(scope="module")
def admin(node: Node) -> Person:
    return register(node)


def ask(node: Node, token: str, agent: str, session: str, text: str) -> str:
    body = {"model": agent, "messages": [{"role": "user", "content": text}]}
    answer = node.request("POST", CHAT, token, body, x_session_id=session)
    assert answer.status == 200
    return str(answer.body["choices"][0]["message"]["content"])


def delete(admin: Person, name: str) -> None:
    (session,) = admin.do("GET", f"sessions?name={name}")["data"]
    admin.do("DELETE", f"sessions/{session['id']}")


def names_of(admin: Person) -> set[str]:
    return {each["name"] for each in admin.do("GET", "sessions?limit=200")["data"]}


def family(node: Node, name: str) -> set[str]:
    """The session, and the sessions of the runs in it, as the journal has them."""
    runs = {each.run for each in node.gateway.records() if each.session == name and each.run}
    return {name}.union(*(family(node, run) for run in runs - {name}))


def test_its_runs_go_with_it_those_of_agents_below_too(node: Node, admin: Person):
    token = admin.add_key().token
    gone, kept = f"planted{uuid4().hex}", f"planted{uuid4().hex}"
    for session, word in (("gone", gone), ("kept", kept)):
        script = f'mock-call agent__below {{"text": "Look.\\nmock-call agent__counting {{\\"text\\": \\"{word}\\"}}"}}'
        ask(node, token, "above", session, f"Go on.\n{script}")
    eventually(lambda: {word for _, word in holds(node.gateway.data_dir, [gone, kept])} == {gone, kept})
    its_own, others = family(node, "gone"), family(node, "kept")
    assert len(its_own) == len(others) == 4, "itself, and the runs of three agents"
    eventually(lambda: its_own | others <= names_of(admin))
    delete(admin, "gone")
    assert holds(node.gateway.data_dir, [gone]) == set()
    assert holds(node.gateway.data_dir, [kept])
    left = names_of(admin)
    assert (its_own & left, others & left) == (set(), others)


def test_what_is_under_way_is_answered_and_goes_as_well(node: Node, admin: Person, talker: Talker):
    """It has a step, and an agent below, when its session is deleted; its last step comes after that."""
    token = admin.add_key().token
    word = f"planted{uuid4().hex}"
    ask(node, token, "counting", "late", "Hello.")
    eventually(lambda: "late" in names_of(admin))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, node, token, "patient", "late", word)
        eventually(lambda: any(word in str(asked) for asked in talker.asked))
        delete(admin, "late")
        assert not answer.done(), "too late for what is to be seen"
        assert answer.result().startswith("Done: ")
    eventually(lambda: len(family(node, "late")) == 4)  # itself, both runs in it, and the run below
    eventually(lambda: holds(node.gateway.data_dir, [word]) == set())
    eventually(lambda: not family(node, "late") & names_of(admin))
    assert holds(node.gateway.data_dir, [word]) == set()


def test_nobody_remembers_it(node: Node, admin: Person):
    token = admin.add_key().token
    for session in ("talk", "other"):
        assert ask(node, token, "counting", session, "One.") == "user"
        assert ask(node, token, "counting", session, "Two.") == "user assistant user"
    eventually(lambda: {"talk", "other"} <= names_of(admin))
    delete(admin, "talk")
    eventually(lambda: ask(node, token, "counting", "talk", f"Three {uuid4()}.") == "user")
    assert ask(node, token, "counting", "other", "Three.") == "user assistant user assistant user"
