"""Traces in SQLite: each once, whatever dies in between, and found again by whatever one looks for."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from gossamer.projections.traces.query import Place, Query
from gossamer.projections.traces.schema import STEPS
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.writer import TraceFile
from gossamer.recorder.file_sink import SWEEP_EVERY_S, FileSink
from gossamer.recorder.replay.files import rebuild_traces
from gossamer.recorder.sink import SinkAway
from gossamer.recorder.source import Source
from tests.unit.recorder.conftest import STAGES, Journal

AT_S = 1_800_000_000
US = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = float(AT_S)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink(path: Path, clock: Clock) -> Iterator[FileSink]:
    made = FileSink("traces", path, TraceFile, 3600.0, rebuild_traces, clock)
    yield made
    made.close()


def drawn(journal: Journal, sink: FileSink) -> None:
    with closing(Source(journal.directory, sink.open())) as source:
        while batch := source.next(50):
            sink.take(batch)
    sink.close()


def found(path: Path, **asked: object) -> list[int]:
    """The numbers of the records."""
    traces = TraceSearch(path).find(Query(**{"order": "oldest"} | asked))  # type: ignore[arg-type]
    return [trace.record.seq for trace in traces]


def test_each_record_is_a_trace_as_it_was_written(journal: Journal, sink: FileSink, path: Path):
    journal.write(3)
    drawn(journal, sink)
    traces = TraceSearch(path).find(Query(order="oldest"))
    assert [trace.record.id for trace in traces] == ["req_0", "req_1", "req_2"]
    assert traces[0].stages == STAGES
    assert traces[0].at_us == AT_S * US
    assert b'"id":"req_0"' in traces[0].data


def test_what_is_drawn_in_pieces_is_there_once(journal: Journal, sink: FileSink, path: Path):
    for count in (1, 30, 80, 1):
        journal.write(count)
        drawn(journal, sink)
    assert found(path, limit=200) == list(range(112))


def test_what_comes_a_second_time_changes_nothing(journal: Journal, sink: FileSink, path: Path):
    journal.write(5)
    drawn(journal, sink)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM positions")
    drawn(journal, sink)
    assert found(path) == list(range(5))


def test_a_batch_that_breaks_leaves_nothing(journal: Journal, sink: FileSink, path: Path):
    journal.write(5)
    with closing(Source(journal.directory, sink.open())) as source:
        batch = source.next()
    with pytest.raises(SinkAway):
        sink.take(replace(batch, moved={object(): 1}))
    sink.close()
    assert found(path) == []
    drawn(journal, sink)
    assert found(path) == list(range(5))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"key": "k2"}, [2]),
        ({"user": "u3"}, [3]),
        ({"agent": "a4"}, [4]),
        ({"model": "large"}, [5]),
        ({"target": "local/other"}, [6]),
        ({"outcome": "client_gone"}, [7]),
        ({"status_least": 400}, [7, 8]),
        ({"status_least": 503, "status_most": 503}, [8]),
        ({"cost_least_nanos": 10**9}, [9]),
        ({"total_least_us": 60 * US}, [10]),
        ({"text": "50%_off"}, [11]),
        ({"text": "went wrong"}, [8]),
        ({"since_us": (AT_S + 9) * US}, [9, 10, 11]),
        ({"until_us": (AT_S + 2) * US}, [0, 1]),
        ({"since_us": (AT_S + 3) * US, "until_us": (AT_S + 6) * US, "model": "large"}, [5]),
        ({"key": "nobody's"}, []),
    ],
)
def test_what_one_looks_for_is_found(
    journal: Journal, sink: FileSink, path: Path, asked: dict[str, object], expected: list[int]
):
    journal.write(2)
    journal.write(key="k2")
    journal.write(user="u3")
    journal.write(agent="a4")
    journal.write(model="large")
    journal.write(target="local/other")
    journal.write(outcome="client_gone", status=499)
    journal.write(status=503, error="it went wrong")
    journal.write(cost_nanos=10**9)
    journal.write(total_ns=60 * 10**9)
    journal.write(request_id="50%_off")
    drawn(journal, sink)
    assert found(path, **asked) == expected


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_follow_each_other_without_a_gap(journal: Journal, sink: FileSink, path: Path, order: str):
    journal.write(10, at=float(AT_S))  # all in one microsecond
    journal.write(15)
    drawn(journal, sink)
    search, seen, after = TraceSearch(path), [], None
    while page := search.find(Query(limit=4, after=after, order=order)):  # type: ignore[arg-type]
        seen += [trace.record.id for trace in page]
        after = Place(page[-1].at_us, page[-1].record.id)
    assert len(seen) == len(set(seen)) == 25
    places = [(AT_S if number < 10 else AT_S + number, f"req_{number}") for number in range(25)]
    assert seen == [name for _, name in sorted(places, reverse=order == "newest")]


def test_one_is_read_by_its_id(journal: Journal, sink: FileSink, path: Path):
    assert TraceSearch(path).trace("req_1") is None, "there is no file yet"
    journal.write(3)
    drawn(journal, sink)
    one = TraceSearch(path).trace("req_1")
    assert one is not None
    assert one.record.seq == 1
    assert TraceSearch(path).trace("req_9") is None


def test_old_ones_go_and_young_ones_stay(journal: Journal, sink: FileSink, path: Path, clock: Clock):
    journal.write(100)
    drawn(journal, sink)
    clock.now += 3600 + 49.5
    sink.open()
    sink.rest()
    assert found(path, limit=200) == list(range(50, 100))
    sink.rest()  # nothing went this time, so it need not look again soon
    clock.now += SWEEP_EVERY_S - 1
    sink.rest()
    assert found(path, limit=200) == list(range(50, 100))
    clock.now += 1
    sink.rest()
    assert found(path, limit=200) == list(range(60, 100))


def test_a_file_of_a_later_release_is_left_alone(sink: FileSink, path: Path):
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 2}")
    with pytest.raises(SinkAway, match="a later release"):
        sink.open()


def test_where_no_file_can_be_the_sink_is_away(tmp_path: Path):
    with pytest.raises(SinkAway, match="nowhere"):
        FileSink("traces", tmp_path / "nowhere" / "traces.db", TraceFile, 60.0, rebuild_traces).open()


def test_only_its_owner_can_read_the_file(sink: FileSink, path: Path):
    sink.open()
    assert path.stat().st_mode & 0o777 == 0o600
