"""From settings to the sink of the spans."""

import os
import socket
from pathlib import Path

from gossamer.config.settings import Settings
from gossamer.config.telemetry import TelemetrySettings
from gossamer.recorder.telemetry.bookmark import telemetry_path
from gossamer.recorder.telemetry.collector import Collector
from gossamer.recorder.telemetry.conventions import provider_names
from gossamer.recorder.telemetry.resource import resource_of
from gossamer.recorder.telemetry.sink import TelemetrySink


def telemetry_sink(settings: Settings, telemetry: TelemetrySettings) -> TelemetrySink:
    return TelemetrySink(
        telemetry_path(Path(settings.data_dir)),
        telemetry,
        provider_names(settings.providers),
        resource_of(os.environ, socket.gethostname()),
        Collector(telemetry.otlp, telemetry.headers),
    )
