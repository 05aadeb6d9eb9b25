"""All metrics that `/metrics` can have, for the tests that hold pages, dashboards and rules against them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from prometheus_client.core import Metric

from gossamer.process.link import Gauges, Seat
from gossamer.recorder.metrics.boards import CrewBoard, DiskBoard
from gossamer.recorder.metrics.catalog import COUNTERS, HISTOGRAMS
from gossamer.recorder.metrics.page import Page
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.pump import Pump
from gossamer.recorder.telemetry.board import TelemetryBoard
from gossamer.recorder.telemetry.sink import TelemetrySink
from gossamer.recorder.usage_check.watch import Counts

NOWHERE = Path("/nonexistent")


class Told(NamedTuple):
    """`shown` is its name as people know it: with `_total` where it counts, and without `_bucket`."""

    name: str
    shown: str
    kind: str
    labels: tuple[str, ...]

    @property
    def samples(self) -> frozenset[str]:
        """What a query can name."""
        if self.kind == "histogram":
            return frozenset(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
        return frozenset({self.shown})


@cache
def metrics() -> tuple[Told, ...]:
    return tuple(_all())


def _all() -> Iterator[Told]:
    for counter in COUNTERS:
        yield Told(counter.name, f"{counter.name}_total", "counter", counter.labels)
    for histogram in HISTOGRAMS:
        yield Told(histogram.name, histogram.name, "histogram", histogram.labels)
    known = {each.name for each in COUNTERS} | {each.name for each in HISTOGRAMS}
    yield from (_told(family) for family in _page().collect() if family.name not in known)


def _page() -> Page:
    """Of a node with a worker, a target and a collector."""
    sink = MetricsSink(NOWHERE / "metrics.bin")
    crew = CrewBoard()
    crew.seats = (Seat(0, 0, Gauges(circuits={"a/x": False})),)
    spans = cast("TelemetrySink", type("Counts", (), {"sent": 0, "refused": 0}))
    return Page(sink, [Pump(sink, NOWHERE)], [crew, DiskBoard(NOWHERE, 1), TelemetryBoard(spans), Counts()])


def _told(family: Metric) -> Told:
    labels = {label for sample in family.samples for label in sample.labels}
    shown = f"{family.name}_total" if family.type == "counter" else family.name
    return Told(family.name, shown, family.type, tuple(sorted(labels)))
