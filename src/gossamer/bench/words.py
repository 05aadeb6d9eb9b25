"""What columns and marks mean, for who reads a report for the first time: Markdown, page and table of peers share it.

Every heading of a table is in here; a test looks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gossamer.bench.marks import RIG_MARK, SATURATED_MARK, WORDS


@dataclass(frozen=True, slots=True)
class Word:
    """`headings` that it explains; `name` is how they are called together."""

    name: str
    means: str
    headings: tuple[str, ...] = ()


COLUMNS = (
    Word(
        "cell",
        "what was asked: its lane, the dialect, `json` or `sse` (a stream), the size of the request, and how many at "
        "once (`c10`: ten) or how many a second (`500/s`)",
        ("cell",),
    ),
    Word("way", "to the provider: `hop` is the null hop, nginx that passes on and does nothing else", ("way",)),
    Word(
        "added p50, p95, p99",
        "a quantile through the way less the same quantile straight to the provider, its own time taken off; in us, "
        "microseconds; in brackets the 95 % interval",
        ("added p50 (95 %)", "added p95", "added p99 (95 %)"),
    ),
    Word("first byte p99", "the added p99 until the first byte of the answer", ("first byte p99",)),
    Word(
        "chunk delay p50",
        "of streams: from the provider's stamp on an event to its arrival, less the same straight to the provider; `-` "
        "where the stamps do not come through",
        ("chunk delay p50",),
    ),
    Word("it says", "the median of what its own answers tell that it costs", ("it says",)),
    Word(
        "unexplained",
        "the added p50 less what it says: reading, writing, waiting; of streams the added p50 of the first byte less "
        "that, since it is said in the head",
        ("unexplained",),
    ),
    Word("CPU us", "a request, of all of the way's processes", ("CPU us", "CPU us (95 %)")),
    Word("answers a second", "the median of the rounds", ("answers a second",)),
    Word(
        "headroom",
        "answers a second as a share of those without the way: over 0.5 the generator is near its own limit, over 0.8 "
        "it is the limit",
        ("headroom",),
    ),
    Word("to the hop", "CPU a request as a ratio to the null hop's, in each round, and of these the middle",
         ("to the hop",)),
    Word("p99 us", "of the whole time of a request; at a given rate from when it was meant to be sent", ("p99 us",)),
    Word("RSS MB", "the most memory that its processes held: their own, and their part of what is shared", ("RSS MB",)),
    Word("client sees", "how many answers of which status, or why there was none", ("client sees",)),
    Word("after ms", "the median time until then", ("after ms",)),
)  # fmt: skip
STAR = Word("`*`", "fewer requests than it takes to see a change of 20 %; shown, and never judged")
NO_INTERVAL = "?"
UNTOLD = Word(f"`({NO_INTERVAL})`", "fewer than five rounds, which hold no interval")
SATURATED = Word(SATURATED_MARK.strip(), WORDS[SATURATED_MARK])
LITTLE = Word(
    "(little)", "it goes more than half as fast as load and provider without it, and might go faster with others"
)
RIG_BOUND = Word(RIG_MARK.strip(), WORDS[RIG_MARK])
MARKS = (STAR, UNTOLD, SATURATED, LITTLE, RIG_BOUND)
VERDICT = (
    "pass: surely within its budget; FAIL: surely over it; INCONCLUSIVE: too noisy to tell; NOT JUDGED: too few "
    "requests to judge. Measured is the figure in the budget's unit, the interval is where it lies and how surely, and "
    "a difference as large as the last column would have been seen four times in five."
)


def words_of(headings: Iterable[str]) -> Iterator[Word]:
    """Those columns, in the order of all, and every mark."""
    shown = set(headings)
    yield from (word for word in COLUMNS if shown & set(word.headings))
    yield from MARKS


def as_markdown(words: Iterable[Word]) -> Iterator[str]:
    """One line each."""
    return (f"- {word.name}: {word.means}" for word in words)
