"""The sinks that keep things for a time, by the settings: sums, sessions, and traces wherever they are wanted."""

from pathlib import Path

from gossamer.config.settings import RetentionSettings, Settings
from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.projections.paths import clickhouse_path, sessions_path, traces_path, usage_path
from gossamer.projections.sessions.tombstones import LivingTraces, Tombstones, found_trace
from gossamer.projections.sessions.writer import SessionFile
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.usage.file import UsageFile
from gossamer.recorder.clickhouse.sink import ClickHouseSink
from gossamer.recorder.file_sink import FileSink
from gossamer.recorder.replay.files import rebuild_sessions, rebuild_sums, rebuild_traces
from gossamer.recorder.sink import Sink


class KeptSinks:
    def __init__(self, usage: FileSink, sessions: "SessionSink", traces: FileSink | ClickHouseSink | None) -> None:
        self.usage = usage
        self.sessions = sessions
        self.traces = traces

    @property
    def sinks(self) -> list[Sink]:
        always: list[Sink] = [self.usage, self.sessions]
        return always if self.traces is None else [*always, self.traces]

    def keep_for(self, retention: RetentionSettings) -> None:
        """From another thread than theirs."""
        self.usage.keep_s = retention.usage_minutes_s
        self.sessions.keep_s, self.sessions.most = retention.sessions_s, retention.sessions_most
        if self.traces is not None:
            self.traces.keep_s = retention.traces_s
        if isinstance(self.traces, ClickHouseSink):
            self.traces.keep_minutes_s = retention.usage_minutes_s


class SessionSink(FileSink):
    """`most`: how many sessions are kept. Set like `keep_s`."""

    def __init__(self, data_dir: Path, retention: RetentionSettings) -> None:
        self.most = retention.sessions_most
        traces = TraceSearch(traces_path(data_dir))
        super().__init__(
            "sessions",
            sessions_path(data_dir),
            lambda path: SessionFile(path, lambda trace_id: found_trace(traces, trace_id), lambda: self.most),
            retention.sessions_s,
            rebuild_sessions,
        )


def kept_sinks(settings: Settings) -> KeptSinks:
    data_dir = Path(settings.data_dir)
    minutes_s = settings.retention.usage_minutes_s
    usage = FileSink("usage", usage_path(data_dir), UsageFile, minutes_s, rebuild_sums)
    return KeptSinks(usage, SessionSink(data_dir, settings.retention), _traces(settings))


def _traces(settings: Settings) -> FileSink | ClickHouseSink | None:
    data_dir = Path(settings.data_dir)
    retention = settings.retention
    match settings.traces:
        case "none":
            return None
        case "sqlite":
            gone = Tombstones(sessions_path(data_dir))
            place = traces_path(data_dir)
            return FileSink("traces", place, lambda path: LivingTraces(path, gone), retention.traces_s, rebuild_traces)
        case url:
            place = clickhouse_path(data_dir)
            return ClickHouseSink(parse_clickhouse_url(url), place, retention.traces_s, retention.usage_minutes_s)
