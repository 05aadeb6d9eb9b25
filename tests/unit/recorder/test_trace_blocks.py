"""Searches through many blocks of traces: what is found is what is there, and what cannot be there is not read."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from gossamer.projections.file import ProjectionFile
from gossamer.projections.traces import search as search_module
from gossamer.projections.traces.blocks import numbers_of
from gossamer.projections.traces.query import Place, Query
from gossamer.projections.traces.schema import STEPS
from gossamer.projections.traces.search import TraceSearch, _Walk
from gossamer.projections.traces.trace import Trace
from gossamer.projections.traces.writer import COLUMNS, TraceFile, _row
from tests.unit.recorder.conftest import STAGES, record_of

AT_S = 1_800_000_000
COUNT = 3_500
"""More than three blocks."""


def trace_of(number: int, **changes: object) -> Trace:
    record = record_of(number, **changes)
    return Trace(record, msgspec.json.encode(record), STAGES)


def some_traces() -> list[Trace]:
    """As they come: by the end of the request, which is not the order of their beginnings."""
    chance = random.Random(7)
    return [
        trace_of(
            number,
            at=AT_S + max(0, number - chance.choice((0, 1, 3, 900))) // 2 / 10,
            status=chance.choice((200,) * 20 + (429, 503)),
            key=f"k{chance.choice((0, 0, 0, 1, 2)) + number // 1200}",
            user=None if chance.random() < 0.9 else "u",
            agent="rare" if number in (1, 1500, 1501, 3400) else None,
            cost_nanos=chance.choice((None, 5, 7_000)) if number != 2100 else 10**12,
            total_ns=10**9 if number % 1300 else 10**13,
            error="it went wrong" if number % 700 == 3 else None,
        )
        for number in range(COUNT)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


@pytest.fixture
def file(path: Path) -> Iterator[TraceFile]:
    with closing(TraceFile(path)) as made:
        yield made


def stored(file: TraceFile, traces: list[Trace], step: int = 300) -> None:
    for begin in range(0, len(traces), step):
        file.store(traces[begin : begin + step], {}, ())


WANTED: dict[str, tuple[dict[str, object], Callable[[Trace], bool]]] = {
    "all": ({}, lambda _: True),
    "a key": ({"key": "k1"}, lambda each: each.record.key == "k1"),
    "a key of the newest": ({"key": "k4"}, lambda each: each.record.key == "k4"),
    "nobody": ({"key": "nobody"}, lambda _: False),
    "a rare agent": ({"agent": "rare"}, lambda each: each.record.agent == "rare"),
    "errors": ({"status_least": 400}, lambda each: each.record.status >= 400),
    "no errors": ({"status_most": 399, "user": "u"}, lambda each: each.record.status < 400 and each.record.user == "u"),
    "a status": ({"status_least": 503, "status_most": 503}, lambda each: each.record.status == 503),
    "slow": ({"total_least_us": 10**9}, lambda each: each.record.total_ns >= 10**12),
    "dear": ({"cost_least_nanos": 10**10}, lambda each: (each.record.cost_nanos or 0) >= 10**10),
    "text": ({"text": "went"}, lambda each: each.record.error is not None),
    "a time": (
        {"since_us": (AT_S + 50) * 10**6, "until_us": (AT_S + 90) * 10**6, "key": "k0"},
        lambda each: AT_S + 50 <= each.record.at < AT_S + 90 and each.record.key == "k0",
    ),
}


@pytest.mark.parametrize("nearest", [3, 1_000_000], ids=["in blocks", "nearest"])
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_of_every_search_are_what_is_there(
    path: Path, file: TraceFile, monkeypatch: pytest.MonkeyPatch, order: str, nearest: int
):
    monkeypatch.setattr(search_module, "NEAREST", nearest)
    traces = some_traces()
    stored(file, traces)
    for name, (asked, is_wanted) in WANTED.items():
        places = sorted(((each.at_us, each.record.id) for each in traces if is_wanted(each)), reverse=order == "newest")
        seen: list[tuple[int, str]] = []
        after = None
        while page := TraceSearch(path).find(Query(limit=150, after=after, order=order, **asked)):  # type: ignore[arg-type]
            seen += [(each.at_us, each.record.id) for each in page]
            after = Place(*seen[-1])
        assert seen == places, name


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"agent": "rare"}, 2),
        ({"agent": "rare", "key": "k9"}, 0),
        ({"total_least_us": 10**12}, 0),
        ({"cost_least_nanos": 10**10}, 1),
        ({"key": "nobody"}, 0),
        ({"status_least": 999}, 0),
        ({"until_us": AT_S * 10**6}, 0),
        ({}, 3),
    ],
)
def test_only_blocks_that_have_it_are_read(path: Path, file: TraceFile, asked: dict[str, object], count: int):
    stored(file, some_traces())
    with closing(sqlite3.connect(path)) as connection:
        assert len(_Walk(connection, Query(**asked))._blocks()) == count  # type: ignore[arg-type]


def test_of_a_block_only_traces_that_have_all_of_it_are_read(path: Path, file: TraceFile):
    traces = some_traces()[:1023]
    stored(file, traces)
    with closing(sqlite3.connect(path)) as connection:
        walk = _Walk(connection, Query(key="k1", user="u", status_least=429, total_least_us=1))
        named = {n - 1 for n in numbers_of(0, walk._marked(0))}
    wanted = {
        number
        for number, each in enumerate(traces)
        if each.record.key == "k1" and each.record.user == "u" and each.record.status >= 429
    }
    assert named == wanted
    assert len(wanted) < 20


def test_what_is_nearest_is_read_in_the_order_of_an_index(path: Path, file: TraceFile):
    with closing(sqlite3.connect(path)) as connection:
        said: list[str] = []
        connection.set_trace_callback(said.append)
        _Walk(connection, Query(key="k", since_us=1, after=Place(5, "x")))._nearest()
        (words,) = said
        plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {words}"))
    assert "traces_at" in plan
    assert "TEMP B-TREE" not in plan


def test_marks_are_written_once_a_block_when_it_is_full(path: Path, file: TraceFile):
    stored(file, [trace_of(number) for number in range(COUNT)], step=10)
    with closing(sqlite3.connect(path)) as connection:
        (marks,) = connection.execute("SELECT count(*) FROM marks").fetchone()
    assert marks == 3 * len(("model", "target", "outcome", "status", "slow", "dear"))


def test_what_goes_takes_its_blocks_along_and_what_comes_into_their_place_is_found(path: Path, file: TraceFile):
    stored(file, some_traces())
    while file.forget_before(AT_S + 10_000.0):
        pass
    with closing(sqlite3.connect(path)) as connection:
        left = connection.execute("SELECT (SELECT count(*) FROM blocks) + (SELECT count(*) FROM marks)").fetchone()
    assert left == (0,)
    stored(file, [trace_of(number, key="k1") for number in range(9)])
    assert len(TraceSearch(path).find(Query(key="k1", total_least_us=5))) == 9


def test_what_was_undone_is_marked_anew(path: Path, file: TraceFile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search_module, "NEAREST", 1)
    stored(file, [trace_of(number) for number in range(10, 1030)])
    with pytest.raises(sqlite3.Error):
        file.store([trace_of(2, key="new"), *(trace_of(n) for n in range(2000, 2010))], {object(): 1}, ())  # type: ignore[dict-item]
    file.store([trace_of(2, key="new")], {}, ())
    stored(file, [trace_of(number) for number in range(3000, 6000)])
    assert [each.record.seq for each in TraceSearch(path).find(Query(key="new"))] == [2]


def test_a_file_of_the_release_before_is_brought_up_with_all_that_is_in_it(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search_module, "NEAREST", 3)
    traces = some_traces()
    with closing(ProjectionFile(path, STEPS[:1])) as before, before.moving({"w00": 7}, ()) as run:
        run.execute("INSERT INTO stages VALUES (1, ?)", (" ".join(STAGES),))
        old = [number for number, name in enumerate(COLUMNS) if name not in ("n", "session")]
        rows = [tuple(_row(0, each, 1)[number] for number in old) for each in traces[: COUNT // 2]]
        words = f"INSERT INTO traces VALUES ({', '.join('?' * len(old))})"  # noqa: S608 - question marks
        run.executemany(words, rows)
    with closing(TraceFile(path)) as file:
        assert file.positions() == {"w00": 7}
        stored(file, traces[COUNT // 2 - 10 :])
    for asked, is_wanted in WANTED.values():
        expected = sorted(((each.at_us, each.record.id) for each in traces if is_wanted(each)), reverse=True)
        found = TraceSearch(path).find(Query(limit=150, **asked))  # type: ignore[arg-type]
        assert [(each.at_us, each.record.id) for each in found] == expected[:150]
        assert all(each.stages == STAGES for each in found)


@pytest.mark.parametrize("count", [1000, 1023, 1024, 5000])
def test_what_the_release_before_marked_while_it_was_filled_is_marked_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch, count: int
):
    monkeypatch.setattr(search_module, "NEAREST", 1)
    with closing(TraceFile(path)) as file:
        stored(file, [trace_of(number) for number in range(count)])
        last = count >> 10
        with file.moving({}, ()) as run:  # as it left the block that was not full yet
            run.execute("INSERT OR IGNORE INTO blocks VALUES (?, 0, 1, 1, 1)", (last,))
            run.execute("INSERT OR IGNORE INTO marks VALUES (?, 'key', 'old', x'01')", (last,))
    with closing(TraceFile(path)) as file:
        stored(file, [trace_of(number, key="new") for number in range(count, count + 1100)])
    assert len(TraceSearch(path).find(Query(key="new", limit=200))) == 200
    found = TraceSearch(path).find(Query(key="new", order="oldest", limit=1))
    assert [each.record.seq for each in found] == [count]


def test_what_comes_again_and_into_the_place_of_what_was_deleted_is_found(path: Path, monkeypatch: pytest.MonkeyPatch):
    """Numbers within a block that is marked are not given again, whatever was ignored or deleted there."""
    monkeypatch.setattr(search_module, "NEAREST", 1)
    with closing(TraceFile(path)) as file:
        stored(file, [trace_of(number) for number in range(1000)])
        file.store([trace_of(number) for number in range(1100)], {}, ())  # most are there, and use up numbers
        file.run.execute("DELETE FROM traces WHERE n > 500")
        stored(file, [trace_of(number, key="late") for number in range(3000, 3100)])
        stored(file, [trace_of(number) for number in range(4000, 7000)])
    assert len(TraceSearch(path).find(Query(key="late", limit=200))) == 100
