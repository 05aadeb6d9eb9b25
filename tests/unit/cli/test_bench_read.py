"""What is said of a result, and when two are held against each other."""

import argparse
from pathlib import Path

import msgspec
import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.figures import Figures
from gossamer.bench.profiles import floor
from gossamer.bench.record import write_run
from gossamer.cli import bench_read
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


@pytest.fixture
def result(tmp_path: Path) -> Path:
    file = tmp_path / "result.json"
    write_run(run_of(rounds=2, cells=(floor(),)), file)
    return file


def report(*words: object) -> int:
    parser = argparse.ArgumentParser()
    bench_read.add_verbs(parser.add_subparsers())
    args = parser.parse_args(["report", *map(str, words)])
    code: int = args.run(args)
    return code


@pytest.mark.parametrize("option", ["--html", "--figures"])
def test_a_report_does_not_write_over_its_result(option: str, result: Path, capsys: pytest.CaptureFixture[str]):
    before = result.read_bytes()
    assert report(result, option, result) == 2
    assert result.read_bytes() == before
    told = capsys.readouterr()
    assert told.out == ""
    assert "is what is read: name another file" in told.err


def test_page_and_figures_are_two_files(result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    both = tmp_path / "both"
    assert report(result, "--html", both, "--figures", both) == 2
    assert not both.exists()
    assert "would be written twice" in capsys.readouterr().err
    assert report(result, "--html", tmp_path / "a.html", "--figures", tmp_path / "a.json") == 0
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")
    assert report(tmp_path / "a.json") == 0


def test_a_report_gives_a_sign_of_life_before_it_computes(
    result: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def read(_: Path) -> Figures:
        assert "computing its figures" in capsys.readouterr().err
        return figures(0.0)

    monkeypatch.setattr(bench_read, "read_figures", read)
    assert report(result) == 0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_of_a_result_that_was_cut_off_it_says_what_to_do(
    share: float, result: Path, capsys: pytest.CaptureFixture[str]
):
    data = result.read_bytes().strip()
    result.write_bytes(data[: int(len(data) * share)])
    assert report(result) == 2
    assert "it was cut off: take the run again" in capsys.readouterr().err
