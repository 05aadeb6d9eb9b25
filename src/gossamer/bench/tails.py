"""Quantiles of one way against those of another, with intervals from whole rounds drawn again.

The blocks of one round are drawn together, as they were run: what slowed a round slowed all ways. Requests inside a
block are not drawn again: that was tried, and held 99 to 100 % where 95 % was asked (see tests/unit/bench).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gossamer.bench.families import p_above
from gossamer.bench.statistics import CONFIDENCE, Blocks, Interval, centre
from gossamer.bench.student import bootstrap_tail

DRAWS = 1000
UNBOUNDED = 1e9
"""A ratio to nothing. JSON has no infinity."""
Rows = Sequence[Sequence[int]]
"""Of one way: its blocks, one a round."""


@dataclass(frozen=True)
class Drawn:
    """An estimate and what became of it when the rounds were drawn again."""

    centre: float
    draws: tuple[float, ...]
    """Sorted."""
    units: int

    @cached_property
    def interval(self) -> Interval:
        """Expanded percentiles. Of few rounds even the outermost draws hold less than was asked, and that is said."""
        if self.units < 2:
            return Interval(self.centre, self.centre, self.centre, 0.0)
        tail = bootstrap_tail(self.units, CONFIDENCE)
        cut = min(int(tail * len(self.draws)), len(self.draws) - 1)
        confidence = min(CONFIDENCE, 1 - 2.0 ** (1 - self.units))
        return Interval(self.centre, self.draws[cut], self.draws[-1 - cut], confidence)

    def p_above(self, threshold: float) -> float:
        """See families."""
        return p_above(threshold, self.centre, self.draws, self.units)


def added(q: float, base: Rows, through: Rows, chance: random.Random, draws: int = DRAWS) -> Drawn:
    """How much higher the quantile lies through the hop."""
    direct, hop = Blocks(base), Blocks(through)
    found = [hop.quantile(q, w) - direct.quantile(q, w) for w in _weights(len(base), chance, draws)]
    return Drawn(hop.quantile(q) - direct.quantile(q), tuple(sorted(found)), len(base))


def ratio(q: float, base: Rows, old: Rows, new: Rows, chance: random.Random, draws: int = DRAWS) -> Drawn:
    """What the new way adds, over what the old one adds. UNBOUNDED in draws where the old one adds nothing."""
    direct, before, after = Blocks(base), Blocks(old), Blocks(new)

    def of(weights: Sequence[int] | None) -> float:
        floor = direct.quantile(q, weights)
        return _over(after.quantile(q, weights) - floor, before.quantile(q, weights) - floor)

    found = sorted(of(weights) for weights in _weights(len(base), chance, draws))
    return Drawn(of(None), tuple(found), len(base))


def ratio_of_centres(old: Sequence[float], new: Sequence[float], chance: random.Random, draws: int = DRAWS) -> Drawn:
    """The same for the middle, from what each round's block added: Hodges and Lehmann's estimate over the other."""
    rounds = range(len(old))

    def of(drawn: Sequence[int]) -> float:
        return _over(centre([new[i] for i in drawn]), centre([old[i] for i in drawn]))

    found = sorted(of(chance.choices(rounds, k=len(old))) for _ in range(draws))
    return Drawn(of(rounds), tuple(found), len(old))


def aa_noise(q: float, base: Rows, again: Rows, chance: random.Random, draws: int = DRAWS) -> float:
    """How far one and the same way is from itself, 95 times of 100."""
    return _noise_of(added(q, base, again, chance, draws))


def aa_noise_of_centres(deltas: Sequence[float], chance: random.Random, draws: int = DRAWS) -> float:
    """The same for the middle, from what the one way's blocks are over the other's."""
    found = sorted(centre(chance.choices(deltas, k=len(deltas))) for _ in range(draws))
    return _noise_of(Drawn(centre(deltas), tuple(found), len(deltas)))


def _noise_of(drawn: Drawn) -> float:
    return sorted(abs(draw) for draw in drawn.draws)[round(CONFIDENCE * (len(drawn.draws) - 1))]


def _over(above: float, below: float) -> float:
    return above / below if below > 0 else UNBOUNDED


def _weights(rounds: int, chance: random.Random, draws: int) -> list[list[int]]:
    """How often each round is in each draw."""
    found = []
    for _ in range(draws):
        weights = [0] * rounds
        for drawn in chance.choices(range(rounds), k=rounds):
            weights[drawn] += 1
        found.append(weights)
    return found
