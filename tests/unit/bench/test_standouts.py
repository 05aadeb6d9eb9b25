"""The worst is in front and drawn, however good the others look."""

import re

import msgspec
import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell, Dialect, Lane
from gossamer.bench.figures import Figures
from gossamer.bench.limits import hard_limits
from gossamer.bench.page import write_page
from gossamer.bench.profiles import floor, latency
from gossamer.bench.record import Role
from gossamer.bench.standouts import FEW, answer_of, plotted, worst_judged
from gossamer.bench.verdict import Answer, Budget, Result
from tests.unit.bench.made_up import WAYS, Adds, run_of

GOOD = Cell(Lane.LATENCY, 100, 150)
BAD = msgspec.structs.replace(GOOD, dialect=Dialect.RESPONSES)
LIMIT = Budget(20.0, "ms")


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Nine cells, of which one is over its limit."""
    sizes = (100, 1_000, 10_000)
    others = tuple(msgspec.structs.replace(latency(at), requests=2, body_bytes=b) for at in (1, 10) for b in sizes)
    run = run_of(cells=(floor(), GOOD, *others))
    worse = run_of(cells=(BAD,), ways={**WAYS, Role.GATEWAY: Adds(40_000)})
    run.cells += worse.cells
    run.blocks += worse.blocks
    run.visits += worse.visits
    return figures_of(run)


def headline(page: str) -> tuple[str, str, str]:
    found = re.search(r'<b class="(\w*)">([^<]*)</b><span>([^<]*)</span>', page)
    assert found is not None
    return found[1], found[2], found[3]


def test_the_headline_is_the_worst_of_what_was_judged_with_its_name(figures: Figures):
    css, figure, words = headline(write_page(figures, hard_limits(figures)))
    assert css == "fail"
    assert figure.startswith("40.")
    assert words.startswith(f"added p99, worst of 2 judged: {BAD.name} (")


def test_without_a_verdict_it_is_the_worst_with_requests_enough(figures: Figures):
    css, figure, words = headline(write_page(figures))
    assert (css, figure[:3]) == ("", "40.")
    assert BAD.name in words


def test_a_failure_comes_before_a_larger_figure_that_passed(figures: Figures):
    results = [
        Result(f"gateway: {GOOD.name} added p99", LIMIT, Answer.FAIL),
        Result(f"gateway: {BAD.name} added p99", LIMIT, Answer.PASS),
    ]
    worst, of = worst_judged(figures, results, is_stream=False)
    assert worst is not None
    assert (worst.cell.name, of) == (GOOD.name, 2)


def test_where_nothing_is_judged_it_is_the_busiest(figures: Figures):
    few = figures_of(run_of(rounds=2, cells=(latency(10), GOOD)))
    worst, of = worst_judged(few, (), is_stream=False)
    assert worst is not None
    assert (worst.cell.name, of) == (GOOD.name, 0)
    assert worst_judged(figures, (), is_stream=True) == (None, 0)


def test_what_did_not_pass_is_drawn(figures: Figures):
    assert len(figures.cells) > FEW
    assert BAD.name not in [cell.name for cell in plotted(figures, ())]
    assert BAD.name in [cell.name for cell in plotted(figures, hard_limits(figures))]
    unclear = [Result(f"{BAD.name} added p50", LIMIT, Answer.INCONCLUSIVE)]
    drawn = [cell.name for cell in plotted(figures, unclear)]
    assert BAD.name in drawn
    assert len(drawn) < len(figures.cells)
    assert f"<h3>{BAD.name}</h3>" in write_page(figures, hard_limits(figures))


def test_a_name_that_begins_like_another_is_not_that_one():
    results = [Result("gateway: latency chat json 1KB c100 added p99", LIMIT, Answer.FAIL)]
    assert answer_of("gateway", "latency chat json 1KB c10", results) is None
    assert answer_of("gateway", "latency chat json 1KB c100", results) is Answer.FAIL
    assert answer_of("another", "latency chat json 1KB c100", results) is None
