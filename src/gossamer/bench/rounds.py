"""Rounds: the arms of a comparison one after the other in random order, again and again until the answer is clear.

More rounds are run for an unclear answer only, at most three times as many, and only while the gate has time left.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gossamer.bench.statistics import Interval
from gossamer.bench.verdict import Answer, judge

LOOKS = 3
"""How often the answer is looked at: each look at 95 % adds to the chance of a wrong one, so few."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when more rounds may begin; monotonic seconds."""

    at_s: float

    def leaves(self, seconds: float) -> bool:
        """Whether something that takes so long would still be in time."""
        return time.monotonic() + seconds <= self.at_s


def shuffled_round(arms: Mapping[str, Callable[[], None]], chance: random.Random) -> None:
    """Each arm once, so that a drift of the machine falls on all alike."""
    order = list(arms)
    chance.shuffle(order)
    for name in order:
        arms[name]()


def until_decided(
    take_round: Callable[[], None], look: Callable[[], Interval], limit: float, rounds: int, deadline: Deadline
) -> tuple[Answer, Interval]:
    """Take rounds and look; look again after as many more while the answer is unclear."""
    looks = 0
    while True:
        began = time.monotonic()
        for _ in range(rounds):
            take_round()
        looks += 1
        interval = look()
        answer = judge(interval, limit)
        out_of_time = not deadline.leaves(time.monotonic() - began)
        if answer is not Answer.INCONCLUSIVE or looks == LOOKS or out_of_time:
            return answer, interval
