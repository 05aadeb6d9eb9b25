"""Which cores."""

import os

import pytest

from gossamer.bench.placement import Place, pick_cores


@pytest.mark.parametrize(
    ("allowed", "siblings", "picked"),
    [
        ({0, 1}, {0: {0}, 1: {1}}, (0, 1)),
        ({0, 1}, {0: {0, 1}, 1: {0, 1}}, (0, 1)),
        ({0, 1, 2, 3}, {0: {0, 1}, 1: {0, 1}, 2: {2, 3}, 3: {2, 3}}, (0, 2)),
        ({3, 7}, {3: {3, 7}}, (3, 7)),
        ({5}, {5: {5}}, None),
    ],
)
def test_two_cores_that_share_as_little_as_can_be(allowed: set[int], siblings: dict[int, set[int]], picked):
    assert pick_cores(allowed, siblings) == picked


def test_a_place_is_left_as_it_was_found():
    before = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)
    with Place(min(before[0]), urgent=True).entered():
        assert os.sched_getaffinity(0) == {min(before[0])}
    assert before == (os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0))
