"""The sinks that keep things for a time, by the settings: the sums, and the traces wherever they are wanted."""

from pathlib import Path

from gossamer.config.settings import RetentionSettings, Settings
from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.projections.paths import clickhouse_path, traces_path, usage_path
from gossamer.projections.traces.writer import TraceFile
from gossamer.projections.usage.file import UsageFile
from gossamer.recorder.clickhouse.sink import ClickHouseSink
from gossamer.recorder.file_sink import FileSink
from gossamer.recorder.replay.files import rebuild_sums, rebuild_traces
from gossamer.recorder.sink import Sink


class KeptSinks:
    def __init__(self, usage: FileSink, traces: FileSink | ClickHouseSink | None) -> None:
        self.usage = usage
        self.traces = traces

    @property
    def sinks(self) -> list[Sink]:
        return [self.usage] if self.traces is None else [self.usage, self.traces]

    def keep_for(self, retention: RetentionSettings) -> None:
        """From another thread than theirs."""
        self.usage.keep_s = retention.usage_minutes_s
        if self.traces is not None:
            self.traces.keep_s = retention.traces_s
        if isinstance(self.traces, ClickHouseSink):
            self.traces.keep_minutes_s = retention.usage_minutes_s


def kept_sinks(settings: Settings) -> KeptSinks:
    data_dir = Path(settings.data_dir)
    minutes_s = settings.retention.usage_minutes_s
    return KeptSinks(FileSink("usage", usage_path(data_dir), UsageFile, minutes_s, rebuild_sums), _traces(settings))


def _traces(settings: Settings) -> FileSink | ClickHouseSink | None:
    data_dir = Path(settings.data_dir)
    retention = settings.retention
    match settings.traces:
        case "none":
            return None
        case "sqlite":
            return FileSink("traces", traces_path(data_dir), TraceFile, retention.traces_s, rebuild_traces)
        case url:
            place = clickhouse_path(data_dir)
            return ClickHouseSink(parse_clickhouse_url(url), place, retention.traces_s, retention.usage_minutes_s)
