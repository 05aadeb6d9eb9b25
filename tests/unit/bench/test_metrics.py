"""A page of metrics: what its histograms counted between two looks."""

import msgspec

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


def test_reports_have_them_beside_what_was_measured():
    run = run_of(cells=(floor(),))
    run.blocks = [
        msgspec.structs.replace(block, costs=msgspec.structs.replace(block.costs, metrics_ns={"auth": 5000}))
        if block.arm == "gateway" and block.costs is not None
        else block
        for block in run.blocks
    ]
    aside = next(iter(asides_of(figures_of(run))))
    assert aside.rows[0][1:4] == ("gateway", "auth", "5")
    assert 250 < float(aside.rows[0][5]) < 350
