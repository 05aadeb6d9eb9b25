"""Use, summed up: exact, each record once, and apart by whatever one asks."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gossamer.core.record import Usage
from gossamer.projections.traces.query import Query
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.writer import TraceFile
from gossamer.projections.usage.file import UsageFile
from gossamer.projections.usage.report import Asked, Row, TooMuch, report
from gossamer.projections.usage.sums import MINUTES_PER_DAY, Sums
from gossamer.recorder.file_sink import FileSink
from gossamer.recorder.replay.files import rebuild_sums, rebuild_traces
from gossamer.recorder.source import Source
from tests.unit.recorder.conftest import Journal

DAY_S = 86_400
AT_S = 1_800_000_000 // DAY_S * DAY_S
MINUTE = AT_S // 60
ALL = {"since": MINUTE, "until": MINUTE + 10 * MINUTES_PER_DAY}


class Clock:
    def __init__(self) -> None:
        self.now = float(AT_S)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage.db"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink(path: Path, clock: Clock) -> Iterator[FileSink]:
    made = FileSink("usage", path, UsageFile, 7.0 * DAY_S, rebuild_sums, clock)
    yield made
    made.close()


def drawn(journal: Journal, sink: FileSink) -> None:
    with closing(Source(journal.directory, sink.open())) as source:
        while batch := source.next(7):
            sink.take(batch)
    sink.close()


def told(path: Path, **asked: object) -> list[Row]:
    return report(path, Asked(**(ALL | asked)))  # type: ignore[arg-type]


def test_all_of_it_is_one_row(journal: Journal, sink: FileSink, path: Path):
    assert told(path) == [], "there is no file yet"
    journal.write(20, at=float(AT_S), usage=Usage(10, 5, 4, 1), cost_nanos=333_333_333)
    journal.write(1, at=float(AT_S), usage=None, cost_nanos=None)
    journal.write(1, at=float(AT_S), usage=None, cost_nanos=None, status=502)
    journal.write(1, at=float(AT_S), usage=None, cost_nanos=None, status=401, target=None)
    drawn(journal, sink)
    (row,) = told(path)
    assert row == Row(None, {}, Sums(23, 2, 200, 100, 80, 20, 6_666_666_660, 1))
    assert told(path, since=MINUTE + MINUTES_PER_DAY) == []


def test_apart_by_who_and_when(journal: Journal, sink: FileSink, path: Path):
    for minute, key, target, cost in ((0, "a", "x", 5), (0, "a", "y", 7), (1, "b", "x", 9), (1441, "b", "x", 11)):
        journal.write(at=AT_S + minute * 60.0, key=key, target=target, cost_nanos=cost)
    drawn(journal, sink)

    def costs(**asked: object) -> list[tuple[object, ...]]:
        return [(row.at and row.at - MINUTE, *row.who.values(), row.sums.cost_nanos) for row in told(path, **asked)]

    assert costs(by=("key",)) == [(None, "b", 20), (None, "a", 12)], "who cost most first"
    assert costs(by=("key", "target")) == [(None, "b", "x", 20), (None, "a", "y", 7), (None, "a", "x", 5)]
    assert costs(step="day") == [(0, 21), (1440, 11)]
    assert costs(step="minute") == [(0, 12), (1, 9), (1441, 11)]
    assert costs(step="minute", by=("key",), where={"target": "x"}) == [(0, "a", 5), (1, "b", 9), (1441, "b", 11)]
    assert costs(where={"key": "a"}) == [(None, 12)]
    assert costs(step="minute", since=MINUTE + 1, until=MINUTE + 2) == [(1, 9)]
    assert costs(step="day", since=MINUTE + 1, until=MINUTE + 2 * MINUTES_PER_DAY) == [(1440, 11)], "whole days only"


def test_by_the_hour_and_as_one_sum_to_the_minute(journal: Journal, sink: FileSink, path: Path):
    for minute, key, cost in ((0, "a", 1), (59, "a", 2), (60, "b", 4), (150, "a", 8)):
        journal.write(at=AT_S + minute * 60.0, key=key, cost_nanos=cost)
    drawn(journal, sink)

    def costs(**asked: object) -> list[tuple[object, ...]]:
        return [(row.at and row.at - MINUTE, *row.who.values(), row.sums.cost_nanos) for row in told(path, **asked)]

    assert costs(step="hour") == [(0, 3), (60, 4), (120, 8)]
    assert costs(step="hour", by=("key",)) == [(0, "a", 3), (60, "b", 4), (120, "a", 8)]
    assert costs(step="hour", since=MINUTE + 1, until=MINUTE + 61) == [(60, 4)], "whole hours only"
    assert costs(step="span", since=MINUTE + 59, until=MINUTE + 61) == [(None, 6)]
    assert costs(step="span", by=("key",), until=MINUTE + 61) == [(None, "b", 4), (None, "a", 3)]
    assert costs(step="span", since=MINUTE + 151) == []


def test_it_is_the_sum_of_the_traces(journal: Journal, sink: FileSink, path: Path, tmp_path: Path):
    for number in range(60):
        journal.write(at=AT_S + number * 17.0, key=f"k{number % 3}", cost_nanos=number * 1_000_003)
    drawn(journal, sink)
    drawn(journal, FileSink("traces", tmp_path / "traces.db", TraceFile, 1e9, rebuild_traces))
    traces = TraceSearch(tmp_path / "traces.db").find(Query(limit=200))
    (row,) = told(path)
    assert row.sums.requests == len(traces) == 60
    assert row.sums.cost_nanos == sum(trace.record.cost_nanos or 0 for trace in traces)


def test_whoever_dies_in_between_counts_each_once(journal: Journal, sink: FileSink, path: Path):
    for count in (1, 30, 5, 1):
        journal.write(count, at=float(AT_S))
        drawn(journal, sink)
    assert told(path)[0].sums.requests == 37


def test_minutes_go_and_days_stay(journal: Journal, sink: FileSink, path: Path, clock: Clock):
    journal.write(at=float(AT_S))
    journal.write(at=float(AT_S + 2 * DAY_S))
    drawn(journal, sink)
    clock.now += 8 * DAY_S
    sink.open()
    sink.rest()
    assert [row.at for row in told(path, step="minute")] == [MINUTE + 2 * MINUTES_PER_DAY]
    assert told(path)[0].sums.requests == 2


def test_more_than_anybody_reads_is_refused(
    journal: Journal, sink: FileSink, path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("gossamer.projections.usage.report.MOST_ROWS", 3)
    for number in range(4):
        journal.write(at=float(AT_S), key=f"k{number}")
    drawn(journal, sink)
    assert len(told(path, by=("user",))) == 1
    with pytest.raises(TooMuch, match="fewer dimensions"):
        told(path, by=("key",))
