"""Runs that were never taken, so that their truth is known."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from gossamer.bench.cells import Cell
from gossamer.bench.profiles import floor, latency
from gossamer.bench.reading import spread
from gossamer.bench.record import Arm, Block, Costs, Machine, Role, Run, Sample, Streams, Visited

US = 1_000
MACHINE = Machine("a cpu", 2, "6.1", "3.11")
ARMS = tuple(
    Arm(role.value, role, f"http://localhost/{role}", f"the {role}")
    for role in (Role.DIRECT, Role.HOP, Role.AGAIN, Role.GATEWAY)
)
BASE = Arm("base", Role.BASE, "http://localhost/base", "the base")


@dataclass(frozen=True)
class Adds:
    """What a way adds to each request, and what is odd about it."""

    us: float = 0.0
    spread_us: float = 20.0
    own_luck_us: float = 5.0
    """Of a whole block."""
    cpu_us: float = 0.0
    stages_us: Mapping[str, float] = field(default_factory=dict)
    status: str = "200"
    hidden: int = 0
    streams: Streams | None = None
    load_share: float = 0.2
    reached: float = 1.0


WAYS = {Role.DIRECT: Adds(), Role.AGAIN: Adds(), Role.HOP: Adds(100, cpu_us=20), Role.GATEWAY: Adds(300, cpu_us=40)}


def block_of(chance: random.Random, turn: int, cell: Cell, arm: Arm, adds: Adds, luck_us: float) -> Block:
    own = chance.gauss(0, adds.own_luck_us)
    shared = random.Random(turn)
    base = [shared.lognormvariate(0, 0.3) * 100 for _ in range(cell.requests)]
    took = [round(US * (b + luck_us + own + adds.us + chance.expovariate(1) * adds.spread_us)) for b in base]
    stages = {name: round(US * (us + chance.gauss(0, 1))) for name, us in adds.stages_us.items()}
    self_ns = spread([sum(stages.values())]) if stages else None
    sample = Sample(
        list(range(cell.requests)), took, list(took), [], [], None, None, {adds.status: cell.requests}, {}, adds.hidden,
        0, self_ns, stages, adds.streams, None, 0, 0.5, cell.requests,
    )  # fmt: skip
    cpu = round(US * adds.cpu_us * cell.requests * chance.gauss(1, 0.01))
    costs = Costs(cpu, cpu, 40_000_000, adds.load_share, round(cell.requests * adds.reached))
    return Block(turn, cell.name, arm.name, 0, float(turn), sample, costs)


def run_of(
    seed: int = 1,
    rounds: int = 10,
    cells: tuple[Cell, ...] = (floor(), latency(10)),
    ways: Mapping[Role, Adds] = WAYS,
    arms: tuple[Arm, ...] = ARMS,
) -> Run:
    chance = random.Random(seed)
    run = Run("made up", seed, rounds, cells, arms, MACHINE, "d", {"gossamer": "0"}, "2026-01-01T00:00:00+00:00")
    for turn in range(rounds):
        for cell in cells:
            luck_us = abs(chance.gauss(0, 20))
            run.blocks += [block_of(chance, turn, cell, arm, ways[arm.role], luck_us) for arm in arms]
            run.visits.append(Visited(turn, cell.name, 0.0, 1.0, 0.0, 0.0))
    run.is_complete = True
    return run
