"""A page of metrics: what its histograms counted between two looks."""

import msgspec
import pytest

from gossamer.bench import metrics
from gossamer.bench.analysis import figures_of
from gossamer.bench.asides import asides_of
from gossamer.bench.metrics import means_ns, read_totals
from gossamer.bench.profiles import floor
from tests.unit.bench.made_up import run_of

BEFORE = """
# HELP x_duration_seconds how long
# TYPE x_duration_seconds histogram
x_duration_seconds_bucket{model="a",le="0.1"} 3
x_duration_seconds_sum{model="a"} 0.5
x_duration_seconds_count{model="a"} 10
x_duration_seconds_sum{model="b"} 0.5
x_duration_seconds_count{model="b"} 10
idle_seconds_sum 4
idle_seconds_count 4
x_total 9
"""
AFTER = BEFORE.replace('sum{model="b"} 0.5', 'sum{model="b"} 2.5e+00').replace(
    'count{model="b"} 10', 'count{model="b"} 14'
)


def test_all_labels_of_a_family_are_one():
    assert read_totals(BEFORE) == {"x_duration": (1.0, 20.0), "idle": (4.0, 4.0)}


def test_the_mean_is_of_what_came_between():
    assert means_ns(read_totals(BEFORE), read_totals(AFTER)) == {"x_duration": 500_000_000}


def test_one_that_is_new_counts_from_nought():
    assert means_ns({}, {"new": (0.002, 4.0)}) == {"new": 500_000}


def test_a_page_that_is_behind_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    pages = [{"x": (0.0, 4.0)}, {"x": (0.1, 9.0)}, {"x": (0.2, 14.0)}, {"x": (0.3, 15.0)}]
    monkeypatch.setattr(metrics, "_POLL_S", 0.0)
    monkeypatch.setattr(metrics, "fetch_totals", lambda _: pages.pop(0))
    assert metrics.settled_totals("http://x", {"x": (0.0, 4.0)}, 10) == {"x": (0.2, 14.0)}


def test_a_page_that_never_counts_them_or_is_gone_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics, "SETTLED_WITHIN_S", 0.0)
    monkeypatch.setattr(metrics, "fetch_totals", lambda _: {"x": (0.0, 4.0)})
    assert metrics.settled_totals("http://x", {"x": (0.0, 4.0)}, 10) == {"x": (0.0, 4.0)}
    monkeypatch.setattr(metrics, "fetch_totals", lambda _: {})
    assert metrics.settled_totals("http://x", {"x": (0.0, 4.0)}, 10) == {}


def test_reports_have_them_beside_what_was_measured():
    run = run_of(cells=(floor(),))
    run.blocks = [
        msgspec.structs.replace(block, costs=msgspec.structs.replace(block.costs, metrics_ns={"auth": 5000}))
        if block.arm == "gateway" and block.costs is not None
        else block
        for block in run.blocks
    ]
    aside = next(iter(asides_of(figures_of(run))))
    assert aside.headings == ("cell", "way", "added p50", "auth")
    ((_, way, _, auth),) = aside.rows
    mean, left = auth.split("; ")
    assert (way, mean) == ("gateway", "5")
    assert 250 < float(left) < 350
