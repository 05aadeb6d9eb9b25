"""What the cache costs and brings, in one process without sockets but the policy's own work: figures for the docs.

    python -m benchmarks.cache

Prints CPU microseconds of a look that misses and of one that hits, the key alone for bodies of several sizes, and the
hit rates of a Zipf replay beside LRU, an offline W-TinyLFU with exact counts, and the best fixed choice.
"""

import random
from bisect import bisect
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import accumulate
from time import process_time

import msgspec

from gossamer.cache.entry import Entry
from gossamer.cache.memory import Memory
from gossamer.policy.cache_key import key_of, prefix_of, read_members, told_by_names

DISTINCT, ENTRIES, REQUESTS = 100_000, 1_000, 500_000
LATER = 1e18
PLENTY = 1 << 40


def cpu_us(work: Callable[[], object], rounds: int) -> float:
    """The least of five, since others use the machine too."""
    least = float("inf")
    for _ in range(5):
        began = process_time()
        for _ in range(rounds):
            work()
        least = min(least, process_time() - began)
    return least / rounds * 1e6


def body_of(size_bytes: int) -> bytes:
    text = "What is the capital of France? " * (size_bytes // 31)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return msgspec.json.encode({"model": "gpt-4o-mini", "messages": messages, "temperature": 0, "max_tokens": 200})


def show_costs() -> None:
    prefix = prefix_of((b"user 01", b"openai/gpt-4o-mini", b"/v1/chat/completions", b""))
    for size in (300, 1_000, 4_000, 16_000):
        body = body_of(size)

        def key(body: bytes = body) -> bytes:
            members = read_members(body)
            assert members is not None
            return key_of(members, told_by_names(members, "chat"), prefix)

        print(f"key of a body of {len(body):6} bytes: {cpu_us(key, 20_000):6.2f} us")
    memory = Memory(ENTRIES, PLENTY)
    kept, other = (sha256(each).digest() + b"w" for each in (b"kept", b"other"))
    memory.put(kept, entry(), LATER)
    print(f"look that hits:  {cpu_us(lambda: memory.get(kept, 0.0), 50_000):6.2f} us")
    print(f"look that misses:{cpu_us(lambda: memory.get(other, 0.0), 50_000):6.2f} us")


def entry() -> Entry:
    return Entry(b"{}", False, "chat", b"", "p/m", 0, 0.0, ("k", "", "u", "m"))


def ours(asked: Sequence[int]) -> float:
    keys = [sha256(b"%d" % number).digest() + b"w" for number in range(DISTINCT)]
    memory, one, hits = Memory(ENTRIES, PLENTY), entry(), 0
    for number in asked:
        if memory.get(keys[number], 0.0) is not None:
            hits += 1
        else:
            memory.put(keys[number], one, LATER)
    return hits / len(asked)


def lru(asked: Sequence[int]) -> float:
    kept: OrderedDict[int, bool] = OrderedDict()
    hits = 0
    for number in asked:
        if number in kept:
            kept.move_to_end(number)
            hits += 1
            continue
        kept[number] = True
        if len(kept) > ENTRIES:
            kept.popitem(last=False)
    return hits / len(asked)


def exact(asked: Sequence[int], entries: int = ENTRIES) -> float:
    """W-TinyLFU, offline: every count is exact and nothing is approximated; the same windows and shares."""
    counts: Counter[int] = Counter()
    window: OrderedDict[int, bool] = OrderedDict()
    probation: OrderedDict[int, bool] = OrderedDict()
    protected: OrderedDict[int, bool] = OrderedDict()
    room = entries - max(1, entries // 100)
    hits = seen = 0
    for number in asked:
        counts[number] += 1
        seen += 1
        if seen >= 10 * entries:
            counts, seen = Counter({each: count // 2 for each, count in counts.items() if count > 1}), seen // 2
        if number in window:
            window.move_to_end(number)
            hits += 1
        elif number in protected:
            protected.move_to_end(number)
            hits += 1
        elif number in probation:
            del probation[number]
            protected[number] = True
            hits += 1
            if len(protected) > round(room * 0.8):
                probation[protected.popitem(last=False)[0]] = True
        else:
            window[number] = True
            if len(window) > entries - room:
                _admit(window.popitem(last=False)[0], counts, probation, protected, room)
    return hits / len(asked)


def _admit(
    candidate: int,
    counts: Counter[int],
    probation: OrderedDict[int, bool],
    protected: OrderedDict[int, bool],
    room: int,
) -> None:
    if len(probation) + len(protected) >= room:
        region = probation or protected
        victim = next(iter(region))
        if counts[candidate] <= counts[victim]:
            return
        del region[victim]
    probation[candidate] = True


def show_hit_rates() -> None:
    weights = list(accumulate(1 / (rank + 1) for rank in range(DISTINCT)))
    rng = random.Random(7)  # noqa: S311 - the same replay each time
    asked = [bisect(weights, rng.random() * weights[-1]) for _ in range(REQUESTS)]
    print(f"Zipf, s = 1.0, {DISTINCT} distinct, {ENTRIES} entries, {REQUESTS} requests:")
    for name, rate in (
        ("this cache", ours(asked)),
        ("W-TinyLFU, exact counts", exact(asked)),
        ("LRU", lru(asked)),
        ("best fixed choice", weights[ENTRIES - 1] / weights[-1]),
    ):
        print(f"  {name:24} {rate:6.1%}")


if __name__ == "__main__":
    show_costs()
    show_hit_rates()
