"""What is compared with what, by the settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gossamer.config.settings import Settings
from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.projections.paths import clickhouse_path, traces_path, usage_path
from gossamer.recorder.pump import Progress
from gossamer.recorder.usage_check.stores import SumsStore, TraceSums, UsageSums, in_clickhouse
from gossamer.recorder.usage_check.watch import UsageWatch

COMPARED: Final = ("usage", "traces")
"""The sinks that must have taken everything before there is anything to compare."""


def watch_usage(settings: Settings, progress: Sequence[Progress]) -> UsageWatch | None:
    """None where there is nothing to compare with."""
    if settings.traces == "none":
        return None
    data_dir = Path(settings.data_dir)
    traces: list[SumsStore] = (
        [TraceSums(traces_path(data_dir))]
        if settings.traces == "sqlite"
        else in_clickhouse(parse_clickhouse_url(settings.traces), clickhouse_path(data_dir))
    )
    return UsageWatch([UsageSums(usage_path(data_dir)), *traces], progress)
