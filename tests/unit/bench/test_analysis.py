"""From runs whose truth is known to their figures."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.changes import changes_between, changes_within, why_not_comparable
from gossamer.bench.figures import Figures
from gossamer.bench.judging import judge_changes
from gossamer.bench.profiles import floor, latency_stream
from gossamer.bench.record import Role
from gossamer.bench.stages import grown_stages
from gossamer.bench.verdict import Answer, exit_code
from tests.unit.bench.made_up import ARMS, BASE, WAYS, Adds, run_of

SPEED = Cell(Lane.CAPACITY, 64, 100)
STAGES = {"identify": 10.0, "authenticate": 30.0, "route": 5.0}


def gateway(**told) -> dict[Role, Adds]:
    return {**WAYS, Role.GATEWAY: Adds(300, cpu_us=40, **told)}


def test_what_is_added_is_found_with_its_interval():
    figures = figures_of(run_of())
    for cell in figures.cells:
        arm = cell.arm(Role.GATEWAY)
        assert arm is not None
        added = arm.at(0.5).us
        assert added.low < 300 < added.high
        assert added.high - added.low < 20
        again = cell.arm(Role.AGAIN)
        assert again is not None
        assert abs(again.at(0.5).us.centre) < 10
        assert cell.noise_us < 20


def test_what_carries_is_the_ratio_to_the_hop():
    arm = figures_of(run_of(cells=(SPEED,))).cells[0].arm(Role.GATEWAY)
    assert arm is not None
    assert arm.cpu_to_hop is not None
    assert arm.cpu_to_hop.centre == pytest.approx(2.0, rel=0.03)
    added = arm.at(0.5)
    assert added.to_hop is not None
    assert added.to_hop.centre == pytest.approx(3.0, rel=0.1)


def test_what_answers_say_is_reconciled_with_what_was_measured():
    figures = figures_of(run_of(ways=gateway(stages_us=STAGES)))
    arm = figures.cells[0].arm(Role.GATEWAY)
    assert arm is not None
    assert arm.account is not None
    assert arm.account.self_us == pytest.approx(45, abs=3)
    assert arm.account.unexplained_us == pytest.approx(arm.at(0.5).us.centre - arm.account.self_us)
    assert set(arm.account.stages_us) == set(STAGES)


def test_what_a_stream_says_of_itself_is_held_against_its_first_byte():
    """It is said in the head: what comes after it cannot be in it."""
    cell = latency_stream(10)
    run = run_of(cells=(cell,), ways=gateway(stages_us=STAGES))
    for at, block in enumerate(run.blocks):
        sample = block.sample
        assert sample is not None
        late = [took + 700_000 * (block.arm == "gateway") for took in sample.took_ns]
        run.blocks[at] = msgspec.structs.replace(block, sample=msgspec.structs.replace(sample, took_ns=late))
    arm = figures_of(run).cells[0].arm(Role.GATEWAY)
    assert arm is not None
    assert arm.account is not None
    assert arm.at(0.5).us.centre == pytest.approx(1000, rel=0.1)
    assert arm.account.unexplained_us == pytest.approx(arm.first_byte[0].us.centre - arm.account.self_us)


def test_few_requests_are_shown_and_not_judged():
    arm = figures_of(run_of(rounds=6, cells=(floor(),))).cells[0].arms[0]
    assert [added.is_judged for added in arm.added] == [True, True, True]
    arm = figures_of(run_of(rounds=2, cells=(floor(),))).cells[0].arms[0]
    assert [added.is_judged for added in arm.added] == [True, True, False]


def test_a_way_that_was_never_taken_is_missing_with_its_reason():
    run = run_of(cells=(floor(),))
    for at, block in enumerate(run.blocks):
        if block.arm == "gateway":
            run.blocks[at] = type(block)(block.round, block.cell, block.arm, 0, 0.0, reason="it died")
    cell = figures_of(run).cells[0]
    assert cell.missing == {"gateway": "it died"}
    assert cell.arm(Role.HOP) is not None


def test_an_interrupted_run_has_the_figures_of_its_whole_rounds():
    run = run_of(cells=(floor(),))
    run.blocks = run.blocks[:-2]
    assert figures_of(run).cells[0].rounds == 9


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_a_run_that_was_interrupted_in_its_first_visit_has_figures_or_says_what_is_missing(taken: int):
    """Whichever ways were taken by then."""
    for start in range(4):
        run = run_of(rounds=1, cells=(floor(),))
        run.blocks = (run.blocks * 2)[start : start + taken]
        run.visits = []
        (cell,) = figures_of(run).cells
        names = {block.arm for block in run.blocks}
        has_base = bool(names & {"direct", "direct again"})
        assert {arm.arm for arm in cell.arms} == (names if has_base else set())
        assert cell.missing.keys() == {arm.name for arm in run.arms} - names
        assert changes_within(run) == []


def test_disturbed_rounds_are_left_out_while_there_are_enough():
    run = run_of(cells=(floor(),))
    run.visits[0] = type(run.visits[0])(0, floor().name, 0.5, 1.0, 0.0, 0.0)
    cell = figures_of(run).cells[0]
    assert (cell.rounds, cell.calm, cell.is_disturbed) == (10, 9, False)
    assert cell.arms[0].blocks == 9


def test_the_same_run_gives_the_same_figures():
    assert figures_of(run_of()) == figures_of(run_of())


def test_two_runs_are_compared_by_their_ratios_to_the_hop():
    cells = (floor(), SPEED)
    old, same = figures_of(run_of(1, cells=cells)), figures_of(run_of(2, cells=cells))
    assert exit_code(judge_changes(changes_between(old, same), "x")) == 0
    dearer = figures_of(run_of(3, cells=cells, ways={**WAYS, Role.GATEWAY: Adds(900, cpu_us=60)}))
    answers = {result.name: result.answer for result in judge_changes(changes_between(old, dearer), "x")}
    assert answers[f"{floor().name} added p50"] is Answer.FAIL
    assert answers[f"{SPEED.name} CPU a request"] is Answer.FAIL


def test_runs_beside_different_hops_are_not_comparable():
    old, new = figures_of(run_of()), figures_of(run_of())
    assert why_not_comparable(old, new) == ""
    new.arms = tuple(type(arm)(arm.name, arm.role, arm.url, "another") for arm in new.arms)
    assert "null hops differ" in why_not_comparable(old, new)
    new.arms, new.cells = old.arms, ()
    assert "no cell is in both" in why_not_comparable(old, new)


def test_a_stage_that_has_grown_is_named_and_no_other():
    slow = {**STAGES, "authenticate": 130.0}
    ways = {**WAYS, Role.BASE: Adds(300, stages_us=STAGES), Role.GATEWAY: Adds(400, stages_us=slow)}
    (finding,) = grown_stages(run_of(ways=ways, arms=(*ARMS, BASE)))
    assert finding.kind == "grown-stage"
    assert "`authenticate` takes 100 us longer" in finding.text


def test_a_base_in_the_same_run_needs_no_hop():
    ways = {**WAYS, Role.BASE: Adds(1000), Role.GATEWAY: Adds(1000)}
    results = judge_changes(changes_within(run_of(ways=ways, arms=(*ARMS, BASE), cells=(floor(),))), "x")
    assert {result.answer for result in results if result.name.endswith("p50")} == {Answer.PASS}


def called(figures: Figures, *names: str) -> Figures:
    """The same, with a gateway of each name."""

    def ours(arms: Sequence[Any], key: str) -> tuple[Any, ...]:
        gateway = next(arm for arm in arms if arm.role is Role.GATEWAY)
        own = [msgspec.structs.replace(gateway, **{key: name}) for name in names]
        return (*(arm for arm in arms if arm.role is not Role.GATEWAY), *own)

    cells = tuple(msgspec.structs.replace(cell, arms=ours(cell.arms, "arm")) for cell in figures.cells)
    return msgspec.structs.replace(figures, arms=ours(figures.arms, "name"), cells=cells)


def test_of_several_gateways_each_is_held_against_itself():
    figures = figures_of(run_of(cells=(SPEED,)))
    many, turned = called(figures, "a", "b"), called(figures, "b", "a", "c")
    assert [change.name.partition(":")[0] for change in changes_between(many, turned)] == ["b", "a"]
    assert why_not_comparable(many, turned) == ""
    assert "different gateways (a, b; c)" in why_not_comparable(many, called(figures, "c"))


def test_one_gateway_may_be_held_against_another_one():
    figures = figures_of(run_of(cells=(SPEED,)))
    assert why_not_comparable(figures, called(figures, "theirs")) == ""
    assert [change.name for change in changes_between(figures, called(figures, "theirs"))] == [
        f"{SPEED.name} CPU a request"
    ]
