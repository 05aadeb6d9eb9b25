"""Rounds: the arms of a comparison one after the other in random order, again and again until the answer is clear.

More rounds are run for an unclear answer only, at most three times as many, and only while the gate has time left.
Rounds that other processes disturbed are left out: that they were disturbed is seen without looking at the figures.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gossamer.bench.statistics import Interval
from gossamer.bench.verdict import Answer, judge

LOOKS = 3
"""How often the answer is looked at: each look at 95 % adds to the chance of a wrong one, so few."""
CALM_SHARE = 0.05
"""Of one core. A round with neighbours above this costs a request up to twice as much, and not all arms alike."""
LEAST_CALM = 6
"""From six on, the interval of a median holds 95 %. With fewer, the disturbed ones have to do."""

CALM_PACE = 1.3
"""Times the best pace of the measure. Machines were seen at 1.0 to 1.2 or at 1.8 to 2.5, with little between."""
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


class Surroundings(Protocol):
    """What happens around a round, seen without looking at its figures."""

    def begin(self) -> None:
        """A round begins."""

    def pace_ms(self) -> float:
        """How long a fixed piece of work takes now."""

    def neighbours_share(self) -> float:
        """What other processes took since the round began, of one core."""


def calm_of(shares: Sequence[float], paces_ms: Sequence[float]) -> list[bool]:
    """Of each round, whether it was: no neighbours to speak of, and the core at its speed."""
    slowest_ms = min(paces_ms, default=0.0) * CALM_PACE
    return [share <= CALM_SHARE and pace_ms <= slowest_ms for share, pace_ms in zip(shares, paces_ms, strict=True)]


def is_disturbed(calm: Sequence[bool]) -> bool:
    """Whether the calm rounds are too few to go by."""
    return sum(calm) < min(LEAST_CALM, len(calm) * CALM_PART)


class Rounds:
    """The rounds of one measure: what was taken, and what happened around it."""

    def __init__(self, chance: random.Random, around: Surroundings, *, only_dearer: bool = True) -> None:
        """`only_dearer` says that a disturbance can make the figure worse, but never better."""
        self._chance = chance
        self._around = around
        self._doubted = {Answer.FAIL} if only_dearer else {Answer.FAIL, Answer.PASS}
        self.shares: list[float] = []
        self.paces_ms: list[float] = []
        """The slowest of each round: before its first arm, between arms, after its last."""

    def take(self, arms: Mapping[str, Callable[[], None]]) -> None:
        """Each arm once, so that a drift of the machine falls on all alike."""
        order = list(arms)
        self._chance.shuffle(order)
        self._around.begin()
        pace_ms = self._around.pace_ms()
        for name in order:
            arms[name]()
            pace_ms = max(pace_ms, self._around.pace_ms())
        self.shares.append(self._around.neighbours_share())
        self.paces_ms.append(pace_ms)

    @property
    def last(self) -> str:
        """What happened around the last round."""
        return f"neighbours {self.shares[-1]:.0%}, pace {self.paces_ms[-1]:.2f} ms"

    @property
    def calm(self) -> list[bool]:
        """Of each round, whether it was: no neighbours to speak of, and the core at its speed."""
        return calm_of(self.shares, self.paces_ms)

    @property
    def disturbed(self) -> bool:
        """Whether the calm rounds are too few to go by."""
        return is_disturbed(self.calm)

    def counted(self, values: Sequence[Value]) -> list[Value]:
        """Those of the calm rounds; all, where calm ones are too few."""
        if self.disturbed:
            return list(values)
        return [value for value, is_calm in zip(values, self.calm, strict=True) if is_calm]

    def judge(self, interval: Interval, limit: float) -> Answer:
        """What a disturbance may have brought about is not sure."""
        answer = judge(interval, limit)
        return Answer.INCONCLUSIVE if answer in self._doubted and self.disturbed else answer

    def notes(self) -> tuple[str, ...]:
        """What was left out, or should have been."""
        calm, count = sum(self.calm), len(self.shares)
        if calm == count:
            return ()
        slowdown = max(self.paces_ms) / min(self.paces_ms)
        text = (
            f"{calm} of {count} rounds were calm; in others processes that are not ours took up to "
            f"{max(self.shares):.0%} of a core, and the core ran up to {slowdown:.1f} times slower"
        )
        if not self.disturbed:
            return (text,)
        doubted = " or ".join(sorted(answer.value for answer in self._doubted))
        return (f"only {text}: no {doubted} is trusted here, run it again on a quieter machine",)


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
