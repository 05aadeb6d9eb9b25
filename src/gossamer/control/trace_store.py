"""Where this node's traces are read from, by the settings."""

from pathlib import Path

from gossamer.config.settings import Settings
from gossamer.config.values import TRACES_HERE
from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.projections.clickhouse.search import ClickHouseTraces
from gossamer.projections.paths import traces_path
from gossamer.projections.traces.reader import FileTraces, TraceReader


def trace_reader(settings: Settings) -> TraceReader:
    if settings.traces in TRACES_HERE:
        return FileTraces(traces_path(Path(settings.data_dir)))
    return ClickHouseTraces(parse_clickhouse_url(settings.traces))
