"""How keys were found: in memory, known to be bad, or by asking. Drawn from records, so that no request counts it."""

from gossamer.core.record import Lookup
from gossamer.recorder.metrics import catalog
from gossamer.recorder.metrics.book import Book


def count_auth(book: Book, lookup: Lookup | None, is_known: bool, requests: int) -> None:
    """A request without a key that was looked for counts for nothing."""
    if lookup == "asked":
        book.count(catalog.AUTH_MISSES, (), requests)
    elif lookup == "bloom":
        book.count(catalog.AUTH_HITS, ("bloom",), requests)
    elif is_known:
        book.count(catalog.AUTH_HITS, ("lru",), requests)
