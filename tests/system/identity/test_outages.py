"""Postgres, Redis and the control process go away, each in three ways, and come back: what clients see of it.

What is seen is held against the table in docs/reference/outages.md, word by word. The times are printed; a limit is set
to them only where they are promised, with room for a machine that is busy.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from gossamer.control.tokens import mint_token
from tests.house.pages import table
from tests.real import redis as servers
from tests.real.postgres import Postgres
from tests.real.redis import RedisServer
from tests.system.identity.cuts import kept_dead, stopped
from tests.system.identity.outages import (
    ASK_TIMEOUT_S,
    Cast,
    Rig,
    in_words,
    longest_s,
    ready_in_words,
    slow_feed,
    started,
    until,
)
from tests.system.node import Answer
from tests.system.process_figures import tell

REFUSING = "Redis, with `counters_down: refuse`"
PAGE = "docs/reference/outages.md"
SLACK_S = 1.5
"""What a busy machine may add to a time that is promised: still far below the 5 s of a slow way."""
COUNTED_S = 0.25
"""The longest that a request waits for Redis."""
FORWARDED_S = 10.0
"""The longest that a control path waits for the control process."""
STORE_S = 4.0
"""The longest that the control process waits for its store."""


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with servers.redis_server() as server:
        yield server


@pytest.fixture(scope="module")
def rig(postgres: Postgres, database: str, redis_server: RedisServer, tmp_path_factory) -> Iterator[Rig]:
    with started(tmp_path_factory.mktemp("outages"), postgres, database, redis_server, "local") as rig:
        yield rig


@pytest.fixture(scope="module")
def refusing_rig(postgres: Postgres, redis_server: RedisServer, tmp_path_factory) -> Iterator[Rig]:
    name = postgres.make_database()
    with started(tmp_path_factory.mktemp("refusing"), postgres, name, redis_server, "refuse") as rig:
        yield rig
    postgres.drop_database(name)


OUTAGES: dict[tuple[str, str], Callable[[Rig], AbstractContextManager[object]]] = {
    ("Postgres", "refuses connections"): lambda rig: rig.postgres.turned("refused"),
    ("Postgres", "does not answer"): lambda rig: rig.postgres.turned("dark"),
    ("Postgres", "answers 5 s late"): lambda rig: rig.postgres.turned("slow"),
    ("Redis", "refuses connections"): lambda rig: rig.redis.turned("refused"),
    ("Redis", "does not answer"): lambda rig: rig.redis.turned("dark"),
    ("Redis", "answers 5 s late"): lambda rig: rig.redis.turned("slow"),
    (REFUSING, "refuses connections"): lambda rig: rig.redis.turned("refused"),
    (REFUSING, "does not answer"): lambda rig: rig.redis.turned("dark"),
    (REFUSING, "answers 5 s late"): lambda rig: rig.redis.turned("slow"),
    ("control process", "is dead, and each successor too"): lambda rig: kept_dead(rig.node.gateway),
    ("control process", "does nothing"): lambda rig: stopped(rig.node.gateway.control),
    ("control process", "answers its workers 5 s late"): lambda rig: slow_feed(rig.node),
}
COLUMNS = ("known key", "unknown key", "wrong key", "key known to be bad", "limited key", "control paths", "`/readyz`")


def rows() -> dict[tuple[str, str], list[str]]:
    """The page's table."""
    found = table(PAGE, "away")
    assert found.heads == ["away", "how", *COLUMNS]
    return {(row[0], row[1]): row[2:] for row in found.rows}


def test_the_page_has_each_outage_once():
    assert set(rows()) == set(OUTAGES)


@pytest.mark.parametrize(("what", "how"), OUTAGES)
def test_an_outage_is_what_the_page_says_and_passes_by_itself(request: pytest.FixtureRequest, what: str, how: str):
    rig: Rig = request.getfixturevalue("refusing_rig" if what == REFUSING else "rig")
    cast = rig.cast()
    pids = rig.pids
    with OUTAGES[what, how](rig):
        unknown = rig.admin.add_key()
        rig.admin.do("POST", f"keys/{cast.revoked.id}/revoke")
        seen = look(rig, cast, unknown.token)
        ended_s = time.monotonic()
    back_s = come_back(rig, cast, unknown.token) - ended_s
    cells = [in_words(answers) for answers in seen[:-1]] + [ready_in_words(seen[-1])]
    tell(f"| {what} | {how} | {' | '.join(cells)} |")
    longest = ", ".join(
        f"{name} {longest_s(answers) * 1000:.0f} ms" for name, answers in zip(COLUMNS, seen, strict=True)
    )
    tell(f"longest: {longest}; all is well {back_s:.2f} s after it was over")
    assert cells == rows()[what, how]
    for answers, most_s in zip(seen, most_of(what), strict=True):
        assert longest_s(answers) <= most_s + SLACK_S
    if what != "control process":
        assert rig.pids == pids, "nobody was restarted"


def look(rig: Rig, cast: Cast, unknown: str) -> list[list[Answer]]:
    """What all sorts of requests get, in the order of the columns. Those that wait do so side by side."""
    node = rig.node
    asks: list[Callable[[], Answer]] = [
        lambda: node.chat(unknown),
        lambda: node.chat(mint_token().token),
        lambda: node.request("GET", "/admin/v1/keys", rig.admin.token),
        lambda: node.request("GET", "/readyz"),
    ]
    with ThreadPoolExecutor(len(asks) * 4) as pool:
        waiting = [[pool.submit(ask) for _ in range(4)] for ask in asks]
        known, limited, bad = rig.asked(cast.known.token), rig.asked(cast.limited.token), rig.asked(cast.bad)
        asked, wrong, admin, ready = ([each.result() for each in some] for some in waiting)
    return [known, asked, wrong, bad, limited, admin, ready]


def come_back(rig: Rig, cast: Cast, unknown: str) -> float:
    """Everything is as if nothing had been. When that was so."""
    until(lambda: set(rig.statuses(cast.revoked.token)) == {401})
    until(lambda: set(rig.statuses(unknown)) == {200})
    until(lambda: rig.node.chat(mint_token().token).status == 401)
    until(lambda: rig.node.request("GET", "/admin/v1/keys", rig.admin.token).status == 200)
    until(lambda: ready_in_words([rig.node.request("GET", "/readyz")]) == "200 `ready`")
    until(lambda: set(rig.statuses(cast.limited.token)) == {200})
    back_s = time.monotonic()
    assert set(rig.statuses(cast.known.token)) == {200}
    assert set(rig.statuses(cast.bad)) == {401}
    return back_s


def most_of(what: str) -> tuple[float, ...]:
    """How long anybody may wait, in the order of the columns."""
    forwarded_s = FORWARDED_S if what == "control process" else STORE_S
    counted_s = COUNTED_S if what.startswith("Redis") else 0.0
    return (0.0, ASK_TIMEOUT_S, ASK_TIMEOUT_S, 0.0, counted_s, forwarded_s, forwarded_s)
