"""What `doctor` asks of the collector of spans: does it take OTLP there, and our key. Sends it no span."""

from typing import Final

from gossamer.cli.probe_node import Finding
from gossamer.config.telemetry import TelemetrySettings
from gossamer.core.clock import now_ns
from gossamer.recorder.sink import SinkAway
from gossamer.recorder.telemetry.collector import Collector
from gossamer.recorder.telemetry.otlp import read_refusal

_SUBJECT: Final = "telemetry"
_NOTHING: Final = b'{"resourceSpans":[]}'
_NS_PER_MS: Final = 1_000_000


def probe_telemetry(settings: TelemetrySettings) -> Finding:
    collector = Collector(settings.otlp, settings.headers)
    started_ns = now_ns()
    try:
        said = collector.send(_NOTHING)
    except SinkAway as reason:
        return Finding("fail", _SUBJECT, f"{reason}; is a collector there that takes OTLP over HTTP?")
    if said.is_refusal:
        return Finding("fail", _SUBJECT, f"{collector.url}: status {said.status}: {read_refusal(said.body)}")
    return Finding("ok", _SUBJECT, f"{collector.url} answered within {(now_ns() - started_ns) / _NS_PER_MS:.0f} ms")
