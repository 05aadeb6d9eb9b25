"""How keys were found, from records."""

import pytest

from gossamer.recorder.metrics import catalog
from gossamer.recorder.metrics.auth import count_auth
from gossamer.recorder.metrics.book import Book
from tests.unit.recorder.conftest import record_of


@pytest.mark.parametrize(
    ("changes", "hits", "misses"),
    [
        ({"key": "key_1"}, {("lru",): 1}, {}),
        ({"key": "key_1", "lookup": "asked"}, {}, {(): 1}),
        ({"lookup": "asked", "status": 401}, {}, {(): 1}),
        ({"lookup": "bloom", "status": 401}, {("bloom",): 1}, {}),
        ({"status": 401}, {}, {}),
    ],
)
def test_each_is_one_of_these(changes, hits, misses):
    book = Book()
    count_auth(book, record_of(1, **changes))
    assert book.counters[catalog.AUTH_HITS.name] == hits
    assert book.counters[catalog.AUTH_MISSES.name] == misses
