"""Gaps and doubles, in whatever order the numbers come."""

import random

import pytest

from gossamer.projections.audit.sequences import Gap, Sequence
from gossamer.projections.audit.watch import Missing, Watch


def of(numbers: list[int]) -> Sequence:
    sequence = Sequence()
    for number in numbers:
        sequence.add(number)
    return sequence


@pytest.mark.parametrize(
    ("numbers", "gaps", "doubles"),
    [
        ([], [], 0),
        ([7], [], 0),
        ([1, 2, 3], [], 0),
        ([3, 2, 1], [], 0),
        ([1, 3, 2], [], 0),
        ([1, 4], [Gap(2, 3)], 0),
        ([1, 4, 9, 2], [Gap(3, 3), Gap(5, 8)], 0),
        ([1, 2, 2, 1, 3], [], 2),
        ([5, 9, 7, 9, 5], [Gap(6, 6), Gap(8, 8)], 2),
    ],
)
def test_what_is_missing_and_what_came_twice(numbers: list[int], gaps: list[Gap], doubles: int):
    sequence = of(numbers)
    assert list(sequence.gaps()) == gaps
    assert sequence.doubles == doubles


def test_it_is_the_same_in_any_order():
    chance = random.Random()
    for _ in range(100):
        numbers = [chance.randrange(60) for _ in range(chance.randrange(1, 80))]
        there = sorted(set(numbers))
        expected = [Gap(low + 1, high - 1) for low, high in zip(there, there[1:], strict=False) if high > low + 1]
        sequence = of(numbers)
        assert list(sequence.gaps()) == expected, numbers
        assert sequence.doubles == len(numbers) - len(there), numbers


def test_what_was_missing_before_the_watch_settled_is_not_missed():
    sequence = of([1, 3, 7])
    sequence.settle()
    assert list(sequence.gaps()) == []
    sequence.add(9)
    assert list(sequence.gaps()) == [Gap(8, 8)]


def line(kind: str, life: str, seq: int, node: str = "n") -> bytes:
    return b'{"type":"%s","node":"%s","life":"%s","seq":%d}' % (kind.encode(), node.encode(), life.encode(), seq)


def test_a_watch_counts_by_type_and_looks_for_gaps_within_each_life():
    watch = Watch()
    for each in (
        *(line("request", "0-a", seq) for seq in (1, 2, 4)),
        *(line("request", "1-a", seq) for seq in (3, 4, 4)),
        line("request", "0-a", 3, node="m"),
        line("change", "changes", 7),
        line("change", "changes", 9, node="m"),
        b"half a li",
    ):
        watch.see(each)
    report = watch.report()
    assert report.events == {"request": 7, "change": 2, "unreadable": 1}
    assert (report.lives, report.doubles, report.missing) == (4, 1, 2)
    assert report.gaps == [Missing("n/0-a", 3, 3), Missing("changes", 8, 8)], "changes are of the store, not of a node"


def test_where_not_all_changes_come_their_numbers_say_nothing():
    watch = Watch(judges_changes=False)
    watch.see(line("change", "changes", 7))
    watch.see(line("change", "changes", 9))
    assert watch.report().missing == 0
