"""Which cells a run has, and how many rounds: short for every change, standard for a release, full on demand."""

from collections.abc import Sequence
from itertools import product
from types import MappingProxyType

import msgspec

from gossamer.bench.cells import HANG_MS, TOKENS, Cell, Dialect, Lane

KB = 1_000
CONCURRENCIES = (1, 10, 50, 100)
BODIES = (100, KB, 10 * KB, 100 * KB)
RATES = (500, 1_000, 2_000, 4_000, 8_000, 16_000)
"""Doubling: a way that fails one is not asked for the next."""
RATE_CONNECTIONS = 64
_RATE_BLOCK_S = 0.4
_FEW_TOKENS = 10
"""Of the streams of the whole matrix, which are most of its time."""
LEAST_ROUNDS = 6
"""From six blocks on, a signed-rank interval holds 95 %."""


class Profile(msgspec.Struct, frozen=True):
    """`rounds` of every cell; fewer decide nothing."""

    name: str
    cells: tuple[Cell, ...]
    rounds: int


def latency(concurrency: int, *, each: int = 8, body: int = KB, dialect: Dialect = Dialect.CHAT) -> Cell:
    """So many on each connection. Eight take half a second; of streams, two."""
    return Cell(Lane.LATENCY, concurrency, concurrency * each, body, dialect=dialect)


def latency_stream(
    concurrency: int, *, each: int = 2, body: int = KB, dialect: Dialect = Dialect.CHAT, tokens: int = TOKENS
) -> Cell:
    """The same with streams, which take five times as long."""
    return Cell(Lane.LATENCY, concurrency, concurrency * each, body, is_stream=True, dialect=dialect, tokens=tokens)


def floor(*, body: int = KB, stream: bool = False, dialect: Dialect = Dialect.CHAT) -> Cell:
    """One at a time, an instant provider."""
    return Cell(Lane.FLOOR, 1, 100 if stream else 250, body, stream, dialect)


def full_speed() -> Cell:
    """As fast as it goes: what a request costs, and whether the generator is the limit."""
    return Cell(Lane.CAPACITY, 64, 2_000)


def ladder() -> tuple[Cell, ...]:
    """Open loops, one rate after the other."""
    return tuple(Cell(Lane.CAPACITY, RATE_CONNECTIONS, round(rate * _RATE_BLOCK_S), rate_per_s=rate) for rate in RATES)


def errors() -> tuple[Cell, ...]:
    """What a client sees of a provider that fails."""
    plain = [Cell(Lane.ERRORS, 1, 10, fault=fault) for fault in ("429-always", "500", "reset")]
    cut = Cell(Lane.ERRORS, 1, 5, is_stream=True, fault="cut")
    late = Cell(Lane.ERRORS, 1, 1, fault=f"slow-first:{HANG_MS}")
    return (*plain, cut, late)


def _standard() -> tuple[Cell, ...]:
    return (
        *(latency(c) for c in CONCURRENCIES),
        *(latency_stream(c) for c in (1, 50)),
        *(latency(10, body=body) for body in (10 * KB, 100 * KB)),
        *(latency(10, dialect=dialect) for dialect in (Dialect.RESPONSES, Dialect.MESSAGES)),
        *(floor(body=body) for body in BODIES),
        floor(stream=True),
        full_speed(),
        *ladder(),
        *errors(),
    )


def _full() -> tuple[Cell, ...]:
    matrix = list(product(CONCURRENCIES, BODIES, Dialect))
    return (
        *(latency(c, each=3, body=body, dialect=dialect) for c, body, dialect in matrix),
        *(latency_stream(c, each=1, body=body, dialect=dialect, tokens=_FEW_TOKENS) for c, body, dialect in matrix),
        *(floor(body=body) for body in BODIES),
        *(floor(stream=True, dialect=dialect) for dialect in Dialect),
        full_speed(),
        *ladder(),
        *errors(),
    )


SHORT = Profile(
    "short",
    (latency(1), latency(10), latency(100), latency_stream(50), floor(), floor(body=100 * KB), full_speed()),
    8,
)
STANDARD = Profile("standard", _standard(), 10)
FULL = Profile("full", _full(), LEAST_ROUNDS)
PROFILES = MappingProxyType({profile.name: profile for profile in (SHORT, STANDARD, FULL)})

PEERS = Profile("peers", (latency(1, each=16), latency(10, each=20), latency_stream(10, each=4), floor()), 8)
"""Slow gateways are among them: with more at once most would only show their throughput once more."""

SELFTEST = Profile("selftest", (latency(10, each=4), Cell(Lane.FLOOR, 1, 100)), 8)
"""Small, since it is run thirty times."""


def expected_s(cells: Sequence[Cell], arms: int, rounds: int) -> float:
    """About how long the blocks take. The late provider of the errors is asked in the first round only."""
    return sum(cell.block_s * arms * (1 if cell.lane is Lane.ERRORS else rounds) for cell in cells)
