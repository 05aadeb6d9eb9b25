"""Results that somebody cut, merged or edited are named, and not computed with."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.errors import RigBroken
from gossamer.bench.figures import decode_figures, write_figures
from gossamer.bench.profiles import floor, latency
from gossamer.bench.record import Run, Sample, write_run
from gossamer.bench.soundness import why_unsound
from gossamer.cli.bench_read import read_figures
from tests.unit.bench.made_up import run_of

replace = msgspec.structs.replace


def made() -> Run:
    return run_of(rounds=2, cells=(replace(floor(), requests=5), replace(latency(1), requests=5)))


def with_sample(change: Callable[[Sample], Sample]) -> Run:
    run = made()
    block = run.blocks[0]
    assert block.sample is not None
    run.blocks[0] = replace(block, sample=change(block.sample))
    return run


def twice_the_same_cell(run: Run) -> Run:
    return replace(run, cells=(run.cells[0], run.cells[0]))


def test_one_that_was_taken_is_sound():
    assert why_unsound(made()) == ""


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (with_sample(lambda s: replace(s, took_ns=s.took_ns[:-1])), "not as many times"),
        (with_sample(lambda s: replace(s, numbers=[])), "has 0 requests"),
        (with_sample(lambda s: replace(s, service_ns=[1])), "not as many times"),
        (with_sample(lambda s: replace(s, seconds=0.0)), "took no time"),
        (replace(made(), arms=made().arms[:2]), "is of a way that is not in the list"),
        (replace(made(), arms=made().arms * 2), "two ways are called direct"),
        (twice_the_same_cell(made()), "two cells are called floor"),
    ],
)
def test_one_that_is_not_says_where(run: Run, why: str, tmp_path: Path):
    assert why in why_unsound(run)
    file = tmp_path / "run.json"
    write_run(run, file)
    with pytest.raises(RigBroken, match="is damaged"):
        read_figures(file)


def test_figures_without_their_quantiles_are_none(tmp_path: Path):
    file = tmp_path / "figures.json"
    write_figures(figures_of(made()), file)
    assert decode_figures(file.read_bytes(), file).cells
    kept = msgspec.json.decode(file.read_bytes())
    kept["cells"][0]["arms"][0]["added"] = []
    with pytest.raises(RigBroken, match=r"the quantiles of direct in .* are not all there"):
        decode_figures(msgspec.json.encode(kept), file)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\x00", '{"kind": "gossamer-bench-figures"}', '{"kind": "x"}'])
def test_what_is_no_result_is_called_that(text: str, tmp_path: Path):
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(RigBroken, match=r"x\.json"):
        read_figures(file)


@pytest.mark.parametrize("kind", ["gossamer-bench-run", "gossamer-bench-figures"])
def test_another_format_is_named_before_anything_is_read_of_it(kind: str, tmp_path: Path):
    file = tmp_path / "x.json"
    file.write_text(f'{{"kind": "{kind}", "format": 99}}')
    with pytest.raises(RigBroken, match="has format 99, this version reads 1"):
        read_figures(file)


def test_a_result_that_cannot_be_written_leaves_no_half_one(tmp_path: Path):
    target = tmp_path / "run.json"
    target.mkdir()
    with pytest.raises(RigBroken, match="cannot be written"):
        write_run(made(), target)
    assert list(tmp_path.iterdir()) == [target]
