"""The page is what Prometheus's own parsers take, and says what the book says."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from gossamer.recorder.metrics.page import Page
from gossamer.recorder.metrics.sink import MetricsSink
from gossamer.recorder.pump import Pump
from gossamer.recorder.source import Source
from tests.unit.recorder.conftest import Journal

of_openmetrics: Callable[[str], Iterator[Metric]] = openmetrics
"""Untyped, as its library has it."""


@pytest.fixture
def page(journal: Journal, tmp_path: Path) -> Page:
    sink = MetricsSink(tmp_path / "metrics.bin")
    journal.write(3)
    with closing(Source(journal.directory, sink.open())) as source:
        sink.take(source.next())
    return Page(sink, [Pump(sink, journal.directory)])


@pytest.mark.parametrize(
    ("accept", "parse", "kind"),
    [
        (
            b"application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            of_openmetrics,
            "application/openmetrics-text",
        ),
        (b"text/plain", plain, "text/plain; version=0.0.4"),
        (b"", plain, "text/plain; version=0.0.4"),
    ],
)
def test_it_is_valid_and_whole(page: Page, accept, parse, kind):
    shown_kind, text = page.render(accept)
    assert shown_kind.startswith(kind)
    samples = {
        (each.name, tuple(sorted(each.labels.items()))): each.value
        for family in parse(text.decode())
        for each in family.samples
    }
    labels = (("model", "openai/small"), ("route", "/v1/chat/completions"), ("status", "200"))
    assert samples["gossamer_requests_total", labels] == 3
    assert samples["gossamer_cost_usd_total", (("model", "openai/small"),)] == pytest.approx(7.5e-6)
    assert samples["gossamer_records_dropped_total", ()] == 0
    assert samples["gossamer_proxy_request_duration_seconds_count", ()] == 3
    assert samples["gossamer_proxy_request_duration_seconds_bucket", (("le", "5e-05"),)] == 3
    assert samples["gossamer_sink_failures_total", (("sink", "metrics"),)] == 0


def test_a_bucket_shows_one_of_its_requests(page: Page):
    _, text = page.render(b"application/openmetrics-text")
    shown = [
        each.exemplar
        for family in of_openmetrics(text.decode())
        for each in family.samples
        if each.exemplar is not None
    ]
    assert [each.labels for each in shown] == [{"trace_id": "req_2"}]
