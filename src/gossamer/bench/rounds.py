"""Rounds: the arms of a comparison one after the other in random order, again and again until the answer is clear.

More rounds are run for an unclear answer only, at most three times as many, and only while the gate has time left.
Rounds that other processes disturbed are left out: that they were disturbed is seen without looking at the figures.
"""

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gossamer.bench.neighbours import Neighbours
from gossamer.bench.statistics import Interval
from gossamer.bench.verdict import Answer, judge

LOOKS = 3
"""How often the answer is looked at: each look at 95 % adds to the chance of a wrong one, so few."""
CALM_SHARE = 0.05
"""Of one core. A round with neighbours above this costs a request up to twice as much, and not all arms alike."""
LEAST_CALM = 6
"""From six on, the interval of a median holds 95 %. With fewer, the disturbed ones have to do."""

CALM_PART = 2 / 3
"""Of fewer than nine rounds, as many have to be calm."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when more rounds may begin; monotonic seconds."""

    at_s: float

    def leaves(self, seconds: float) -> bool:
        """Whether something that takes so long would still be in time."""
        return time.monotonic() + seconds <= self.at_s


class Rounds:
    """The rounds of one measure: what was taken, and what the neighbours took meanwhile."""

    def __init__(self, chance: random.Random, watch: Callable[[], Callable[[], float]]) -> None:
        """`watch` begins to look at the neighbours, and what it returns says what they took since."""
        self._chance = chance
        self._watch = watch
        self.shares: list[float] = []

    def take(self, arms: Mapping[str, Callable[[], None]]) -> None:
        """Each arm once, so that a drift of the machine falls on all alike."""
        order = list(arms)
        self._chance.shuffle(order)
        neighbours_share = self._watch()
        for name in order:
            arms[name]()
        self.shares.append(neighbours_share())

    @property
    def calm(self) -> int:
        """How many were."""
        return sum(share <= CALM_SHARE for share in self.shares)

    @property
    def disturbed(self) -> bool:
        """Whether the calm rounds are too few to go by."""
        return self.calm < min(LEAST_CALM, len(self.shares) * CALM_PART)

    def counted(self, values: Sequence[Value]) -> list[Value]:
        """Those of the calm rounds; all, where calm ones are too few."""
        if self.disturbed:
            return list(values)
        return [value for value, share in zip(values, self.shares, strict=True) if share <= CALM_SHARE]

    def judge(self, interval: Interval, limit: float) -> Answer:
        """Neighbours only make it dearer: a pass stands, a failure beside them is not sure."""
        answer = judge(interval, limit)
        return Answer.INCONCLUSIVE if answer is Answer.FAIL and self.disturbed else answer

    def notes(self) -> tuple[str, ...]:
        """What was left out, or should have been."""
        count = len(self.shares)
        if self.calm == count:
            return ()
        text = f"{self.calm} of {count} rounds were calm; other processes took up to {max(self.shares):.0%} of a core"
        if self.disturbed:
            return (f"only {text}: nothing over budget is trusted here, run it again on a quieter machine",)
        return (f"{text} in the rest",)


def rounds_beside_neighbours(cores: Collection[int], chance: random.Random) -> Rounds:
    """Rounds that watch these cores."""
    return Rounds(chance, lambda: Neighbours(cores).share)


def until_decided(
    take_round: Callable[[], None], look: Callable[[], tuple[Answer, Interval]], rounds: int, deadline: Deadline
) -> tuple[Answer, Interval]:
    """Take rounds and look; look again after as many more while the answer is unclear."""
    looks = 0
    while True:
        began = time.monotonic()
        for _ in range(rounds):
            take_round()
        looks += 1
        answer, interval = look()
        out_of_time = not deadline.leaves(time.monotonic() - began)
        if answer is not Answer.INCONCLUSIVE or looks == LOOKS or out_of_time:
            return answer, interval
