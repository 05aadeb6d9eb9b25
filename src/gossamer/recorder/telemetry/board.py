"""What became of spans, for the page of metrics."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric

from gossamer.recorder.telemetry.sink import TelemetrySink


class TelemetryBoard:
    def __init__(self, sink: TelemetrySink) -> None:
        self._sink = sink

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(
            "gossamer_otlp_spans", "Spans, by what the collector said to them.", labels=["result"]
        )
        family.add_metric(["taken"], self._sink.sent)
        family.add_metric(["refused"], self._sink.refused)
        yield family
