"""Each store of traces: a sink into it, and a reader of it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.projections.clickhouse.search import ClickHouseTraces
from gossamer.projections.traces.query import Query
from gossamer.projections.traces.reader import FileTraces, TraceReader
from gossamer.projections.traces.writer import TraceFile
from gossamer.recorder.clickhouse.sink import ClickHouseSink
from gossamer.recorder.file_sink import FileSink
from gossamer.recorder.replay.files import rebuild_traces
from gossamer.recorder.source import Source
from tests.real.clickhouse import ClickHouse, running_clickhouse
from tests.unit.recorder.conftest import Journal

FOR_GOOD_S = 1e9


class Store:
    """One store, and the journal that it is drawn from."""

    def __init__(self, sink: FileSink | ClickHouseSink, reader: TraceReader, journal: Journal) -> None:
        self.sink = sink
        self.reader = reader
        self.journal = journal

    def draw(self, most: int = 50) -> None:
        """From where the sink stands to the end, as a pump does."""
        with closing(Source(self.journal.directory, self.sink.open())) as source:
            while batch := source.next(most):
                self.sink.take(batch)
            self.sink.rest()
        self.sink.close()

    async def numbers(self, **asked: object) -> list[int]:
        """Of the records that are found."""
        found = await self.reader.find(Query(**{"order": "oldest"} | asked))  # type: ignore[arg-type]
        return [trace.record.seq for trace in found]


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with running_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal")
    yield made
    made.writer.close()


@pytest.fixture
def database(clickhouse: ClickHouse) -> str:
    """The URL of one that is not there yet."""
    return clickhouse.url(f"of_{uuid4().hex}")


def clickhouse_sink(url: str, data_dir: Path) -> ClickHouseSink:
    place = data_dir / "clickhouse.bin"
    return ClickHouseSink(parse_clickhouse_url(url), place, FOR_GOOD_S, FOR_GOOD_S)


def in_clickhouse(url: str, journal: Journal) -> Store:
    reader = ClickHouseTraces(parse_clickhouse_url(url))
    return Store(clickhouse_sink(url, journal.directory.parent), reader, journal)


def in_file(journal: Journal) -> Store:
    path = journal.directory.parent / "traces.db"
    return Store(FileSink("traces", path, TraceFile, FOR_GOOD_S, rebuild_traces), FileTraces(path), journal)


@pytest.fixture(params=["sqlite", "clickhouse"])
def store(request: pytest.FixtureRequest, journal: Journal) -> Iterator[Store]:
    if request.param == "sqlite":
        made = in_file(journal)
    else:
        made = in_clickhouse(request.getfixturevalue("database"), journal)
    yield made
    made.sink.close()
