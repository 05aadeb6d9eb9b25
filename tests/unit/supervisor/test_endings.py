"""Deaths in words, and how long a successor waits."""

import pytest

from gossamer.supervisor.endings import HEALTHY_AFTER_S, LONGEST_PAUSE_S, Restarts, ending_in_words


@pytest.mark.parametrize(
    ("returncode", "words"),
    [
        (0, "exit status 0"),
        (3, "exit status 3"),
        (-9, "killed by SIGKILL (signal 9, perhaps out of memory)"),
        (-11, "killed by SIGSEGV (signal 11)"),
        (-99, "killed by an unnamed signal (signal 99)"),
    ],
)
def test_an_ending_is_said_in_words(returncode: int, words: str):
    assert ending_in_words(returncode) == words


def test_the_first_death_is_answered_at_once_and_each_that_follows_later():
    restarts = Restarts()
    assert [restarts.pause_after(1.0) for _ in range(9)] == [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert restarts.count == 9


def test_a_worker_that_lived_long_is_no_crash_loop():
    restarts = Restarts()
    for _ in range(20):
        restarts.pause_after(0.5)
    assert restarts.pause_after(HEALTHY_AFTER_S - 0.01) == LONGEST_PAUSE_S
    assert restarts.pause_after(HEALTHY_AFTER_S) == 0.0
    assert restarts.pause_after(0.5) == 0.1
    assert restarts.count == 23
