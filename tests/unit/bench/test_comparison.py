"""What no ratio tells: a gateway that is dead in a cell, or answers worse, never passes for one that is as dear."""

from collections.abc import Callable, Iterator

import msgspec
import pytest

from gossamer.bench import analysis, changes
from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.comparison import judged_between, judged_within
from gossamer.bench.figures import Figures
from gossamer.bench.profiles import latency
from gossamer.bench.record import Block, Role, Run
from gossamer.bench.verdict import Answer, Result, exit_code
from tests.unit.bench.made_up import ARMS, BASE, WAYS, Adds, run_of

ALONE = Cell(Lane.FLOOR, 1, 40)
SPEED = Cell(Lane.CAPACITY, 64, 60)
RATE = Cell(Lane.CAPACITY, 64, 60, rate_per_s=500)
FAULT = Cell(Lane.ERRORS, 1, 10, fault="500")
CELLS = (ALONE, SPEED)
BESIDE = {**WAYS, Role.BASE: WAYS[Role.GATEWAY]}
Change = Callable[[Block], Block]


def changed(run: Run, arm: str, change: Change, cell: Cell | None = None) -> Run:
    """`change` made to the blocks of a way, in one cell or in all."""
    names = {cell.name} if cell is not None else {each.name for each in run.cells}
    run.blocks = [change(block) if block.arm == arm and block.cell in names else block for block in run.blocks]
    return run


def dead(block: Block) -> Block:
    return Block(block.round, block.cell, block.arm, 0, 0.0, reason="it died of\n  a signal")


def partly(share: float, status: str = "500") -> Change:
    """So many of the answers are refusals."""

    def change(block: Block) -> Block:
        assert block.sample is not None
        total = len(block.sample.numbers)
        bad = round(total * share)
        told = {"200": total - bad, status: bad}
        return msgspec.structs.replace(block, sample=msgspec.structs.replace(block.sample, statuses=told))

    return change


def lost(block: Block) -> Block:
    assert block.sample is not None
    return msgspec.structs.replace(block, sample=msgspec.structs.replace(block.sample, failures={"broke off": 3}))


def lying(block: Block) -> Block:
    assert block.sample is not None
    return msgspec.structs.replace(block, sample=msgspec.structs.replace(block.sample, hidden_errors=2))


def beside(cells: tuple[Cell, ...] = CELLS) -> Run:
    return run_of(cells=cells, ways=BESIDE, arms=(*ARMS, BASE))


def between(old: Run, new: Run) -> list[Result]:
    return judged_between(figures_of(old), figures_of(new))


def within(run: Run) -> list[Result]:
    return judged_within(run, figures_of(run))


def named(results: list[Result], word: str) -> list[Result]:
    return [result for result in results if result.name.endswith(word)]


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "DRAWS", 60)
        patch.setattr(analysis, "DRAWS", 60)
        yield


@pytest.fixture(scope="module")
def good() -> Figures:
    return figures_of(run_of(cells=CELLS))


def test_of_two_that_are_alike_nothing_broke(good: Figures):
    again = judged_between(good, good)
    assert exit_code(again) == exit_code(within(beside())) == 0
    assert {result.budget.unit for result in again} == {"x before"}


@pytest.mark.parametrize("cell", CELLS)
def test_a_gateway_that_is_dead_in_a_cell_fails(good: Figures, cell: Cell):
    for results in (
        judged_between(good, figures_of(changed(run_of(cells=CELLS), "gateway", dead, cell))),
        within(changed(beside(), "gateway", dead, cell)),
    ):
        assert exit_code(results) == 1
        (gone,) = named(results, "no-figures")
        assert (gone.name, gone.answer) == (f"{cell.name} no-figures", Answer.FAIL)
        assert gone.notes == ("there are none any more: it died of a signal",)


@pytest.mark.parametrize("cell", CELLS)
def test_a_base_that_is_dead_in_a_cell_leaves_it_open(good: Figures, cell: Cell):
    for results in (
        judged_between(figures_of(changed(run_of(cells=CELLS), "gateway", dead, cell)), good),
        within(changed(beside(), "base", dead, cell)),
    ):
        assert exit_code(results) == 2
        (gone,) = named(results, "no-figures")
        assert gone.answer is Answer.INCONCLUSIVE
        assert gone.notes == ("there are none of before: it died of a signal",)


def test_where_both_are_dead_nothing_is_told_and_it_is_said():
    results = within(changed(changed(beside(), "gateway", dead), "base", dead))
    assert exit_code(results) == 2
    assert {result.answer for result in named(results, "no-figures")} == {Answer.INCONCLUSIVE}


def test_what_an_interrupted_run_did_not_come_to_is_no_failure(good: Figures):
    cut = changed(run_of(cells=CELLS), "gateway", dead, SPEED)
    cut.is_complete = False
    assert exit_code(judged_between(good, figures_of(cut))) == 2


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        (partly(0.9), "refusals", "360 x 500"),
        (lost, "unanswered", "30 requests got no whole answer, most: broke off"),
        (lying, "error-inside-200", "20 of 400 answers say 200 and have an error inside"),
    ],
)
def test_answers_that_went_wrong_fail_in_the_words_of_the_finding(good: Figures, change: Change, kind: str, told: str):
    cell = ALONE
    for results in (
        judged_between(good, figures_of(changed(run_of(cells=CELLS), "gateway", change, cell))),
        within(changed(beside(), "gateway", change, cell)),
    ):
        (worse,) = named(results, kind)
        assert (worse.name, worse.answer) == (f"{cell.name} {kind}", Answer.FAIL)
        assert told in worse.notes[0]
        assert exit_code(results) == 1


def test_each_cell_is_told_of_by_itself(good: Figures):
    """Findings of a run stand together with the worst cell in front: that cell was as bad before."""
    old = figures_of(changed(run_of(cells=CELLS), "gateway", partly(0.5), ALONE))
    new = figures_of(
        changed(changed(run_of(cells=CELLS), "gateway", partly(0.5), ALONE), "gateway", partly(0.1), SPEED)
    )
    (worse,) = named(judged_between(old, new), "refusals")
    assert worse.name == f"{SPEED.name} refusals"


@pytest.mark.parametrize(("before", "now", "code"), [(0.5, 0.5, 0), (0.1, 0.9, 1), (0.9, 0.0, 0), (0.1, 0.15, 0)])
def test_what_was_as_bad_before_is_no_change_and_much_worse_is(before: float, now: float, code: int):
    old, new = (changed(run_of(cells=CELLS), "gateway", partly(share), ALONE) for share in (before, now))
    assert exit_code(between(old, new)) == code


def test_planned_faults_and_rates_that_were_too_much_break_nothing():
    cells = (*CELLS, FAULT, RATE)
    run = changed(run_of(cells=cells), "gateway", partly(1.0), FAULT)
    assert exit_code(between(run_of(cells=cells), changed(run, "gateway", dead, RATE))) == 0


def test_of_several_gateways_the_broken_one_is_named(good: Figures):
    second = type(ARMS[0])("other", Role.GATEWAY, "http://localhost/other", "the other")
    old, new = (run_of(cells=CELLS, arms=(*ARMS, second)) for _ in range(2))
    (gone,) = named(between(old, changed(new, "other", dead, SPEED)), "no-figures")
    assert gone.name == f"other: {SPEED.name} no-figures"


def test_a_cell_without_the_hop_is_not_passed_over():
    (lack,) = named(between(run_of(cells=CELLS), changed(run_of(cells=CELLS), "hop", dead, SPEED)), "not-compared")
    assert lack.answer is Answer.INCONCLUSIVE
    assert lack.notes == ("hop has no figures: it died of a signal",)


def test_where_no_processes_are_seen_their_cpu_is_not_judged():
    unseen = {**WAYS, Role.GATEWAY: Adds(300, cpu_us=0)}
    results = between(run_of(cells=CELLS, ways=unseen), run_of(cells=CELLS, ways=unseen))
    assert [result.answer for result in named(results, "not-compared")] == [Answer.SHOWN]
    assert exit_code(results) == 0
    assert exit_code(between(run_of(cells=CELLS), run_of(cells=CELLS, ways=unseen))) == 2


@pytest.mark.parametrize("cells", [(FAULT,), (RATE,)])
def test_where_nothing_is_held_against_anything_nothing_passes(cells: tuple[Cell, ...]):
    run = run_of(cells=cells)
    results = between(run, run)
    assert [result.answer for result in results] == [Answer.NOT_COMPARABLE]
    assert exit_code(results) == 3
    assert exit_code(within(beside(cells))) == 3


def test_where_all_is_too_little_to_be_judged_nothing_passes():
    cell = msgspec.structs.replace(latency(10), requests=2)
    results = within(beside((cell,)))
    assert {result.answer for result in results} == {Answer.SHOWN, Answer.NOT_COMPARABLE}
    assert exit_code(results) == 3
