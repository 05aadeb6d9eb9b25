"""A measure that cannot be taken is never silent and never a pass."""

from collections.abc import Callable

import pytest

from gossamer.bench import gate
from gossamer.bench.budgets import BUDGETS
from gossamer.bench.errors import RigBroken, SubjectBroken
from gossamer.bench.gate import MEASURES, NAMES, Measure, missing_for, run_gate
from gossamer.bench.rig import Plan, Rig
from gossamer.bench.statistics import Interval
from gossamer.bench.subject import Subject
from gossamer.bench.verdict import Answer, Result, exit_code

PLAN = Plan(1, 1, Subject())
FULL = MEASURES[-1]


def test_every_measure_has_a_budget_and_every_budget_a_measure():
    assert sorted(NAMES) == sorted(BUDGETS)


@pytest.mark.parametrize(
    ("missing", "cores", "told"),
    [
        ({"wrk"}, 2, ["wrk is missing; on Debian and Ubuntu: apt-get install wrk"]),
        ({"nginx"}, 2, ["nginx is missing; on Debian and Ubuntu: apt-get install nginx-light"]),
        (set(), 1, ["it takes two cores"]),
        (set(), 2, []),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(missing: set[str], cores: int, told: list[str]):
    lacks = missing_for(FULL, lambda tool: None if tool in missing else f"/usr/bin/{tool}", cores)
    assert len(lacks) == len(told)
    assert all(lack.startswith(start) for lack, start in zip(lacks, told, strict=True))


def taking(take: Callable[[Rig], list[Result]]) -> tuple[Measure, ...]:
    return (Measure("start", (), 1, take, two_cores=False),)


def passes(_: Rig) -> list[Result]:
    return [Result("start", BUDGETS["start"], Answer.PASS, Interval(1, 1, 1, 0.95))]


def rig_breaks(_: Rig) -> list[Result]:
    raise RigBroken("nginx would not start")


def subject_breaks(_: Rig) -> list[Result]:
    raise SubjectBroken("the gateway answered 500")


@pytest.mark.parametrize(
    ("take", "code", "told"),
    [
        (passes, 0, ""),
        (rig_breaks, 2, "NOT MEASURED, the bench broke down: nginx would not start"),
        (subject_breaks, 1, "the gateway broke down: the gateway answered 500"),
    ],
)
def test_who_is_to_blame_decides(monkeypatch: pytest.MonkeyPatch, take, code: int, told: str):
    monkeypatch.setattr(gate, "MEASURES", taking(take))
    said: list[str] = []
    results = run_gate(PLAN, [], said.append, seed=1)
    assert exit_code(results) == code
    assert told in " ".join(results[0].notes)
    assert told in " ".join(said)


def test_missing_tools_are_loud(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gate, "MEASURES", (Measure("request-cpu", ("nginx", "wrk"), 1, passes, two_cores=False),))
    monkeypatch.setattr("shutil.which", lambda _: None)
    said: list[str] = []
    results = run_gate(PLAN, [], said.append, seed=1)
    assert exit_code(results) == 2
    assert [line.split(":")[0] for line in said] == ["!!! request-cpu IS NOT MEASURED"] * 2
    assert all(note.startswith("NOT MEASURED") for note in results[0].notes)


def test_only_what_is_asked_for_runs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gate, "MEASURES", (*taking(passes), Measure("rss-idle", (), 1, rig_breaks, two_cores=False)))
    assert [result.name for result in run_gate(PLAN, ["start"], print, seed=1)] == ["start"]


def both(_: Rig) -> list[Result]:
    return [Result(name, BUDGETS[name], Answer.PASS) for name in ("request-cpu", "node-cpu")]


@pytest.mark.parametrize(
    ("only", "names"),
    [([], ["request-cpu", "node-cpu"]), (["node-cpu"], ["node-cpu"]), (["request-cpu"], ["request-cpu"])],
)
@pytest.mark.parametrize("take", [both, subject_breaks])
def test_two_budgets_of_one_load_are_two_answers(
    monkeypatch: pytest.MonkeyPatch, take: Callable[[Rig], list[Result]], only: list[str], names: list[str]
):
    """Also where the load could not be taken, and each may be asked for alone."""
    measure = Measure("request-cpu", (), 1, take, two_cores=False, also=("node-cpu",))
    monkeypatch.setattr(gate, "MEASURES", (measure,))
    results = run_gate(PLAN, only, lambda _: None, seed=1)
    assert [(result.name, result.budget) for result in results] == [(name, BUDGETS[name]) for name in names]
    assert exit_code(results) == (0 if take is both else 1)
