"""What is made of samples."""

from collections import Counter

from gossamer.bench.profiling import own_time, shares

STACKS = {"a.b:inner;a.c:outer": 3, "a.b:other;a.c:outer": 1, "a.c:outer": 6}


def test_time_is_the_innermost_functions():
    functions, modules = own_time(STACKS)
    assert functions == {"a.b:inner": 3, "a.b:other": 1, "a.c:outer": 6}
    assert modules == {"a.b": 4, "a.c": 6}


def test_shares_are_of_all_samples_the_largest_first():
    assert shares("modules", Counter({"a": 1, "b": 3, "gone": 0})).splitlines() == [
        "modules (4 samples)",
        "  75.0 %  b",
        "  25.0 %  a",
    ]
