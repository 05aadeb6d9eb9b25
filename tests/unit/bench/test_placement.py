"""Which cores."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gossamer.bench.placement import Place, move, pick_cores


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


def test_a_process_that_runs_is_moved_with_all_its_threads():
    words = "import sys, threading; threading.Thread(target=sys.stdin.read).start(); print('there', flush=True)"
    core = max(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"there\n"
        move(process.pid, core)
        tasks = [int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir()]
        assert len(tasks) == 2
        assert [os.sched_getaffinity(task) for task in tasks] == [{core}, {core}]
        process.stdin.close()
    move(process.pid, core)  # it is gone
