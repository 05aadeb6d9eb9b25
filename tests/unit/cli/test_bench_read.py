"""What is said when two results are held against each other."""

import msgspec
import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.figures import Figures
from gossamer.bench.profiles import floor
from gossamer.cli.bench_read import show_comparison
from tests.unit.bench.made_up import run_of

QUIET_HOUR = "taken beside other processes"


def figures(neighbours_share: float) -> Figures:
    run = run_of(cells=(floor(),))
    run.visits = [msgspec.structs.replace(visited, neighbours_share=neighbours_share) for visited in run.visits]
    return figures_of(run)


@pytest.fixture(scope="module")
def quiet() -> Figures:
    return figures(0.0)


@pytest.fixture(scope="module")
def busy() -> Figures:
    return figures(0.5)


def test_the_side_that_was_taken_beside_others_is_named(
    quiet: Figures, busy: Figures, capsys: pytest.CaptureFixture[str]
):
    show_comparison(busy, quiet)
    assert f"the figures of before were {QUIET_HOUR}" in capsys.readouterr().out
    show_comparison(quiet, busy)
    assert f"the figures of now were {QUIET_HOUR}" in capsys.readouterr().out
    show_comparison(quiet, quiet)
    assert QUIET_HOUR not in capsys.readouterr().out
