"""How often 100 us more in one stage are found and put down to it, and how often a stage is accused for nothing.

Simulated runs, of the size of the self-test's. Each stage has its length, and each block its luck, as machines have
them that are not quiet: within a block all stages stray together by a fifth, and each by some more.
"""

import random
from collections.abc import Mapping

import msgspec

from gossamer.bench.profiles import SELFTEST
from gossamer.bench.record import Block, Role, Run
from gossamer.bench.stages import grown_stages
from tests.unit.bench.made_up import ARMS, BASE, WAYS, Adds, run_of

RUNS = 100
MORE_US = 100.0
STAGES = {"queue": 20.0, "identify": 15.0, "authenticate": 2.0, "read_body": 35.0, "limit": 1.0, "forward": 150.0}
TOGETHER, APART = 0.2, 0.1
"""Relative, one sigma."""
SMALL = tuple(msgspec.structs.replace(cell, requests=10) for cell in SELFTEST.cells)


def strayed(block: Block, stages: Mapping[str, float], chance: random.Random) -> Block:
    assert block.sample is not None
    together = chance.gauss(1, TOGETHER)
    found = {name: round(1000 * max(0.0, us * together * chance.gauss(1, APART))) for name, us in stages.items()}
    return msgspec.structs.replace(block, sample=msgspec.structs.replace(block.sample, stages_ns=found))


def run_with(seed: int, more: Mapping[str, float]) -> Run:
    chance = random.Random(f"stages/{seed}")
    ways = {**WAYS, Role.BASE: Adds(300)}
    run = run_of(seed, SELFTEST.rounds, SMALL, ways, (*ARMS, BASE))
    lengths = {"base": STAGES, "gateway": {name: us + more.get(name, 0.0) for name, us in STAGES.items()}}
    run.blocks = [strayed(b, lengths[b.arm], chance) if b.arm in lengths else b for b in run.blocks]
    return run


def named(more: Mapping[str, float]) -> list[list[str]]:
    return [[f.text.split("`")[1] for f in grown_stages(run_with(seed, more))] for seed in range(RUNS)]


def test_a_stage_that_has_grown_is_found_and_no_other_is_named():
    assert named({"authenticate": MORE_US}).count(["authenticate"]) >= 0.95 * RUNS


def test_nothing_that_has_not_grown_is_named():
    assert named({}).count([]) >= 0.95 * RUNS
