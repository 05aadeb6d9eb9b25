"""L1: its bounds, its times, and that rare questions push nothing out."""

import random
from bisect import bisect
from collections import OrderedDict
from hashlib import sha256
from itertools import accumulate

import pytest

from benchmarks.cache import exact
from gossamer.cache.memory import Memory
from tests.unit.cache.asking import entry

PLENTY = 10**9
LATER = 1e9


def name(number: int) -> bytes:
    return sha256(b"%d" % number).digest() + b"w"


def test_what_was_put_is_there_until_its_time_is_over():
    memory = Memory(10, PLENTY)
    memory.put(b"k" * 33, entry(b"a"), 5.0)
    found = memory.get(b"k" * 33, 4.9)
    assert found is not None
    assert found.body == b"a"
    assert memory.get(b"k" * 33, 5.0) is None
    assert (len(memory), memory.size_bytes) == (0, 0)


def test_a_newer_answer_takes_the_place_of_the_older():
    memory = Memory(10, PLENTY)
    memory.put(name(1), entry(b"a" * 100), LATER)
    memory.put(name(1), entry(b"b"), LATER)
    found = memory.get(name(1), 0.0)
    assert found is not None
    assert found.body == b"b"
    assert memory.size_bytes == entry(b"b").size_bytes


def test_there_are_never_more_than_so_many_entries_and_bytes():
    one = entry(b"x" * 1000)
    memory = Memory(50, 20 * one.size_bytes)
    rng = random.Random(3)
    for number in range(3000):
        key = name(int(rng.paretovariate(0.8)))
        if memory.get(key, 0.0) is None:
            memory.put(key, entry(b"x" * rng.randrange(2000)), LATER)
        assert len(memory) <= 50
        assert memory.size_bytes <= 20 * one.size_bytes, number


def test_what_is_larger_than_all_together_is_not_kept():
    memory = Memory(10, 1000)
    memory.put(name(1), entry(b"x" * 2000), LATER)
    assert len(memory) == 0


def test_a_flood_of_questions_that_nobody_repeats_pushes_nothing_out():
    memory = Memory(100, PLENTY)
    for _ in range(3):
        for number in range(90):
            if memory.get(name(number), 0.0) is None:
                memory.put(name(number), entry(), LATER)
    for number in range(1000, 1900):
        assert memory.get(name(number), 0.0) is None
        memory.put(name(number), entry(), LATER)
    assert sum(memory.get(name(number), 0.0) is not None for number in range(90)) >= 85


def test_it_forgets_who_is_meant_and_nobody_else():
    memory = Memory(10, PLENTY)
    for number in range(4):
        memory.put(name(number), entry(b"%d" % number), LATER)
    assert memory.drop_all(lambda each: each.body in (b"1", b"2")) == 2
    assert [memory.get(name(number), 0.0) is not None for number in range(4)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("distinct", "entries", "requests"), [(5_000, 100, 40_000), (100_000, 1_000, 60_000)], ids=["small", "as promised"]
)
def test_by_zipf_it_hits_as_often_as_a_simulation_and_more_than_lru(distinct: int, entries: int, requests: int):
    """s = 1.0. The simulation counts exactly what a sketch only estimates; benchmarks/cache.py replays more."""
    weights = list(accumulate(1 / (rank + 1) for rank in range(distinct)))
    rng = random.Random(7)
    keys = [name(number) for number in range(distinct)]
    asked = [bisect(weights, rng.random() * weights[-1]) for _ in range(requests)]
    memory, hits = Memory(entries, PLENTY), 0
    for number in asked:
        if memory.get(keys[number], 0.0) is not None:
            hits += 1
        else:
            memory.put(keys[number], entry(), LATER)
    assert abs(hits / requests - exact(asked, entries)) < 0.02
    assert hits / requests > lru(asked, entries) + 0.05


def lru(asked: list[int], entries: int) -> float:
    kept: OrderedDict[int, bool] = OrderedDict()
    hits = 0
    for number in asked:
        if number in kept:
            kept.move_to_end(number)
            hits += 1
            continue
        kept[number] = True
        if len(kept) > entries:
            kept.popitem(last=False)
    return hits / len(asked)
