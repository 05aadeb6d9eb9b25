"""docs/reference/metrics.md is true: its metrics are those of the page, with their labels."""

from pathlib import Path

from prometheus_client.core import Metric

from gossamer.recorder.metrics.book import MOST_NAMES
from gossamer.recorder.metrics.catalog import COUNTERS, HISTOGRAMS
from gossamer.recorder.metrics.page import Page
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.pump import Pump
from gossamer.recorder.usage_check.watch import Counts
from tests.house.pages import ROOT, code, codes, table

PAGE = "docs/reference/metrics.md"


def shown_as(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def test_each_metric_is_listed_with_its_labels(tmp_path: Path):
    sink = MetricsSink(tmp_path / "metrics.bin")
    told = {code(name): set(codes(labels)) for name, labels, _ in table(PAGE, "metric").rows}
    of_records = {f"{each.name}_total": set(each.labels) for each in COUNTERS}
    of_records |= {each.name: set(each.labels) for each in HISTOGRAMS}
    shown = Page(sink, [Pump(sink, tmp_path)], Counts()).collect()
    there = {shown_as(each): {label for sample in each.samples for label in sample.labels} for each in shown}
    assert told == there | of_records


def test_how_many_names_there_may_be_is_as_said():
    assert f"beyond {MOST_NAMES}:" in (ROOT / PAGE).read_text(encoding="utf-8")
