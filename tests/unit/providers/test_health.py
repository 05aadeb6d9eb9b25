import pytest

from gossamer.policy.circuit import MOST_REFUSALS
from gossamer.providers.health import Health, Healths


@pytest.fixture
def told() -> list[tuple[str, bool]]:
    return []


@pytest.fixture
def health(told: list[tuple[str, bool]]) -> Health:
    return Health("a/one", lambda label, is_open: told.append((label, is_open)))


def fail(health: Health, now: float, times: int = MOST_REFUSALS) -> None:
    for _ in range(times):
        health.asked(now)
        health.bad(now, now, is_refusal=True)


def test_what_goes_wrong_and_well_again_is_told_once_each(health: Health, told: list[tuple[str, bool]]):
    fail(health, 100.0)
    assert told == [("a/one", True)]
    now = health.circuit.due_at
    for _ in range(3):
        assert health.admits(now)
        health.asked(now)
        health.good(now, now)
    assert told == [("a/one", True), ("a/one", False)]
    assert not health.is_suspect


def test_what_is_under_way_is_counted_however_it_ends(health: Health):
    for _ in range(3):
        health.asked(1.0)
    assert health.busy == 3
    health.good(1.0, 1.0)
    health.bad(1.0, 1.0, is_refusal=False)
    health.left()
    assert health.busy == 0


def test_a_rest_ends_by_itself_and_is_told_to_nobody(health: Health, told: list[tuple[str, bool]]):
    health.rest(5.0, 100.0)
    assert health.admits(101.0)
    assert health.is_resting(101.0)
    assert not health.is_resting(105.1)
    health.asked(106.0)
    health.good(106.0, 106.0)
    assert not health.is_suspect
    assert told == []


def test_the_word_of_another_worker_is_believed_and_not_told_on(health: Health, told: list[tuple[str, bool]]):
    health.hear(100.0, is_open=True)
    assert not health.admits(100.1)
    health.hear(100.2, is_open=False)
    assert health.admits(100.2)
    assert told == []


def test_whoever_had_a_good_answer_just_now_knows_better(health: Health):
    health.asked(100.0)
    health.good(100.0, 100.0)
    health.hear(100.1, is_open=True)
    assert health.admits(100.2)


def test_targets_that_nobody_here_knows_are_nobodys_business(told: list[tuple[str, bool]]):
    healths = Healths(lambda label, is_open: told.append((label, is_open)))
    healths.hear("a/one", 1.0, is_open=True)
    assert healths.of("a/one").admits(1.0)
    assert healths.of("a/one") is healths.of("a/one")
