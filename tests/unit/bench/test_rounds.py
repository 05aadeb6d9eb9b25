"""How long to go on: until it is clear, three looks at most, never past the deadline; and which rounds count."""

import random
import time
from collections.abc import Callable
from functools import partial

import pytest

from gossamer.bench.rounds import LOOKS, Deadline, Rounds, until_decided
from gossamer.bench.statistics import Interval, median_interval
from gossamer.bench.verdict import Answer, judge

FAR = Deadline(time.monotonic() + 1e6)
PAST = Deadline(time.monotonic() - 1)
LIMIT = 2.0


def looks_like(*intervals: tuple[float, float]) -> Callable[[], tuple[Answer, Interval]]:
    found = (Interval(0, low, high, 0.95) for low, high in intervals)

    def look() -> tuple[Answer, Interval]:
        interval = next(found)
        return judge(interval, LIMIT), interval

    return look


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
def test_rounds_go_on_while_it_is_unclear(
    seen: list[tuple[float, float]], deadline: Deadline, rounds: int, answer: Answer
):
    taken: list[int] = []
    found, _ = until_decided(lambda: taken.append(1), looks_like(*seen), 7, deadline)
    assert (found, len(taken)) == (answer, rounds)
    assert rounds <= 7 * LOOKS


class Told:
    """Surroundings as they are told: of each round, what the neighbours took and the pace."""

    def __init__(self, *rounds: tuple[float, float]) -> None:
        self._rounds = iter(rounds)
        self._share = self._pace_ms = 0.0
        self.seen: list[str] = []

    def begin(self) -> None:
        self._share, self._pace_ms = next(self._rounds)
        self.seen.append("begin")

    def pace_ms(self) -> float:
        self.seen.append("pace")
        return self._pace_ms

    def neighbours_share(self) -> float:
        self.seen.append("neighbours")
        return self._share


def rounds_with(*shares: float) -> Rounds:
    """Rounds beside neighbours that take what is said."""
    return rounds_in(*((share, 1.0) for share in shares))


def rounds_in(*told: tuple[float, float], only_dearer: bool = True) -> Rounds:
    rounds = Rounds(random.Random(1), Told(*told), only_dearer=only_dearer)
    for _ in told:
        rounds.take({})
    return rounds


def order_of_a_round(seed: int) -> str:
    order: list[str] = []
    Rounds(random.Random(seed), Told((0.0, 1.0))).take({name: partial(order.append, name) for name in "abc"})
    return "".join(order)


def test_a_round_is_each_arm_once_in_any_order():
    assert {order_of_a_round(seed) for seed in range(60)} == {"abc", "acb", "bac", "bca", "cab", "cba"}


def test_the_surroundings_are_watched_for_as_long_as_the_round_lasts():
    around = Told((0.0, 1.0))
    Rounds(random.Random(1), around).take({"arm": lambda: around.seen.append("arm")})
    assert around.seen == ["begin", "pace", "arm", "pace", "neighbours"]


def test_the_slowest_pace_of_a_round_is_its_own():
    paces = iter([1.0, 3.0, 2.0])

    class Faltering(Told):
        def pace_ms(self) -> float:
            return next(paces)

    rounds = Rounds(random.Random(1), Faltering((0.0, 0.0)))
    rounds.take({"a": lambda: None, "b": lambda: None})
    assert rounds.paces_ms == [3.0]


def test_rounds_of_a_slow_core_are_left_out():
    rounds = rounds_in(*[(0.0, 1.4)] * 6, (0.0, 1.8), (0.0, 3.1))
    assert rounds.counted(range(8)) == [0, 1, 2, 3, 4, 5, 6]
    assert rounds_in(*[(0.0, 3.1)] * 7).counted(range(7)) == list(range(7))


def test_disturbed_rounds_are_left_out():
    rounds = rounds_with(*[0.01] * 7, 0.9, 0.3)
    assert rounds.counted(range(9)) == list(range(7))
    assert rounds.notes()[0].startswith("7 of 9 rounds were calm; in others processes that are not ours took up to 90%")


def test_where_nearly_all_are_disturbed_all_count():
    rounds = rounds_with(*[0.01] * 5, *[0.4] * 10)
    assert rounds.counted(range(15)) == list(range(15))
    assert rounds.notes()[0].startswith("only 5 of 15 rounds were calm")


@pytest.mark.parametrize(
    ("shares", "interval", "answer"),
    [
        ([0.0] * 15, (2.1, 2.2), Answer.FAIL),
        ([0.9] * 15, (2.1, 2.2), Answer.INCONCLUSIVE),
        ([0.9] * 15, (1.8, 1.9), Answer.PASS),
        ([0.0, 0.0, 0.0, 0.9], (2.1, 2.2), Answer.FAIL),
        ([0.0, 0.0, 0.9, 0.9], (2.1, 2.2), Answer.INCONCLUSIVE),
    ],
)
def test_neighbours_make_it_dearer_never_cheaper(shares: list[float], interval: tuple[float, float], answer: Answer):
    assert rounds_with(*shares).judge(Interval(0, *interval, 0.95), LIMIT) is answer


def test_where_neighbours_may_make_it_cheaper_no_answer_stands():
    rounds = rounds_in((0.9, 1.0), only_dearer=False)
    assert rounds.judge(Interval(0, 1.8, 1.9, 0.95), LIMIT) is Answer.INCONCLUSIVE
    assert "no fail or pass is trusted" in rounds.notes()[0]


def test_calm_rounds_need_no_note():
    assert rounds_with(0.0, 0.05).notes() == ()


def decide(true_ratio: float, seed: int) -> Answer:
    """The gate's own rule on rounds with 8 % of noise, one in six of them disturbed by what nobody sees."""
    chance = random.Random(seed)
    ratios: list[float] = []

    def take_round() -> None:
        disturbance = chance.uniform(1.0, 1.8) if chance.random() < 1 / 6 else 1.0
        ratios.append(true_ratio * chance.lognormvariate(0, 0.08) * disturbance)

    def look() -> tuple[Answer, Interval]:
        interval = median_interval(ratios)
        return judge(interval, LIMIT), interval

    answer, _ = until_decided(take_round, look, 15, FAR)
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
