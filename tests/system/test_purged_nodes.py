"""Two nodes of two workers each (Postgres, Redis): what is purged at one of them none of the four gives again."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from tests.real.postgres import Postgres, postgres
from tests.real.redis import redis_server
from tests.system.gateway import eventually, start_gateway
from tests.system.identity.administration import Person, register
from tests.system.node import CHAT, CONFIG, Answer, Node

__all__ = ["postgres"]

WORKERS = 2


class Held:
    """The calls that are held: whether one has begun, and whether they may end."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.over = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    """Answers with the time at which it was asked; what is to be held, when the test says so."""

    protocol_version = "HTTP/1.1"
    held: "Held"

    def do_POST(self) -> None:
        asked_at = time.time()
        if b"hold" in self.rfile.read(int(self.headers["content-length"])):
            self.held.begun.set()
            self.held.over.wait(60)
        choice = {"index": 0, "message": {"role": "assistant", "content": f"{asked_at:.6f}"}, "finish_reason": "stop"}
        body = msgspec.json.encode({"id": "c1", "object": "chat.completion", "choices": [choice]})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def provider(held: Held) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"held": held}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        held.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def nodes(tmp_path: Path, postgres: Postgres, held: Held) -> Iterator[list[Node]]:
    name = postgres.make_database()
    with ExitStack() as stack:
        redis, url = stack.enter_context(redis_server()), stack.enter_context(provider(held))
        config = {
            **CONFIG,
            "state": postgres.url_of(name),
            "counters": redis.url,
            "cache": {"enabled": True, "l2": "redis", "secret": "of-both-nodes"},
            "providers": {"up": {"kind": "openai-compatible", "base_url": url, "api_keys": ["k"]}},
            "models": {"house": "up/house"},
        }
        yield [Node(stack.enter_context(start_gateway(tmp_path / each, config, WORKERS))) for each in ("one", "two")]
    postgres.drop_database(name)


class Asker:
    """One key, in the name of one agent."""

    def __init__(self, nodes: list[Node], admin: Person) -> None:
        self.nodes = nodes
        self.key = admin.add_key()
        self.agent = admin.add_agent()

    def ask(self, node: Node, words: str = "hi") -> Answer:
        body = {"model": "house", "messages": [{"role": "user", "content": words}]}
        answer = node.request("POST", CHAT, self.key.token, body, x_agent_id=self.agent)
        assert answer.status == 200, answer
        return answer

    def times(self, words: str = "hi") -> list[float]:
        """When what each of the workers gives was asked for."""
        told: dict[tuple[int, int], float] = {}
        while len(told) < WORKERS * len(self.nodes):
            for number, node in enumerate(self.nodes):
                answer = self.ask(node, words)
                told[number, node.gateway.record_of(answer.headers["x-request-id"]).worker] = asked_at(answer)
        return list(told.values())


def asked_at(answer: Answer) -> float:
    return float(answer.body["choices"][0]["message"]["content"])


def purge(admin: Person, by: str, name: str) -> float:
    """When it was said."""
    at = time.time()
    admin.do("POST", "cache/purge", {"by": by, "name": name} if name else {"by": by})
    return at


def test_by_whatever_it_is_meant(nodes: list[Node]):
    admin = register(nodes[0])
    asker = Asker(nodes, admin)
    meant = [
        ("key", asker.key.id), ("agent", asker.agent), ("user", admin.id), ("model", "house"), ("model", "up/house"),
        ("all", ""),
    ]  # fmt: skip
    for by, name in meant:
        asker.times()
        at = purge(admin, by, name)
        eventually(lambda at=at: min(asker.times()) > at)  # type: ignore[misc]
        assert min(asker.times()) > at, "and none of them forgets that"


def test_what_was_under_way_is_not_kept_by_anybody(nodes: list[Node], held: Held):
    admin = register(nodes[0])
    asker = Asker(nodes, admin)
    with ThreadPoolExecutor() as clients:
        before = clients.submit(asker.ask, nodes[1], "hold")
        assert held.begun.wait(60)
        asker.times()
        at = purge(admin, "all", "")
        eventually(lambda: min(asker.times()) > at)
        held.over.set()
        assert asked_at(before.result()) < at, "who had asked gets it"
    assert min(asker.times("hold")) > at
