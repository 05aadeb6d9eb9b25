"""What `bench gate` and `bench selftest` do with what they are asked for. No load is made: runs are made up."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.figures import Figures, write_figures
from gossamer.bench.profiles import SHORT
from gossamer.bench.record import Role, Run
from gossamer.bench.schedule import schedule
from gossamer.bench.session import Wish
from gossamer.bench.verdict import Answer, Budget, Result
from gossamer.cli import bench_gate, bench_run
from gossamer.cli import main as cli
from tests.unit.bench.made_up import ARMS, BASE, WAYS, Adds, run_of

SPEED = Cell(Lane.CAPACITY, 64, 60)
RESULTS = [Result("start", Budget(2.0, "s"), Answer.PASS, notes=("quick",))]


@pytest.fixture(autouse=True)
def _anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bench_gate, "can_measure", lambda _: True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--base", "main", "--only", "start"], "--only: of the budgets alone; leave out either that or --base"),
        (["--baseline", "f", "--only", "start"], "--only: of the budgets alone; leave out either that or --baseline"),
        (["--base", "main", "--seconds", "3"], "--seconds: of the budgets alone"),
        (["--profile", "short"], "--profile: of a comparison; name what to compare with, --base REV or --baseline"),
        (["--only", "start", "--out", "f"], "--out: of a comparison"),
    ],
)
def test_what_would_not_be_done_is_refused(words: list[str], told: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["bench", "gate", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_test_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["bench", "selftest", "--same", "0", "--dearer", "0", "--grown", "0"]) == 2
    assert "let one of --same, --dearer and --grown be more than 0" in capsys.readouterr().err


class Load:
    """Stands in for the taking of a run: what was asked of it, and what becomes of the run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.blocks = 0
        self.more: Sequence[Cell] = ()
        self.wish: Wish | None = None

    def take(
        self, wish: Wish, say: Any, progress: Callable[..., None], keep: Any, resumed: Any = None, unclear: Any = None
    ) -> Run:
        self.wish = wish
        begun = msgspec.structs.replace(self.run, blocks=[], visits=[], is_complete=False)
        plan = schedule(begun.cells, tuple(arm.name for arm in begun.arms), begun.rounds, begun.seed)
        progress(begun, next(iter(plan)), 0)
        self.blocks = len(self.run.blocks)
        self.more = unclear(self.run) if unclear is not None else ()
        return self.run


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    found = Load(run_of(cells=(SPEED,)))
    monkeypatch.setattr(bench_run, "take_run", found.take)
    return found


def kept(figures: Figures) -> Path:
    file = Path("baseline.json")
    write_figures(figures, file)
    return file


def read(file: str) -> dict[str, Any]:
    return msgspec.json.decode(Path(file).read_bytes())


def gate(*words: str | Path) -> int:
    return cli.main(["bench", "gate", "--seed", "7", *map(str, words)])


def test_against_a_baseline_what_is_unclear_gets_more_rounds_too(load: Load):
    before = kept(figures_of(load.run))
    assert gate("--baseline", before) == 0
    assert load.more == []
    load.run = run_of(cells=(SPEED,), ways={**WAYS, Role.GATEWAY: Adds(300, cpu_us=80)})
    assert gate("--baseline", before) == 1
    assert load.more == [SPEED]


def test_what_cannot_be_compared_is_told_before_the_first_block(load: Load, capsys: pytest.CaptureFixture[str]):
    before = figures_of(load.run)
    before.arms = tuple(type(arm)(arm.name, arm.role, arm.url, "another") for arm in before.arms)
    assert gate("--baseline", kept(before), "--json", "told.json") == 3
    assert load.blocks == 0
    assert "not comparable: the null hops differ" in capsys.readouterr().out
    told = read("told.json")
    assert (told["exit_code"], told["results"][0]["answer"]) == (3, "not comparable")
    assert sorted(file.name for file in Path().iterdir()) == ["baseline.json", "told.json"]


def test_the_document_is_written_against_a_baseline(load: Load):
    assert gate("--baseline", kept(figures_of(load.run)), "--json", "told.json", "--out", "run.json") == 0
    told = read("told.json")
    assert told["plan"] == {
        "against": "baseline", "baseline": "baseline.json", "profile": SHORT.name, "rounds": SHORT.rounds, "seed": 7,
        "result": "run.json", "is_complete": True, "command": "gossamer serve",
    }  # fmt: skip
    assert [result["name"] for result in told["results"]] == [f"{SPEED.name} CPU a request"]


def test_the_document_is_written_against_a_revision(load: Load):
    load.run = run_of(cells=(SPEED,), ways={**WAYS, Role.BASE: WAYS[Role.GATEWAY]}, arms=(*ARMS, BASE))
    assert gate("--base", "main", "--json", "told.json", "--out", "run.json") == 0
    told = read("told.json")
    assert (told["plan"]["against"], told["plan"]["base"], told["exit_code"]) == ("base", "main", 0)
    assert [result["name"] for result in told["results"]] == [f"{SPEED.name} CPU a request"]


def test_the_document_is_written_against_the_budgets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bench_gate, "run_gate", lambda plan, only, say, seed: RESULTS)
    assert gate("--only", "start", "--seconds", "3", "--json", "told.json") == 0
    told = read("told.json")
    assert (told["plan"]["against"], told["plan"]["seconds"], told["results"][0]["name"]) == ("budgets", 3, "start")


def test_a_gateway_that_died_does_not_pass(load: Load, tmp_path: Path):
    """Neither beside a base, nor against a baseline, nor as the second of two results."""
    cells = (SPEED, Cell(Lane.FLOOR, 1, 40))
    good = run_of(cells=cells, ways={**WAYS, Role.BASE: WAYS[Role.GATEWAY]}, arms=(*ARMS, BASE))
    before = kept(figures_of(good))
    load.run = msgspec.structs.replace(good, blocks=[
        type(block)(block.round, block.cell, block.arm, 0, 0.0, reason="it died")
        if (block.arm, block.cell) == ("gateway", SPEED.name) else block
        for block in good.blocks
    ])  # fmt: skip
    assert gate("--base", "main", "--out", "run.json") == 1
    assert gate("--baseline", before, "--out", "run.json") == 1
    assert cli.main(["bench", "compare", str(before), "run.json"]) == 1
