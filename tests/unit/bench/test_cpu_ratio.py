"""Rounds of two arms with made-up costs."""

import random
import time
from pathlib import Path

import pytest

from gossamer.bench import cpu_ratio
from gossamer.bench.cpu_ratio import Arm, compare, ratios
from gossamer.bench.placement import Place
from gossamer.bench.rig import Plan, Rig
from gossamer.bench.rounds import Deadline, Rounds
from gossamer.bench.subject import Subject
from gossamer.bench.verdict import Answer


def rig(said: list[str], rounds: int = 7) -> Rig:
    plan = Plan(1, rounds, Subject())
    deadline = Deadline(time.monotonic() + 1e6)
    return Rig(plan, Place(0), Place(0), Path(), random.Random(1), deadline, said.append)


class Node:
    """A worker (pid 2) and its supervisor (pid 1): CPU clocks that work moves on."""

    def __init__(self, worker_ns: int, other_ns: int) -> None:
        self.clocks = {1: 500, 2: 700}
        self.costs = (worker_ns, other_ns)

    def work(self) -> int:
        self.clocks[2] += self.costs[0] * 100
        self.clocks[1] += self.costs[1] * 100
        return 100


class Silence:
    """Surroundings without neighbours."""

    def begin(self) -> None:
        pass

    def pace_ms(self) -> float:
        return 1.0

    def neighbours_share(self) -> float:
        return 0.0


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch):
    nodes: dict[int, Node] = {}
    monkeypatch.setattr(cpu_ratio, "SETTLE_S", 0)
    monkeypatch.setattr(Rig, "rounds", lambda rig, only_dearer: Rounds(rig.chance, Silence()))
    monkeypatch.setattr(cpu_ratio, "family", lambda root: [root * 10 + 1, root * 10 + 2])
    monkeypatch.setattr(cpu_ratio, "cpu_of", lambda pids: {pid: nodes[pid // 10].clocks[pid % 10] for pid in pids})
    return nodes


@pytest.mark.parametrize(("worker_ns", "answer"), [(34_000, Answer.PASS), (43_000, Answer.FAIL)])
def test_cost_a_unit_of_the_worker_decides(kernel: dict[int, Node], worker_ns: int, answer: Answer):
    kernel.update({7: Node(worker_ns, 5_000), 8: Node(20_000, 0)})
    said: list[str] = []
    (result,) = compare(rig(said), "request-cpu", "request", Arm(7, 72, kernel[7].work), Arm(8, 82, kernel[8].work))
    assert result.answer is answer
    assert result.interval is not None
    assert result.interval.centre == pytest.approx(worker_ns / 20_000)
    assert result.rounds["gateway_node_us"] == pytest.approx([(worker_ns + 5_000) / 1000] * 7)
    assert f"gateway's worker {worker_ns / 1000:.1f} us, nginx's 20.0 us" in result.notes[0]
    assert len(said) == 7


@pytest.mark.parametrize(("other_ns", "answer"), [(60_000, Answer.PASS), (70_000, Answer.FAIL)])
def test_all_processes_together_have_a_budget_of_their_own(kernel: dict[int, Node], other_ns: int, answer: Answer):
    """Five times nginx, whatever the worker alone costs; of the same rounds."""
    kernel.update({7: Node(34_000, other_ns), 8: Node(20_000, 0)})
    said: list[str] = []
    worker, node = compare(
        rig(said), "request-cpu", "request", Arm(7, 72, kernel[7].work), Arm(8, 82, kernel[8].work), node="node-cpu"
    )
    assert (worker.answer, node.name, node.answer) == (Answer.PASS, "node-cpu", answer)
    assert node.interval is not None
    assert node.interval.centre == pytest.approx((34_000 + other_ns) / 20_000)
    assert node.notes[0] == f"all processes of the gateway, a request: {(34_000 + other_ns) / 1000:.1f} us"
    assert len(said) == 7


def test_ratios_are_taken_round_by_round():
    assert ratios([10.0, 40.0], [5.0, 10.0]) == [2.0, 4.0]
