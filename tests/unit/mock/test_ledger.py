"""Counts, and a memory that does not grow."""

import os

from gossamer.mock.ledger import Ledger


def test_counts_follow_requests():
    ledger = Ledger()
    first, second = ledger.begin(b"a"), ledger.begin(b"b")
    ledger.begin_stream()
    assert ledger.stats() == _stats(requests=2, open=2, open_streams=1)
    ledger.end(first, "finished", 200, is_stream=True)
    ledger.end(second, "cancelled", 0)
    assert ledger.stats() == _stats(requests=2, cancelled=1, by_status={"0": 1, "200": 1})


def test_attempts_are_counted_by_id():
    ledger = Ledger()
    for status in (500, 429, 200):
        ledger.end(ledger.begin(b"a"), "finished", status)
    entry = ledger.find(b"a")
    assert entry is not None
    assert (entry.attempts, entry.status, entry.outcome) == (3, 200, "finished")
    assert ledger.find(b"b") is None


def test_the_oldest_are_forgotten():
    ledger = Ledger(limit=3)
    for name in (b"a", b"b", b"c", b"a", b"d"):
        ledger.end(ledger.begin(name), "finished", 200)
    assert [ledger.find(name) is not None for name in (b"a", b"b", b"c", b"d")] == [False, True, True, True]


def test_a_reset_forgets_all_but_what_is_open():
    ledger = Ledger()
    entry = ledger.begin(b"a")
    ledger.end(ledger.begin(b"b"), "cut", 200)
    ledger.reset()
    assert ledger.find(b"b") is None
    assert ledger.stats() == _stats(open=1)
    ledger.end(entry, "finished", 200)
    assert ledger.stats() == _stats(by_status={"200": 1})


def _stats(**members: object) -> dict[str, object]:
    nothing: dict[str, object] = {"requests": 0, "open": 0, "open_streams": 0, "cancelled": 0, "by_status": {}}
    return {"pid": os.getpid(), **nothing, **members}
