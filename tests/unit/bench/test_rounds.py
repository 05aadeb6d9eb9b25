"""How long to go on: until it is clear, three looks at most, and never past the deadline."""

import random
import time
from functools import partial

import pytest

from gossamer.bench.rounds import LOOKS, Deadline, shuffled_round, until_decided
from gossamer.bench.statistics import Interval, median_interval
from gossamer.bench.verdict import Answer

FAR = Deadline(time.monotonic() + 1e6)
PAST = Deadline(time.monotonic() - 1)


def looks_like(*intervals: tuple[float, float]):
    found = iter(intervals)
    return lambda: Interval(0, *next(found), 0.95)


@pytest.mark.parametrize(
    ("seen", "deadline", "rounds", "answer"),
    [
        ([(1.0, 1.5)], FAR, 7, Answer.PASS),
        ([(2.1, 2.5)], FAR, 7, Answer.FAIL),
        ([(1.5, 2.5), (1.5, 1.9)], FAR, 14, Answer.PASS),
        ([(1.5, 2.5), (1.5, 2.5), (1.5, 2.5)], FAR, 21, Answer.INCONCLUSIVE),
        ([(1.5, 2.5)], PAST, 7, Answer.INCONCLUSIVE),
        ([(1.0, 1.5)], PAST, 7, Answer.PASS),
    ],
)
def test_rounds_go_on_while_it_is_unclear(seen, deadline: Deadline, rounds: int, answer: Answer):
    taken: list[int] = []
    found, _ = until_decided(lambda: taken.append(1), looks_like(*seen), 2.0, 7, deadline)
    assert (found, len(taken)) == (answer, rounds)
    assert rounds <= 7 * LOOKS


def order_of_a_round(seed: int) -> str:
    order: list[str] = []
    shuffled_round({name: partial(order.append, name) for name in "abc"}, random.Random(seed))
    return "".join(order)


def test_a_round_is_each_arm_once_in_any_order():
    assert {order_of_a_round(seed) for seed in range(60)} == {"abc", "acb", "bac", "bca", "cab", "cba"}


def decide(true_ratio: float, seed: int) -> Answer:
    """The gate's own rule on rounds with 8 % of noise, one in six of them disturbed as on a shared machine."""
    chance, ratios = random.Random(seed), []

    def take_round() -> None:
        disturbance = chance.uniform(1.0, 1.8) if chance.random() < 1 / 6 else 1.0
        ratios.append(true_ratio * chance.lognormvariate(0, 0.08) * disturbance)

    answer, _ = until_decided(take_round, lambda: median_interval(ratios), 2.0, 15, FAR)
    return answer


def test_what_is_within_budget_does_not_fail():
    answers = [decide(1.75, seed) for seed in range(100)]
    assert answers.count(Answer.FAIL) == 0
    assert answers.count(Answer.PASS) >= 95


def test_what_is_30_percent_over_budget_fails():
    answers = [decide(2.6, seed) for seed in range(100)]
    assert answers.count(Answer.PASS) == 0
    assert answers.count(Answer.FAIL) >= 95


def test_on_the_line_it_mostly_cannot_say():
    answers = [decide(2.0 / 1.02, seed) for seed in range(100)]
    assert answers.count(Answer.INCONCLUSIVE) >= 60
