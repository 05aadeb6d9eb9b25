"""How keys were found: in memory, known to be bad, or by asking. Drawn from records, so that no request counts it."""

from gossamer.core.record import Record
from gossamer.recorder.metrics import catalog
from gossamer.recorder.metrics.book import Book


def count_auth(book: Book, record: Record) -> None:
    """A request without a key that was looked for counts for nothing."""
    if record.lookup == "asked":
        book.count(catalog.AUTH_MISSES, ())
    elif record.lookup == "bloom":
        book.count(catalog.AUTH_HITS, ("bloom",))
    elif record.key is not None:
        book.count(catalog.AUTH_HITS, ("lru",))
