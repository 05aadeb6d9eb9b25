"""From records to the numbers that they change, many at a time: what is the same for many is looked up once.

Only sums and counts come out of it, so it does not matter which records come together, but for this: a name that
answers for the first time is called by it in all of what comes along.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple

from gossamer.core.endpoints import ENDPOINTS, MODELS_PATH
from gossamer.core.record import Lookup, Record
from gossamer.recorder.batch import Kept
from gossamer.recorder.metrics import catalog
from gossamer.recorder.metrics.auth import count_auth
from gossamer.recorder.metrics.book import MOST_NAMES, OTHER, Book, Labels
from gossamer.recorder.metrics.catalog import Histogram

_REFUSED: Final = 400
_BY_LIMIT: Final = {
    "rate_limit_exceeded": "requests",
    "token_limit_exceeded": "tokens",
    "budget_exceeded": "budget",
}
_CACHE: Final = "cache"
_PROVIDER: Final = "provider"
_LIMIT: Final = "limit"


class Alike(NamedTuple):
    """What records have in common that are counted together."""

    stages: tuple[str, ...]
    reached: int
    """So many of the stages."""
    route: str
    status: int
    target: str | None
    limit: str | None
    """Which of the limits refused it."""
    lookup: Lookup | None
    is_known: bool
    """Whether it came with a key that somebody has."""


Durations = defaultdict[tuple[Histogram, Labels], list[int]]


def project(book: Book, kept: Sequence[Kept]) -> dict[int, Record]:
    """Count them. Returns an example for each bucket that an overhead fell into."""
    groups = _alike(kept)
    _admit(book, groups)
    durations: Durations = defaultdict(list)
    for alike, records in groups.items():
        _count(book, alike, records)
        _gather(durations, alike, records, _labels(book, alike))
    for (metric, labels), found in durations.items():
        book.observe(metric, labels, found)
    if directed := [each.record.directive for each in kept if each.record.directive is not None]:
        book.observe(catalog.RESOLVE, (), [one.resolve_ns for one in directed])
        book.observe(catalog.INJECT, (), [one.inject_ns for one in directed])
    buckets = book.observe(catalog.OVERHEAD, (), [each.record.overhead_ns for each in kept])
    return dict(zip(buckets, [each.record for each in kept], strict=True))


def route_label(path: str) -> str:
    """Of a handful: a path is the caller's to choose."""
    if path in ENDPOINTS:
        return path
    return MODELS_PATH if path == MODELS_PATH or path.startswith(MODELS_PATH + "/") else OTHER


def _alike(kept: Iterable[Kept]) -> dict[Alike, list[Record]]:
    groups: defaultdict[tuple[object, ...], list[Record]] = defaultdict(list)
    limit_of = _BY_LIMIT.get
    for each in kept:
        record = each.record
        path = record.path
        route = path if path in ENDPOINTS else route_label(path)
        limit = None if record.error is None else limit_of(record.error)
        is_known = record.key is not None
        groups[
            each.stages, len(record.stages_ns), route, record.status, record.target, limit, record.lookup, is_known
        ].append(record)
    return {Alike(*key): records for key, records in groups.items()}  # type: ignore[arg-type]  # as it was made above


def _admit(book: Book, groups: Iterable[Alike]) -> None:
    """Only what has answered once goes by its name."""
    for alike in groups:
        if alike.target and alike.status < _REFUSED and len(book.names) < MOST_NAMES:
            book.names.add(alike.target)


def _labels(book: Book, alike: Alike) -> Labels:
    """The provider and the model that answered or were asked."""
    if alike.target in book.names:
        return alike.target.partition("/")[0], alike.target
    return OTHER, OTHER


def _count(book: Book, alike: Alike, records: list[Record]) -> None:
    _, model = _labels(book, alike)
    book.count(catalog.REQUESTS, (alike.route, model, str(alike.status)), len(records))
    count_auth(book, alike.lookup, alike.is_known, len(records))
    if alike.limit is not None:
        book.count(catalog.CHECKED, (alike.limit,), len(records))
    elif _LIMIT in alike.stages[: alike.reached]:  # came as far as the limits, and was let in
        book.count(catalog.CHECKED, ("allowed",), len(records))
    if alike.target is not None:
        _count_use(book, model, records)
    _count_cache(book, model, records)


def _count_use(book: Book, model: str, records: list[Record]) -> None:
    used = [usage for record in records if (usage := record.usage) is not None]
    if used:
        book.count(catalog.TOKENS, ("input", model), sum([usage.input for usage in used]))
        book.count(catalog.TOKENS, ("output", model), sum([usage.output for usage in used]))
        if cached := sum([usage.cached for usage in used]):
            book.count(catalog.TOKENS, ("cached", model), cached)
        if reasoning := sum([usage.reasoning for usage in used]):
            book.count(catalog.TOKENS, ("reasoning", model), reasoning)
    if cost_nanos := sum([record.cost_nanos or 0 for record in records]):
        book.count(catalog.COST, (model,), cost_nanos)


def _count_cache(book: Book, model: str, records: list[Record]) -> None:
    """A hit is an answer that was given again: a failure that was shared is none."""
    for record in records:
        use = record.cache
        if use is None:
            continue
        if use.tier == "miss":
            book.count(catalog.CACHE_MISSES, ())
        elif use.tier != "bypass" and not use.left and record.outcome == "completed" and record.error is None:
            book.count(catalog.CACHE_HITS, (use.tier,))
            if use.saved_nanos:
                book.count(catalog.SAVED, (model,), use.saved_nanos)


def _gather(durations: Durations, alike: Alike, records: list[Record], labels: Labels) -> None:
    for number, metric in _columns(alike.stages, alike.reached):
        counted = _of_own_look(records) if alike.stages[number] == _CACHE else records
        durations[metric, ()] += [record.stages_ns[number] for record in counted]
    if alike.target is not None and _PROVIDER in alike.stages[: alike.reached]:  # else refused before it was asked
        number = alike.stages.index(_PROVIDER)
        durations[catalog.FIRST_BYTE, labels] += [record.stages_ns[number] for record in records]
        durations[catalog.PROVIDER, labels] += [max(0, record.total_ns - record.overhead_ns) for record in records]


def _of_own_look(records: list[Record]) -> list[Record]:
    """Who shared the call of another one waited for that, and did not look for so long."""
    return [record for record in records if record.cache is None or record.cache.tier != "flight"]


@cache
def _columns(stages: tuple[str, ...], reached: int) -> list[tuple[int, Histogram]]:
    """Where in `stages_ns` the durations are that have a histogram of their own."""
    return [
        (number, catalog.OF_STAGE[name]) for number, name in enumerate(stages[:reached]) if name in catalog.OF_STAGE
    ]
