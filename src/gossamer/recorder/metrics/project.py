"""From one record to the numbers that it changes."""

from typing import Final

from gossamer.core.endpoints import ENDPOINTS, MODELS_PATH
from gossamer.core.record import CacheUse, Record
from gossamer.recorder.batch import Kept
from gossamer.recorder.metrics import catalog
from gossamer.recorder.metrics.auth import count_auth
from gossamer.recorder.metrics.book import MOST_NAMES, OTHER, Book

_REFUSED: Final = 400
_BY_LIMIT: Final = {
    "rate_limit_exceeded": "requests",
    "token_limit_exceeded": "tokens",
    "budget_exceeded": "budget",
}
_CACHE: Final = "cache"
_PROVIDER: Final = "provider"
_LIMIT: Final = "limit"


def project(book: Book, kept: Kept) -> int:
    """Count one record. Returns the bucket that its overhead fell into."""
    record, stages = kept.record, kept.stages
    model = model_label(book, record)
    book.count(catalog.REQUESTS, (route_label(record.path), model, str(record.status)))
    bucket = book.observe(catalog.OVERHEAD, (), record.overhead_ns)
    for name, duration_ns in zip(stages, record.stages_ns, strict=False):  # shorter where it ended early
        metric = catalog.OF_STAGE.get(name)
        if metric is not None and not (name == _CACHE and _shared_a_call(record)):
            book.observe(metric, (), duration_ns)
    count_auth(book, record)
    _count_limit(book, kept)
    if record.target is not None:
        _count_provider(book, kept, record.target, model)
    _count_use(book, record, model)
    if record.cache is not None:
        _count_cache(book, record.cache, model)
    return bucket


def route_label(path: str) -> str:
    """Of a handful: a path is the caller's to choose."""
    if path in ENDPOINTS:
        return path
    return MODELS_PATH if path == MODELS_PATH or path.startswith(MODELS_PATH + "/") else OTHER


def model_label(book: Book, record: Record) -> str:
    """What answered, or was asked: only what has answered once goes by its name."""
    name = record.target or ""
    if name in book.names:
        return name
    if name and record.status < _REFUSED and len(book.names) < MOST_NAMES:
        book.names.add(name)
        return name
    return OTHER


def _count_limit(book: Book, kept: Kept) -> None:
    """Whoever came as far as the limits was let in, unless they say otherwise."""
    refused = _BY_LIMIT.get(kept.record.error or "")
    if refused is not None:
        book.count(catalog.CHECKED, (refused,))
    elif _LIMIT in kept.stages[: len(kept.record.stages_ns)]:
        book.count(catalog.CHECKED, ("allowed",))


def _count_provider(book: Book, kept: Kept, target: str, model: str) -> None:
    record = kept.record
    stages = kept.stages
    if _PROVIDER not in stages[: len(record.stages_ns)]:
        return  # refused before it was asked
    labels = (target.partition("/")[0] if model != OTHER else OTHER, model)
    book.observe(catalog.PROVIDER, labels, max(0, record.total_ns - record.overhead_ns))
    book.observe(catalog.FIRST_BYTE, labels, record.stages_ns[stages.index(_PROVIDER)])


def _shared_a_call(record: Record) -> bool:
    return record.cache is not None and record.cache.tier == "flight"


def _count_cache(book: Book, use: CacheUse, model: str) -> None:
    if use.tier == "miss":
        book.count(catalog.CACHE_MISSES, ())
    elif use.tier != "bypass":
        book.count(catalog.CACHE_HITS, (use.tier,))
        if use.saved_nanos:
            book.count(catalog.SAVED, (model,), use.saved_nanos)


def _count_use(book: Book, record: Record, model: str) -> None:
    usage = record.usage
    if usage is not None:
        book.count(catalog.TOKENS, ("input", model), usage.input)
        book.count(catalog.TOKENS, ("output", model), usage.output)
        if usage.cached:
            book.count(catalog.TOKENS, ("cached", model), usage.cached)
        if usage.reasoning:
            book.count(catalog.TOKENS, ("reasoning", model), usage.reasoning)
    if record.cost_nanos:
        book.count(catalog.COST, (model,), record.cost_nanos)
