"""The sinks that keep things for a time, by the settings: the sums, and the traces wherever they are wanted."""

from collections.abc import Callable
from pathlib import Path

from gossamer.config.settings import RetentionSettings, Settings
from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.projections.paths import clickhouse_path, sessions_path, traces_path, usage_path
from gossamer.projections.sessions.tombstones import Tombstones, found_trace
from gossamer.projections.sessions.writer import SessionFile
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.writer import TraceFile
from gossamer.projections.usage.file import UsageFile
from gossamer.recorder.clickhouse.sink import ClickHouseSink
from gossamer.recorder.file_sink import FileSink
from gossamer.recorder.forgetting import Forgetting
from gossamer.recorder.living import LivingSink
from gossamer.recorder.replay.files import rebuild_sessions, rebuild_sums, rebuild_traces
from gossamer.recorder.sink import Sink


class KeptSinks:
    def __init__(self, settings: Settings) -> None:
        data_dir = Path(settings.data_dir)
        self._most_sessions = settings.retention.sessions_most
        self.usage = FileSink(
            "usage", usage_path(data_dir), UsageFile, settings.retention.usage_minutes_s, rebuild_sums
        )
        self.traces = _traces(settings)
        self.sessions = FileSink(
            "sessions",
            sessions_path(data_dir),
            self._open_sessions(data_dir, keeps_content=settings.traces == "none"),
            settings.retention.sessions_s,
            rebuild_sessions,
        )
        self.sinks: list[Sink] = [self.usage, self.sessions]
        if self.traces is not None:
            self.sinks.append(LivingSink(self.traces, Tombstones(sessions_path(data_dir))))

    def keep_for(self, retention: RetentionSettings) -> None:
        """From another thread than theirs."""
        self._most_sessions = retention.sessions_most
        self.sessions.keep_s = retention.sessions_s
        self.usage.keep_s = retention.usage_minutes_s
        if self.traces is not None:
            self.traces.keep_s = retention.traces_s
        if isinstance(self.traces, ClickHouseSink):
            self.traces.keep_minutes_s = retention.usage_minutes_s

    def _open_sessions(self, data_dir: Path, *, keeps_content: bool) -> Callable[[Path], SessionFile]:
        search = TraceSearch(traces_path(data_dir))
        forget = Forgetting(data_dir / "journal")
        return lambda path: SessionFile(
            path,
            lambda trace_id: found_trace(search, trace_id),
            lambda: self._most_sessions,
            forget=forget.forget,
            keeps_content=keeps_content,
        )


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
