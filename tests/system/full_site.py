"""A gateway with everything that it can have outside, all of which can go and come back; and what each has in the end.

State in Postgres, traces in ClickHouse, audit events in Kafka; usage and sessions in files.
"""

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec

from gossamer.journal.follower import Follower
from gossamer.journal.reader import Line
from gossamer.projections.paths import sessions_path, usage_path
from gossamer.projections.usage.report import Asked, report
from tests.real.brokers import Brokers, running_brokers
from tests.real.clickhouse import ClickHouse, running_clickhouse
from tests.real.clickhouse_server import PASSWORD, USER
from tests.real.postgres import Postgres
from tests.system.gateway import TOKEN, Gateway, start_gateway
from tests.system.identity.cuts import Cut

FAR = 1 << 40
"""A minute that nobody lives to see."""
PARTITIONS = 24
"""A stand-in for Kafka keeps 5 MB of each."""
ASK = {"model": "house", "messages": [{"role": "user", "content": "hello"}]}


@dataclass(frozen=True)
class FullSite:
    gateway: Gateway
    postgres: Cut
    clickhouse: ClickHouse
    brokers: Brokers

    @property
    def recorder(self) -> int:
        (pid,) = self.gateway._running("gossamer.recorder")
        return pid

    def kill_recorder(self) -> None:
        os.kill(self.recorder, signal.SIGKILL)

    @contextmanager
    def without_any_sink(self) -> Iterator[None]:
        """Servers are gone, and the files of the others are held by somebody who does not let go. Metrics, which are in
        memory, go on.
        """
        with ExitStack() as back:
            self.postgres.turn("refused")
            back.callback(self.postgres.turn, "open")
            self.clickhouse.kill()
            back.callback(self.clickhouse.start)
            self.brokers.go()
            back.callback(self.brokers.come_back)
            for path in (usage_path(self.gateway.data_dir), sessions_path(self.gateway.data_dir)):
                back.enter_context(held(path))
            yield

    def journal_lines(self) -> int:
        follower = Follower(self.gateway.data_dir / "journal")
        count = sum(isinstance(entry, Line) for entry in follower.poll())
        follower.close()
        return count

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

    def counted(self) -> int:
        """Requests, by the metrics."""
        with urlopen(f"{self.gateway.url}/metrics", timeout=30) as answer:  # noqa: S310 - our own server's
            lines = answer.read().decode().splitlines()
        found = [line.rpartition(" ")[2] for line in lines if line.startswith("gossamer_requests_total{")]
        return round(sum(map(float, found)))

    def events(self) -> Counter[str]:
        told = [msgspec.json.decode(line) for line in self.brokers.events()]
        return Counter(each["id"] for each in told if each["type"] == "request")


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Nobody else can write to this file of SQLite's."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def full_site(folder: Path, postgres: Postgres, workers: int = 2) -> Iterator[FullSite]:
    with ExitStack() as stack:
        database = postgres.make_database()
        stack.callback(postgres.drop_database, database)
        cut = Cut(postgres.socket)
        stack.callback(cut.close)
        clickhouse = stack.enter_context(running_clickhouse(folder / "clickhouse"))
        brokers = stack.enter_context(running_brokers(partitions=PARTITIONS))
        config: dict[str, Any] = {
            "state": f"postgresql://postgres@127.0.0.1:{cut.port}/{database}",
            "traces": clickhouse.url(),
            "audit": brokers.url,
            "providers": {"mock": {"kind": "mock", "mock": {"ttft": "1ms", "gap": "0s"}}},
            "models": {"house": "mock/mock"},
            "keys": [{"name": "test", "token": TOKEN}],
            "log": {"format": "text"},
        }
        gateway = stack.enter_context(start_gateway(folder / "home", config, workers))
        yield FullSite(gateway, cut, clickhouse, brokers)
