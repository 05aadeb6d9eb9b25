"""What `/metrics` shows: the book, and how far each sink is behind the journal, and what other boards have."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client import exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.samples import Exemplar as Shown

from gossamer.recorder.metrics.boards import Board
from gossamer.recorder.metrics.book import Distribution, Exemplar
from gossamer.recorder.metrics.catalog import COUNTERS, HISTOGRAMS, NS_PER_S, OVERHEAD, Counter, Histogram
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.pump import Pump

_openmetrics: Callable[["Page"], bytes] = openmetrics.generate_latest
OPENMETRICS: Final = b"application/openmetrics-text"


class Page:
    """A Collector, as Prometheus's client calls it."""

    def __init__(self, metrics: MetricsSink, pumps: Sequence[Pump], boards: Sequence[Board] = ()) -> None:
        self._metrics = metrics
        self._pumps = pumps
        self._boards = boards

    def render(self, accept: bytes) -> tuple[str, bytes]:
        """The content type and the page, in the newest format that the asker takes."""
        if OPENMETRICS in accept:
            return openmetrics.CONTENT_TYPE_LATEST, _openmetrics(self)
        return exposition.CONTENT_TYPE_PLAIN_0_0_4, exposition.generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        with self._metrics.lock:
            families = [*map(self._counter, COUNTERS), *map(self._histogram, HISTOGRAMS)]
        yield from families
        yield from self._of_sinks()
        for board in self._boards:
            yield from board.collect()

    # --- inside ---

    def _counter(self, metric: Counter) -> Metric:
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        of_labels = self._metrics.book.counters[metric.name]
        if not metric.labels:
            of_labels = {(): 0} | of_labels  # what was never counted is nothing, not unknown
        for labels, count in of_labels.items():
            family.add_metric(labels, count if metric.per_unit == 1 else count / metric.per_unit)
        return family

    def _histogram(self, metric: Histogram) -> Metric:
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        examples = self._metrics.exemplars if metric is OVERHEAD else {}
        for labels, found in self._metrics.book.histograms[metric.name].items():
            family.add_metric(labels, _buckets(metric, found, examples), found.sum_ns / NS_PER_S)
        return family

    def _of_sinks(self) -> Iterator[Metric]:
        lag = GaugeMetricFamily(
            "gossamer_journal_lag_seconds", "How far a sink is behind the journal.", labels=["sink"]
        )
        failures = CounterMetricFamily(
            "gossamer_sink_failures", "Times that a sink could not be reached, or took nothing.", labels=["sink"]
        )
        left_out = CounterMetricFamily(
            "gossamer_sink_records_left_out", "Records that a sink could not take, by a defect.", labels=["sink"]
        )
        now = time.time()
        for pump in self._pumps:
            left_out.add_metric([pump.sink.name], pump.progress.left_out)
            lag.add_metric([pump.sink.name], pump.progress.lag_s(now))
            failures.add_metric([pump.sink.name], pump.progress.failures)
        yield from (lag, failures, left_out)


def _buckets(
    metric: Histogram, found: Distribution, examples: dict[int, Exemplar]
) -> list[tuple[str, float] | tuple[str, float, Shown]]:
    bounds = [*(f"{bound:.10g}" for bound in metric.buckets_s), "+Inf"]
    return [
        (bound, total, Shown({"trace_id": example.request_id}, example.seconds, example.at))
        if (example := examples.get(number))
        else (bound, total)
        for number, (bound, total) in enumerate(zip(bounds, accumulate(found.counts), strict=True))
    ]
