"""Growth with size: a line through the cells, its interval, its ratio to the hop, and where it bends."""

import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.asides import asides_of
from gossamer.bench.markdown import write_markdown
from gossamer.bench.page import write_page
from gossamer.bench.profiles import floor
from gossamer.bench.record import Role
from gossamer.bench.slopes import bend, line, slopes_of
from gossamer.bench.statistics import Interval
from tests.unit.bench.made_up import WAYS, Adds, run_of


def around(centre: float, half: float = 1.0) -> Interval:
    return Interval(centre, centre - half, centre + half, 0.95)


def test_a_line_through_two_points_is_their_difference():
    found = line([(1, around(100)), (100, around(298))])
    assert found.centre == pytest.approx(2.0)
    assert found.high - found.centre == pytest.approx(2**0.5 / 99)


def test_a_line_through_points_on_it_is_that_line():
    assert line([(size, around(7 + 3 * size)) for size in (0.1, 1, 10, 100)]).centre == pytest.approx(3.0)


def test_one_point_has_no_slope():
    assert line([(1, around(100))]).confidence == 0


def test_a_bend_is_told_where_it_is_sure_and_large():
    straight = [(1, around(10)), (10, around(100)), (100, around(1000))]
    assert bend(straight) == 0
    assert bend([straight[0], (10, around(400)), straight[2]]) == pytest.approx(300)
    assert bend([straight[0], (10, around(400, 350)), straight[2]]) == 0, "not sure"
    assert bend([(1, around(1)), (10, around(40)), (100, around(100))]) == 0, "sure, and nobody's trouble"


def test_cells_that_differ_in_size_alone_make_a_slope():
    cells = (floor(), floor(body=100_000))
    run = run_of(cells=cells, ways={**WAYS, Role.HOP: Adds(100, cpu_us=20), Role.GATEWAY: Adds(300, cpu_us=40)})
    for block in run.blocks:  # what is added grows by 2 us a KB in the gateway, by 1 in the hop
        growth_us = {"gateway": 2, "hop": 1}.get(block.arm, 0) * (99 if "100KB" in block.cell else 0)
        assert block.sample is not None
        block.sample.took_ns[:] = [took + growth_us * 1000 for took in block.sample.took_ns]
    found = {slope.arm: slope for slope in slopes_of(figures_of(run))}
    assert set(found) == {"hop", "gateway"}
    gateway = found["gateway"]
    assert gateway.us.low < 2 < gateway.us.high
    assert gateway.to_hop == pytest.approx(2, abs=0.4)
    assert gateway.sizes == (1000, 100_000)
    assert gateway.cpu_us is not None
    assert gateway.cpu_us.low < 0 < gateway.cpu_us.high


def test_both_reports_have_it():
    figures = figures_of(run_of(cells=(floor(), floor(body=100_000))))
    assert "## Growth with size" in write_markdown(figures)
    assert "<h2>Growth with size</h2>" in write_page(figures)
    assert "Growth with size" not in {aside.title for aside in asides_of(figures_of(run_of(cells=(floor(),))))}
