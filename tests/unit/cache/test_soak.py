"""A long day in short: a Zipf replay with times that run out and purges, and never an answer that is too old.

The whole length is `benchmarks/cache.py`; here as many requests as a second of it, with the clock turned on by hand.
"""

import random
from bisect import bisect
from hashlib import sha256
from itertools import accumulate

from gossamer.cache.memory import Memory
from gossamer.cache.purges import Purges
from gossamer.core.purge import Purge
from tests.unit.cache.asking import entry

DISTINCT, ENTRIES, TTL_S, REQUESTS, PER_S = 2_000, 100, 5.0, 40_000, 500
MOST_BYTES = 200_000


def test_no_answer_is_older_than_its_time_or_a_purge_and_the_bounds_hold():
    rng = random.Random(11)
    weights = list(accumulate(1 / (rank + 1) for rank in range(DISTINCT)))
    keys = [sha256(b"%d" % number).digest() + b"w" for number in range(DISTINCT)]
    memory, purges = Memory(ENTRIES, MOST_BYTES), Purges()
    purged_at, hits = -1.0, [0, 0]
    for number in range(REQUESTS):
        now = number / PER_S
        if number % 7_000 == 6_999:
            purged_at = now
            purges.add(Purge(now, "all"))
            memory.drop_all(purges.forbids)
        key = keys[bisect(weights, rng.random() * weights[-1])]
        found = memory.get(key, now)
        if found is None:
            made = entry(b"x" * rng.randrange(3_000), now)
            if not purges.forbids(made):
                memory.put(key, made, now + TTL_S)
        else:
            hits[2 * number // REQUESTS] += 1
            assert now - found.made_at < TTL_S
            assert found.made_at > purged_at
        assert len(memory) <= ENTRIES
        assert memory.size_bytes <= MOST_BYTES
    first, second = hits
    assert first > REQUESTS / 8
    assert 0.9 < second / first < 1.1
