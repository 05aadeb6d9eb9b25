"""deploy/prometheus and every query of the dashboards, asked of a real Prometheus that scrapes a page of ours."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.core.record import CacheUse, Directed, Usage
from gossamer.process.link import Gauges, Seat
from gossamer.recorder.metrics.boards import Board, CrewBoard, DiskBoard
from gossamer.recorder.metrics.page import Page
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.pump import Pump
from gossamer.recorder.source import Source
from gossamer.recorder.usage_check.watch import Counts
from tests.house.dashboards.frame import FOLDER, boards
from tests.house.metrics import metrics
from tests.real.observing.prometheus import FILES, Prometheus, eventually, prometheus_of
from tests.unit.recorder.conftest import STAGES, Journal

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="Prometheus is not installed (apt-get install prometheus): queries are only held against names",
)
CHANGES: list[dict[str, Any]] = [
    {"key": "key_1", "usage": Usage(10, 5, cached=4, reasoning=1)},
    {"status": 502, "outcome": "provider_failed"},
    {"status": 429, "outcome": "refused", "error": "budget_exceeded"},
    {"lookup": "asked"},
    {"lookup": "bloom", "status": 401},
    {"directive": Directed("d", 1, 1000, 9000)},
    {"cache": CacheUse("l1", saved_nanos=10**6)},
    {"cache": CacheUse("miss")},
]
"""One record each: every counter has something to count."""


class Scraped(ThreadingHTTPServer):
    """A node whose journal grows with each look at it."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Scrape)
        self._journal = Journal(folder / "journal", stages=(*STAGES[:-2], "cache", *STAGES[-2:]))
        sink = MetricsSink(folder / "metrics.bin")
        crew = CrewBoard()
        crew.seats = (Seat(0, 1, Gauges(2, 0.01, {"openai/small": True})),)
        self._sink = sink
        self._source = Source(self._journal.directory, sink.open())
        self._counts = Counts()
        boards: list[Board] = [crew, DiskBoard(self._journal.directory, 10**9), self._counts]
        self.page = Page(sink, [Pump(sink, folder)], boards)
        self._lock = threading.Lock()

    def look(self, accept: str) -> tuple[str, bytes]:
        with self._lock:
            for changes in CHANGES:
                self._journal.write(**{"stages_ns": list(range(1_000, 11_000, 1_000)), **changes})
            self._counts.checked += 1
            self._sink.take(self._source.next())
            return self.page.render(accept.encode())

    def close(self) -> None:
        self._source.close()
        self._journal.writer.close()
        self.server_close()


class Scrape(BaseHTTPRequestHandler):
    server: Scraped

    def do_GET(self) -> None:
        kind, page = self.server.look(self.headers["accept"])
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library calls it
        """The test says what it has to say."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    node = Scraped(tmp_path_factory.mktemp("node"))
    thread = threading.Thread(target=node.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with (
            closing(node),
            prometheus_of(tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{node.server_port}") as one,
        ):
            eventually(lambda: one.query("count_over_time(gossamer_records_dropped_total[1m]) >= 3"))
            yield one
            node.shutdown()
    finally:
        thread.join()


def test_its_scrape_is_whole(prometheus: Prometheus):
    (target,) = prometheus.ask("targets")["data"]["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    names = set(prometheus.ask("label/__name__/values")["data"])
    needs_collector = {"gossamer_otlp_spans_total"}
    assert {sample for each in metrics() for sample in each.samples} - names == needs_collector


def queries() -> list[tuple[str, str]]:
    documents: dict[str, Any] = {name: msgspec.json.decode((FOLDER / f"{name}.json").read_bytes()) for name in boards()}
    return [
        (f"{name}: {panel['title']}", target["expr"])
        for name, document in documents.items()
        for panel in document["panels"]
        for target in panel["targets"]
    ]


@pytest.mark.parametrize(("panel", "query"), queries())
def test_every_query_of_a_dashboard_finds_something(prometheus: Prometheus, panel: str, query: str):
    words = query.replace("$__rate_interval", "30s").replace("$instance", ".*")
    found = prometheus.query(words)
    assert found or "gossamer_otlp_" in query


def test_its_rules_are_well(prometheus: Prometheus):
    eventually(lambda: all(each["health"] != "unknown" for each in rules(prometheus)))
    assert [(each["name"], each["lastError"]) for each in rules(prometheus) if each["health"] != "ok"] == []


def rules(prometheus: Prometheus) -> list[Any]:
    found: list[Any] = [rule for group in prometheus.ask("rules")["data"]["groups"] for rule in group["rules"]]
    assert found
    return found


@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "gossamer.rules.yml"),
        ("test", "rules", "gossamer.rules.test.yml"),
    ],
)
def test_promtool_agrees(words: tuple[str, ...]):
    done = subprocess.run(["promtool", *words], cwd=FILES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
