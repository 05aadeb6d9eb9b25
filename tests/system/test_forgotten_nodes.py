"""Two nodes of one house (Postgres, Redis): a session that is deleted at one of them is forgotten by both."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.real.postgres import Postgres, postgres
from tests.real.redis import RedisServer, redis_server
from tests.system.gateway import eventually, start_gateway
from tests.system.identity.administration import Person, register
from tests.system.node import CHAT, CONFIG, Answer, Node
from tests.system.outspoken import Outspoken, outspoken
from tests.system.test_forgotten import holds_in_redis

__all__ = ["postgres"]

WORKERS = 2
WITHIN_S = 1.0


@pytest.fixture
def provider() -> Iterator[Outspoken]:
    with outspoken() as found:
        yield found


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def nodes(tmp_path: Path, postgres: Postgres, redis: RedisServer, provider: Outspoken) -> Iterator[list[Node]]:
    name = postgres.make_database()
    config = {
        **CONFIG,
        "state": postgres.url_of(name),
        "counters": redis.url,
        "cache": {"enabled": True, "l2": "redis", "secret": "of-both-nodes"},
        "providers": {"up": {"kind": "openai-compatible", "base_url": provider.url, "api_keys": ["k"]}},
        "models": {"house": "up/house"},
    }
    with ExitStack() as stack:
        yield [Node(stack.enter_context(start_gateway(tmp_path / each, config, WORKERS))) for each in ("one", "two")]
    postgres.drop_database(name)


def ask(node: Node, token: str, word: str, **headers: str) -> Answer:
    body: dict[str, Any] = {"model": "house", "messages": [{"role": "user", "content": word}]}
    return node.request("POST", CHAT, token, body, **headers)


def session_at(admin: Person, name: str) -> str | None:
    found = admin.do("GET", f"sessions?name={name}")["data"]
    return str(found[0]["id"]) if found else None


def test_no_worker_of_either_gives_its_answers_again(nodes: list[Node], redis: RedisServer):
    one, two = nodes
    admin = register(one)
    token = admin.add_key().token
    gone, kept = f"planted{uuid4().hex}", f"planted{uuid4().hex}"
    for word, name in ((gone, "gone"), (kept, "kept")):
        assert ask(one, token, word, x_session_id=name, idempotency_key=word).headers["x-gossamer-cache"] == "miss"
    for word in (gone, kept):
        eventually(lambda word=word: ask(two, token, word).headers["x-gossamer-cache"] == "hit-l1")  # type: ignore[misc]
        assert ask(two, token, word, idempotency_key=word).headers["idempotent-replayed"] == "true"
    eventually(lambda: session_at(admin, "gone") is not None)
    assert {name.split(":")[1] for name, _ in holds_in_redis(redis, [gone])} == {"cache", "once"}
    admin.do("DELETE", f"sessions/{session_at(admin, 'gone')}")
    assert holds_in_redis(redis, [gone]) == set()
    assert len(holds_in_redis(redis, [kept])) == 2

    def is_asked_again() -> bool:
        """Neither by its key, nor by what it asked."""
        by_key = ask(two, token, gone, idempotency_key=gone, cache_control="no-store")
        return "idempotent-replayed" not in by_key.headers

    eventually(is_asked_again, WITHIN_S)
    eventually(lambda: ask(two, token, gone).headers["x-gossamer-cache"] == "miss", WITHIN_S)
    assert ask(two, token, kept).headers["x-gossamer-cache"] in ("hit-l1", "hit-l2")
    assert ask(two, token, kept, idempotency_key=kept).headers["idempotent-replayed"] == "true"
