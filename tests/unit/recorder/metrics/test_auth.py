"""How keys were found, from records."""

import pytest

from gossamer.recorder.batch import Kept
from gossamer.recorder.metrics import catalog
from gossamer.recorder.metrics.book import Book
from gossamer.recorder.metrics.project import project
from tests.unit.recorder.conftest import STAGES, record_of


@pytest.mark.parametrize(
    ("changes", "hits", "misses"),
    [
        ({"key": "key_1"}, {("lru",): 3}, {}),
        ({"key": "key_1", "lookup": "asked"}, {}, {(): 3}),
        ({"lookup": "asked", "status": 401}, {}, {(): 3}),
        ({"lookup": "bloom", "status": 401}, {("bloom",): 3}, {}),
        ({"status": 401}, {}, {}),
    ],
)
def test_each_is_one_of_these(changes, hits, misses):
    book = Book()
    project(book, [Kept(record_of(1, **changes), b"", STAGES, "0-0")] * 3)
    assert book.counters[catalog.AUTH_HITS.name] == hits
    assert book.counters[catalog.AUTH_MISSES.name] == misses
