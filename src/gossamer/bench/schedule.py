"""The plan of a run: in each round each cell once, in each visit to a cell each way once, all in seeded random order.

A pure function of the profile, the ways and the seed. So a run that was interrupted is resumed where it stopped, and
the requests of a block have the same numbers, and so the same service times, whichever way they go.
"""

import random
from collections.abc import Iterator, Sequence

import msgspec

from gossamer.bench.cells import Cell, Lane

NUMBERS_A_BLOCK = 100_000
"""More than any block has requests: no two blocks of a cell share a number."""


class Visit(msgspec.Struct, frozen=True):
    """One round's blocks of one cell, one for each way, in this order."""

    round: int
    cell: Cell
    arms: tuple[str, ...]
    first_number: int


def schedule(cells: Sequence[Cell], arms: Sequence[str], rounds: int, seed: int) -> Iterator[Visit]:
    """All visits in their order. Error paths are walked once; the rates of a ladder rise within a round."""
    for turn in range(rounds):
        chance = random.Random(f"{seed}/{turn}")  # noqa: S311 - an order of blocks is no secret
        for cell in _order(cells, turn, chance):
            order = list(arms)
            chance.shuffle(order)
            position = cells.index(cell)
            yield Visit(turn, cell, tuple(order), (position * rounds + turn) * NUMBERS_A_BLOCK)


def _order(cells: Sequence[Cell], turn: int, chance: random.Random) -> list[Cell]:
    """Shuffled, but for the ladder, which ends the round so that one rate's arrears do not reach another cell."""
    mixed = [cell for cell in cells if not cell.rate_per_s and (turn == 0 or cell.lane is not Lane.ERRORS)]
    chance.shuffle(mixed)
    return mixed + sorted((cell for cell in cells if cell.rate_per_s), key=lambda cell: cell.rate_per_s)
