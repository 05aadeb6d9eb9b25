"""Made-up blocks of four arms."""

import random

import pytest

from gossamer.bench.measures.added_p99 import AGAIN, DIRECT, GATEWAY, HOP, added_median_ms, added_ms


def blocks_of(**added_ns: int) -> dict[str, list[list[int]]]:
    """Eight blocks of a hundred, the same in each arm but for what is added."""
    chance = random.Random(1)
    base = [[chance.randrange(100_000, 300_000) for _ in range(100)] for _ in range(8)]
    names = {"direct": DIRECT, "again": AGAIN, "gateway": GATEWAY, "nginx": HOP}
    return {names[key]: [[v + added for v in block] for block in base] for key, added in added_ns.items()}


BLOCKS = blocks_of(direct=0, again=0, gateway=400_000, nginx=100_000)


@pytest.mark.parametrize(("arm", "added"), [(GATEWAY, 0.4), (HOP, 0.1), (AGAIN, 0.0)])
def test_what_an_arm_adds_in_milliseconds(arm: str, added: float):
    assert added_ms(0.99, BLOCKS, arm, random.Random(2)).centre == pytest.approx(added)
    assert added_median_ms(BLOCKS, arm).centre == pytest.approx(added)


def test_both_direct_arms_are_the_base():
    """Half of the base is slower by a millisecond: its 99th percentile is the slow half's 98th."""
    blocks = blocks_of(direct=0, again=1_000_000, gateway=1_000_000)
    assert added_ms(0.99, blocks, GATEWAY, random.Random(2)).centre == pytest.approx(0.0, abs=0.01)
    assert added_ms(0.99, blocks, AGAIN, random.Random(2)).centre == pytest.approx(1.0)
