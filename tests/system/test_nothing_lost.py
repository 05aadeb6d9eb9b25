"""Nothing is lost and nothing is counted twice, whichever part goes and returns while requests go on.

State in Postgres, traces in ClickHouse, audit events in Kafka. Each is taken away for a while, in turn, and the
recorder is killed; afterwards all of them agree to the record. Shortened here: the whole is

    NOTHING_LOST_REQUESTS=50000 NOTHING_LOST_RATE=500 pytest -s tests/system/test_nothing_lost.py
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec
import pytest

from gossamer.projections.paths import usage_path
from gossamer.projections.usage.report import Asked, report
from tests.real.brokers import Brokers, running_brokers
from tests.real.clickhouse import ClickHouse, running_clickhouse
from tests.real.clickhouse_server import PASSWORD, USER
from tests.real.postgres import Postgres, postgres
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway
from tests.system.identity.cuts import Cut
from tests.system.process_figures import tell
from tests.system.raw_client import RawClient

__all__ = ["postgres"]

REQUESTS = int(os.environ.get("NOTHING_LOST_REQUESTS", "4000"))
RATE = int(os.environ.get("NOTHING_LOST_RATE", "200"))
CALLERS = 20
PARTS = 6
"""Of the time: one for each outage, and one at either end in which all is well."""
CAUGHT_UP_S = 120.0
FAR = 1 << 40
"""A minute that nobody lives to see."""
ASK = {"model": "house", "messages": [{"role": "user", "content": "hello"}]}


@dataclass(frozen=True)
class Site:
    gateway: Gateway
    postgres: Cut
    clickhouse: ClickHouse
    brokers: Brokers

    def kill_recorder(self) -> None:
        for pid in self.gateway._running("gossamer.recorder"):
            os.kill(pid, signal.SIGKILL)

    def traces(self) -> tuple[int, int]:
        """How many, and of how many requests."""
        url = f"http://127.0.0.1:{self.clickhouse.port}/?database=gossamer"
        words = b"SELECT count(), uniqExact(id) FROM traces FINAL FORMAT JSONCompactEachRow"
        asked = Request(url, words, {"x-clickhouse-user": USER, "x-clickhouse-key": PASSWORD})
        with urlopen(asked, timeout=30) as answer:  # noqa: S310 - our own server's
            count, ids = msgspec.json.decode(answer.read())
        return int(count), int(ids)

    def used(self) -> int:
        """Requests, by the sums of days."""
        rows = report(usage_path(self.gateway.data_dir), Asked(since=0, until=FAR))
        return sum(row.sums.requests for row in rows)

    def events(self) -> Counter[str]:
        told = [msgspec.json.decode(line) for line in self.brokers.events()]
        return Counter(each["id"] for each in told if each["type"] == "request")


@pytest.fixture
def site(tmp_path: Path, postgres: Postgres) -> Iterator[Site]:
    with ExitStack() as stack:
        database = postgres.make_database()
        stack.callback(postgres.drop_database, database)
        cut = Cut(postgres.socket)
        stack.callback(cut.close)
        clickhouse = stack.enter_context(running_clickhouse(tmp_path / "clickhouse"))
        brokers = stack.enter_context(running_brokers())
        config: dict[str, Any] = {
            "state": f"postgresql://postgres@127.0.0.1:{cut.port}/{database}",
            "traces": clickhouse.url(),
            "audit": brokers.url,
            "providers": {"mock": {"kind": "mock", "mock": {"ttft": "1ms", "gap": "0s"}}},
            "models": {"house": "mock/mock"},
            "keys": [{"name": "test", "token": TOKEN}],
            "log": {"format": "text"},
        }
        gateway = stack.enter_context(start_gateway(tmp_path / "home", config, 2))
        yield Site(gateway, cut, clickhouse, brokers)


async def ask_all(gateway: Gateway) -> Counter[int]:
    """At the rate, evenly; the statuses."""
    found: Counter[int] = Counter()
    began = time.monotonic()

    async def call(number: int) -> None:
        async with RawClient(gateway.port, TOKEN) as client:
            for turn in range(number, REQUESTS, CALLERS):
                await asyncio.sleep(max(0.0, began + turn / RATE - time.monotonic()))
                await client.send("POST", "/v1/chat/completions", ASK)
                found[(await client.answer()).status] += 1

    await asyncio.gather(*(call(number) for number in range(CALLERS)))
    return found


async def take_away_in_turn(site: Site) -> None:
    """Each for its part of the time."""
    part_s = REQUESTS / RATE / PARTS
    ways: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
        (lambda: site.postgres.turn("refused"), lambda: site.postgres.turn("open")),
        (site.clickhouse.kill, site.clickhouse.start),
        (site.brokers.go, site.brokers.come_back),
        (site.kill_recorder, site.kill_recorder),
    ]
    await asyncio.sleep(part_s)
    for go, come_back in ways:
        await asyncio.to_thread(go)
        await asyncio.sleep(part_s)
        await asyncio.to_thread(come_back)


async def under_load(site: Site) -> Counter[int]:
    statuses, _ = await asyncio.gather(ask_all(site.gateway), take_away_in_turn(site))
    return statuses


def test_all_agree_whoever_was_away(site: Site):
    statuses = asyncio.run(under_load(site))
    answered = statuses.total()
    began = time.monotonic()
    eventually(lambda: site.traces()[1] >= answered, CAUGHT_UP_S)
    eventually(lambda: len(site.events()) >= answered, CAUGHT_UP_S)
    eventually(lambda: site.used() >= answered, CAUGHT_UP_S)
    took_s = time.monotonic() - began
    records, (traces, of_requests), events, used = site.gateway.records(), site.traces(), site.events(), site.used()
    tell(
        f"Postgres, ClickHouse, Kafka and the recorder away in turn, at {RATE} requests a second\n"
        f"  answered        {answered:6}  {dict(statuses)}\n"
        f"  journal lines   {len(records):6}\n"
        f"  traces          {traces:6}\n"
        f"  audit events    {len(events):6}  sent again {events.total() - len(events)}\n"
        f"  usage           {used:6}\n"
        f"  caught up {took_s:.1f} s after the last answer"
    )
    assert statuses == {200: REQUESTS}
    assert len({record.id for record in records}) == len(records) == answered
    assert set(events) == {record.id for record in records}
    assert (traces, of_requests, used) == (answered, answered, answered)
