"""The journal taken again: nothing twice, nothing that was there lost, whatever the journal has no more."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from gossamer.config.capture import CaptureSettings
from gossamer.core.record import Content
from gossamer.projections.replays import Order, Outcome, ReplayDesk
from gossamer.projections.traces.writer import TraceFile
from gossamer.projections.usage.file import UsageFile
from gossamer.recorder.file_sink import FileSink
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.replay import sink as replay_sink
from gossamer.recorder.replay.files import rebuild_sums, rebuild_traces
from gossamer.recorder.replay.sink import ReplayingSink
from gossamer.recorder.sink import Sink
from gossamer.recorder.source import Source
from gossamer.recorder.veil import veil
from tests.unit.recorder.conftest import Journal, Memory

AT_S = 1_800_000_000
COST = 2_500


class House:
    """Sinks of one node, driven by hand."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.journal = Journal(data_dir / "journal")
        self.desk = ReplayDesk(data_dir)
        self.metrics = MetricsSink(data_dir / "metrics.bin")
        self.sinks: dict[str, Sink] = {
            "usage": FileSink("usage", data_dir / "usage.db", UsageFile, 1e12, rebuild_sums),
            "traces": FileSink("traces", data_dir / "traces.db", TraceFile, 1e12, rebuild_traces),
            "metrics": self.metrics,
            "memory": Memory(),
        }
        self.desk.announce(self.sinks)

    def draw(self, name: str, most: int = 20) -> None:
        sink = ReplayingSink(self.sinks[name], self.data_dir)
        with closing(Source(self.data_dir / "journal", sink.open())) as source:
            while batch := source.next(most):
                sink.take(batch)
            sink.rest()
        sink.close()

    def replay(self, name: str, **order: object) -> Outcome:
        self.desk.give(name, Order(**order))  # type: ignore[arg-type]
        self.draw(name)
        outcome = self.desk.outcome_for(name)
        assert outcome is not None
        return outcome

    def sums(self, table: str) -> tuple[int, int]:
        with closing(sqlite3.connect(self.data_dir / "usage.db")) as file:
            found = file.execute(f"SELECT total(requests), total(cost_nanos) FROM {table}").fetchone()  # noqa: S608 - a test's own
        return int(found[0]), int(found[1])

    def change(self, file: str, words: str) -> None:
        with sqlite3.connect(self.data_dir / file) as connection:
            connection.execute(words)
        connection.close()

    def traces(self) -> int:
        with closing(sqlite3.connect(self.data_dir / "traces.db")) as file:
            return int(file.execute("SELECT count(*) FROM traces").fetchone()[0])


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(replay_sink, "LOOK_EVERY_S", 0.0)
    made = House(tmp_path)
    yield made
    made.journal.writer.close()


def both(house: House) -> tuple[tuple[int, int], tuple[int, int]]:
    return house.sums("minutes"), house.sums("days")


@pytest.mark.parametrize("since", [0.0, AT_S + 30.0, AT_S + 100.0])
def test_sums_that_were_right_stay_as_they_are(house: House, since: float):
    house.journal.write(150)
    house.draw("usage")
    outcome = house.replay("usage", since=since)
    assert outcome.kept == 0
    assert both(house) == ((150, 150 * COST),) * 2


def test_sums_that_are_wrong_are_mended(house: House):
    house.journal.write(150)
    house.draw("usage")
    house.change("usage.db", "UPDATE minutes SET requests = 1, cost_nanos = 7 WHERE at % 2 = 1")
    house.change("usage.db", f"UPDATE days SET requests = 91, cost_nanos = {90 * COST + 7}")  # noqa: S608 - the same
    house.replay("usage")
    assert both(house) == ((150, 150 * COST),) * 2


def test_what_comes_after_a_replay_comes_once(house: House):
    house.journal.write(30)
    house.draw("usage")
    house.desk.give("usage", Order())
    house.journal.write(45)  # more than was taken when the order is carried out
    house.draw("usage")
    assert both(house) == ((75, 75 * COST),) * 2


def test_sums_of_which_the_journal_has_no_record_stay_and_are_told(house: House):
    house.journal.write(150)
    house.draw("usage")
    oldest = min((house.data_dir / "journal").iterdir())
    oldest.unlink()
    outcome = house.replay("usage")
    assert outcome.read < 150
    assert outcome.kept > 0
    assert both(house) == ((150, 150 * COST),) * 2


def test_who_insists_has_what_the_journal_has(house: House):
    house.journal.write(150)
    house.draw("usage")
    min((house.data_dir / "journal").iterdir()).unlink()
    outcome = house.replay("usage", is_strict=True)
    assert both(house) == ((outcome.read, outcome.read * COST),) * 2


def test_days_whose_minutes_are_gone_are_not_touched(house: House):
    house.journal.write(120)
    house.draw("usage")
    first = AT_S // 60
    house.change("usage.db", f"DELETE FROM minutes WHERE at = {first}")  # noqa: S608 - as the sweep does
    house.replay("usage")
    assert house.sums("days") == (120, 120 * COST)
    assert house.sums("minutes") == (60, 60 * COST)


def test_traces_that_were_lost_are_there_again_and_others_stay(house: House):
    house.journal.write(50)
    house.draw("traces")
    house.change("traces.db", "DELETE FROM traces WHERE id < 'req_3'")
    assert house.replay("traces") == Outcome(read=50)
    assert house.traces() == 50
    house.journal.write(100)
    house.draw("traces")
    min((house.data_dir / "journal").iterdir()).unlink()
    outcome = house.replay("traces")
    assert outcome.kept == 150 - outcome.read > 0
    assert house.traces() == 150
    assert house.replay("traces", is_strict=True).kept == 0
    assert house.traces() == outcome.read


def test_metrics_are_counted_anew_unless_that_loses_some(house: House):
    house.journal.write(120)
    house.draw("metrics")
    counted = house.metrics.book.counters["gossamer_requests"]
    assert house.replay("metrics").read == 120
    assert house.metrics.book.counters["gossamer_requests"] == counted
    assert "--from" in house.replay("metrics", since=float(AT_S)).refused
    min((house.data_dir / "journal").iterdir()).unlink()
    refused = house.replay("metrics").refused
    assert "of the 120 requests" in refused
    assert house.metrics.book.counters["gossamer_requests"] == counted
    read = house.replay("metrics", is_strict=True).read
    assert sum(house.metrics.book.counters["gossamer_requests"].values()) == read < 120


def test_a_sink_that_cannot_says_so(house: House):
    assert "cannot" in house.replay("memory").refused


def test_an_order_outlives_a_sink_that_is_away(house: House, monkeypatch: pytest.MonkeyPatch):
    house.journal.write(10)
    house.draw("usage")
    house.desk.give("usage", Order())
    blocker = sqlite3.connect(house.data_dir / "usage.db")
    blocker.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("gossamer.projections.file.BUSY_S", 0.01)
    from gossamer.recorder.sink import SinkAway

    with pytest.raises(SinkAway):
        house.draw("usage")
    blocker.close()
    assert house.desk.outcome_for("usage") is None
    house.draw("usage")
    assert house.desk.outcome_for("usage") == Outcome(read=10)


def test_a_defect_is_told_and_does_not_come_again(house: House, caplog: pytest.LogCaptureFixture):
    def stumble(*_: object) -> Outcome:
        raise KeyError("a defect")

    house.sinks["usage"]._rebuild_file = stumble  # type: ignore[attr-defined]
    house.journal.write(3)
    house.draw("usage")
    assert "defect" in house.replay("usage").refused
    assert "met a defect" in caplog.text
    assert house.desk.order_for("usage") is None


def test_it_looks_for_orders_now_and_then(tmp_path: Path):
    sink = ReplayingSink(Memory(), tmp_path)
    sink.open()
    looked = []
    sink._desk.order_for = lambda name: looked.append(time.monotonic())  # type: ignore[method-assign,assignment]
    for _ in range(100):
        sink.rest()
    assert len(looked) == 1


def test_what_comes_from_the_past_comes_behind_the_veil_too(house: House):
    secret = "write to ada@example.com"
    house.journal.write(content=Content("a", "b", secret, secret))
    sink = ReplayingSink(house.sinks["traces"], house.data_dir, veil(CaptureSettings(content="redacted")))
    with closing(Source(house.data_dir / "journal", {})) as source:
        moved = source.next().moved
    sink.open()
    sink._positions = dict(moved)
    house.desk.give("traces", Order())
    sink.rest()
    sink.close()
    assert house.traces() == 1
    assert b"ada@example.com" not in b"".join(path.read_bytes() for path in house.data_dir.glob("traces.db*"))
