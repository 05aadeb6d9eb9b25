"""A deleted session leaves nothing of what was said in it: unique words are planted in requests, answers and errors of
all dialects, and then looked for in every file below the data directory, and in every store.
"""

import base64
import os
import signal
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import pytest

from tests.real.clickhouse import running_clickhouse
from tests.real.redis import RedisServer, redis_server
from tests.system.gateway import Gateway, eventually, start_gateway
from tests.system.identity.administration import Person, register
from tests.system.node import CONFIG, Node
from tests.system.outspoken import Outspoken, outspoken

PATHS = ("/v1/chat/completions", "/v1/messages", "/v1/responses")
WORKERS = 2
SEEN_WITHIN_S = 30.0
SEAL_BYTES = 18
"""Before what lies in Redis."""


class Stage(NamedTuple):
    node: Node
    admin: Person
    token: str
    provider: Outspoken
    traces: str
    redis: RedisServer | None

    @property
    def gateway(self) -> Gateway:
        return self.node.gateway

    def say(self, session: str | None, word: str, path: str = PATHS[0], **more: Any) -> str:
        """The session that its answer names. Each request has a key of its own, under which its answer is kept."""
        given = {"input": word} if path == PATHS[2] else {"messages": [{"role": "user", "content": word}]}
        named = {"idempotency_key": uuid4().hex} | ({} if session is None else {"x_session_id": session})
        body = {"model": "house", "max_tokens": 100, **given, **more}
        if path == PATHS[2]:
            del body["max_tokens"]
        return self.node.request("POST", path, self.token, body, **named).headers["x-session-id"]

    def turns(self, name: str) -> list[Any]:
        found = self.admin.do("GET", f"sessions?name={name}")["data"]
        if not found:
            return []
        return list(self.admin.do("GET", f"sessions/{found[0]['id']}/turns?content=true")["data"])

    def delete(self, name: str) -> None:
        (session,) = self.admin.do("GET", f"sessions?name={name}")["data"]
        self.admin.do("DELETE", f"sessions/{session['id']}")

    def holds(self, words: list[str]) -> set[tuple[str, str]]:
        """Which file or key of Redis has which of them."""
        return holds(self.gateway.data_dir, words) | (holds_in_redis(self.redis, words) if self.redis else set())


@pytest.fixture(scope="module", params=["sqlite", "none", "clickhouse", "redis"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("forgotten")
    with ExitStack() as stack:
        provider = stack.enter_context(outspoken())
        traces = request.param
        if traces == "clickhouse":
            traces = stack.enter_context(running_clickhouse(home / "engine")).url()
        redis = stack.enter_context(redis_server()) if traces == "redis" else None
        cache: dict[str, Any] = {"enabled": True}
        counters = "memory"
        if redis is not None:
            traces, counters, cache = "sqlite", redis.url, {"enabled": True, "l2": "redis"}
        house = {"kind": "openai-compatible", "base_url": provider.url, "api_keys": ["sk-theirs"]}
        more = {"capture": {"content": "full"}, "traces": traces, "cache": cache, "counters": counters}
        config = {**CONFIG, **more, "providers": {"up": house}, "models": {"house": "up/house"}}
        gateway = stack.enter_context(start_gateway(home / "node", config, WORKERS))
        node = Node(gateway)
        admin = register(node)
        yield Stage(node, admin, admin.add_key().token, provider, traces, redis)


def word_for(*kinds: str) -> str:
    return " ".join([*kinds, f"planted{uuid4().hex}"])


def planted(text: str) -> bytes:
    return text.rpartition(" ")[2].encode()


def talk(stage: Stage, session: str) -> list[str]:
    """One turn of each kind; what was planted in them."""
    words = []
    for path in PATHS:
        for stream in (False, True):
            words.append(word_for())
            stage.say(session, words[-1], path, stream=stream)
    for kind in ("refuse", "garble", "break"):
        for path in PATHS:
            words.append(word_for(kind))
            stage.say(session, words[-1], path, stream=kind == "break")
    return words


def holds(folder: Path, words: list[str]) -> set[tuple[str, str]]:
    """Which file has which of them, also where it keeps bytes as base64."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if "garbled" in str(path):
                data += b"".join(base64.b64decode(msgspec.json.decode(line)["data"]) for line in data.splitlines())
            found |= {(path.name, word) for word in words if planted(word) in data}
    return found


def holds_in_redis(redis: RedisServer, words: list[str]) -> set[tuple[str, str]]:
    found = set()
    for name in redis.names():
        if redis.ask("TYPE", name) == b"string":
            data = redis.ask("GET", name)
            with suppress(zlib.error):
                data += zlib.decompress(data[SEAL_BYTES:])
            found |= {(name, word) for word in words if planted(word) in data}
    return found


def test_a_deleted_session_leaves_nothing_of_what_was_said(stage: Stage):
    gone, kept = talk(stage, "gone"), talk(stage, "kept")
    first = word_for()
    minted = stage.say(None, first)
    gone += [first, word_for()]
    stage.say(minted, gone[-1])
    eventually(lambda: len(stage.turns("gone")) == len(stage.turns("kept")) == len(kept), SEEN_WITHIN_S)
    eventually(lambda: len(stage.turns(minted)) == (2 if stage.traces == "sqlite" else 1), SEEN_WITHIN_S)
    if stage.traces.startswith("clickhouse"):
        eventually(lambda: len(stage.admin.do("GET", f"traces?text={planted(first).decode()}")["data"]) == 1)
    places = {name for name, _ in stage.holds(gone)}
    if stage.redis is not None:
        assert {name.split(":")[1] for name in places if ":" in name} == {"cache", "once"}, "they were planted"
    else:
        kept_under_keys = (stage.gateway.data_dir / "idempotency").rglob("*")
        assert places & {path.name for path in kept_under_keys}, "they were planted"
    said = [turn["said"] for turn in stage.turns("gone")]
    assert said[0] == [{"by": "user", "text": gone[0]}, {"by": "assistant", "text": f"told {gone[0]}"}]
    for name in ("gone", minted):
        stage.delete(name)
        assert stage.turns(name) == []
    assert stage.holds(gone) == set()
    assert len(stage.turns("kept")) == len(kept)
    assert {word for _, word in holds(stage.gateway.data_dir / "journal", kept)} == set(kept)
    for word in gone if stage.traces != "none" else []:
        assert stage.admin.do("GET", f"traces?text={planted(word).decode()}")["data"] == []
    assert sum(record.session == "gone" for record in stage.gateway.records()) == len(kept), "the lines are there"


def test_what_was_still_being_said_is_forgotten_as_well(stage: Stage):
    """An answer under way, and turns that the recorder has not read when their session is deleted."""
    session = f"late-{uuid4().hex}"
    words = [word_for() for _ in range(5)]
    held = word_for("hold")
    stage.provider.held.clear()
    stage.say(session, words[0])
    eventually(lambda: len(stage.turns(session)) == 1, SEEN_WITHIN_S)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stage.say, session, held, stream=True)
        (recorder,) = stage.gateway._running("gossamer.recorder")
        os.kill(recorder, signal.SIGSTOP)
        try:
            for word in words[1:]:
                stage.say(session, word)
            stage.delete(session)
            assert stage.holds(words) == set()
        finally:
            os.kill(recorder, signal.SIGCONT)
        stage.provider.held.set()
        answer.result()
    eventually(lambda: any(record.stream and record.session == session for record in stage.gateway.records()))
    eventually(lambda: stage.holds([*words, held]) == set(), SEEN_WITHIN_S)
    assert stage.turns(session) == []
    after = word_for()
    stage.say(session, after)
    eventually(lambda: len(stage.turns(session)) == 1, SEEN_WITHIN_S)
    assert stage.holds([*words, held]) == set()
    assert stage.holds([after])
