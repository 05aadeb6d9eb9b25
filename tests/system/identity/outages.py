"""One gateway whose Postgres, Redis and control process can be cut off, and what its clients see of that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from gossamer.control.tokens import mint_token
from gossamer.feed.paths import feed_path
from tests.real.postgres import Postgres
from tests.real.redis import RedisServer
from tests.system.gateway import eventually, start_gateway
from tests.system.identity.administration import Made, Person, register
from tests.system.identity.cuts import Cut
from tests.system.node import CONFIG, Answer, Node

WORKERS = 2
ASK_TIMEOUT_S = 1.0
TRIES = 12
"""Requests on new connections, so many that each of two workers gets some: once in two thousand runs one gets none."""


class Cast(NamedTuple):
    """Who asks. All but the configured key are of the store."""

    known: Made
    revoked: Made
    """Known too, and revoked on another node while the first cannot hear of it."""
    limited: Made
    """Known, with a limit that is far away."""
    bad: str
    """A token that was found to be none."""


class Rig:
    """The gateway under test, a second node whose ways nobody cuts, and the ways."""

    def __init__(self, node: Node, other: Node, admin: Person, postgres: Cut, redis: Cut) -> None:
        self.node = node
        self.other = other
        self.admin = admin
        """At the other node."""
        self.postgres = postgres
        self.redis = redis

    @property
    def pids(self) -> tuple[int, ...]:
        return (self.node.gateway.control, *self.node.gateway.workers)

    def cast(self) -> Cast:
        add = self.admin.add_key
        cast = Cast(add(), add(), add(limits={"requests_per_min": 1_000_000}), mint_token().token)
        self.warm(cast)
        return cast

    def warm(self, cast: Cast) -> None:
        """All workers know again who these are."""
        for key in (cast.known, cast.revoked, cast.limited):
            eventually(partial(self.is_let_in, key.token))
        assert set(self.statuses(cast.bad)) == {401}

    def is_let_in(self, token: str) -> bool:
        """By each worker."""
        return set(self.statuses(token)) == {200}

    def statuses(self, token: str) -> list[int]:
        return [answer.status for answer in self.asked(token)]

    def asked(self, token: str) -> list[Answer]:
        return [self.node.chat(token) for _ in range(TRIES)]


@contextmanager
def started(home: Path, postgres: Postgres, database: str, redis: RedisServer, counters_down: str) -> Iterator[Rig]:
    """Both nodes, on one database and one Redis."""
    to_postgres, to_redis = Cut(postgres.socket), Cut(("127.0.0.1", redis.port))
    near = {**CONFIG, "state": postgres.url_of(database), "counters": redis.url}
    far: dict[str, Any] = {
        **CONFIG,
        "state": f"postgresql://postgres@127.0.0.1:{to_postgres.port}/{database}",
        "counters": f"redis://127.0.0.1:{to_redis.port}/0",
        "counters_down": counters_down,
        "auth": {"ask_timeout": f"{ASK_TIMEOUT_S:g}s"},
    }
    try:
        with start_gateway(home / "a", far, WORKERS) as one, start_gateway(home / "b", near) as two:
            node, other = Node(one), Node(two)
            yield Rig(node, other, register(other), to_postgres, to_redis)
    finally:
        to_postgres.close()
        to_redis.close()


@contextmanager
def slow_feed(node: Node) -> Iterator[None]:
    """What workers and control process say to each other is late: their connections lead through a proxy meanwhile."""
    path = feed_path(node.gateway.data_dir)
    behind = path.with_name("feed.behind.sock")
    path.rename(behind)
    cut = Cut(str(behind), path)
    try:
        pid = node.kill_control()  # so that all connect anew
        eventually(lambda: node.has_control(pid) and all(node.is_ready() for _ in range(TRIES)))
        cut.turn("slow")
        yield
    finally:
        cut.close()
        path.unlink(missing_ok=True)
        behind.rename(path)


def ready_in_words(answers: list[Answer]) -> str:
    kinds = sorted({f"{answer.status} `{answer.body.get('status', 'unavailable')}`" for answer in answers})
    return " or ".join(kinds)


def longest_s(answers: list[Answer]) -> float:
    return max(answer.took_s for answer in answers)


def in_words(answers: list[Answer]) -> str:
    """What all of them are, as the page says it; with a count where they differ."""
    said = [_in_words(answer) for answer in answers]
    kinds = sorted(set(said))
    return kinds[0] if len(kinds) == 1 else ", ".join(f"{said.count(kind)} x {kind}" for kind in kinds)


def _in_words(answer: Answer) -> str:
    if answer.status < 400:
        return str(answer.status)
    assert answer.status != 503 or int(answer.headers["retry-after"]) >= 1
    return f"{answer.status} `{answer.code}`"


def until(happens: Callable[[], bool]) -> None:
    eventually(happens, within_s=60.0)
