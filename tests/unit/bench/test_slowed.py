"""What makes a stage slower: it takes its time, does what it did, and keeps its name."""

from time import perf_counter_ns

from gossamer.bench.slowed.sitecustomize import longer


def authenticate(number: int) -> int:
    return number + 1


def test_it_takes_longer_and_does_the_same_under_its_own_name():
    slow = longer(authenticate, 2_000_000)
    began = perf_counter_ns()
    assert slow(1) == 2
    assert perf_counter_ns() - began >= 2_000_000
    assert slow.__name__ == "authenticate"
