"""Fills a `traces.db` as the recorder would, and says how long searches in it take.

    python -m benchmarks.traces --count 10000000     # 8 GB, some minutes; a filled file is used again

Each search is made five times; shown are the first time, with nothing of it in SQLite's own cache, and the longest.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from gossamer.core.record import Outcome, Record, Usage
from gossamer.projections.paths import traces_path
from gossamer.projections.traces.query import Place, Query
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.trace import Trace
from gossamer.projections.traces.writer import TraceFile

STAGES = (
    "queue",
    "identify",
    "authenticate",
    "verify_agent",
    "read_body",
    "route",
    "limit",
    "dispatch",
    "provider",
    "forward",
)
PER_S = 1_000
"""Requests that end each second."""
BATCH = 500
ENDED = 1_800_000_000.0
"""Unix time at which the last one ends."""
LONGEST_S = 60.0
VARIETY = 50_000
"""Different requests, over and over with other times and ids."""
BUDGET_MS = 200.0
LINE = (
    b'{"id":"%b","at":%.6f,"worker":0,"seq":%d,"method":"POST","path":"/v1/chat/completions","status":%d,"outcome":"%b",'
    b'"stages_ns":[334248,240177,63164,4497,61381,13710,97676,33109,%d,453275],"total_ns":%d,"overhead_ns":1301237,'
    b'"request_id":"%b","peer":"127.0.0.1:53650","key":"%b","model":"%b","target":"%b","first_byte_ns":11255635,'
    b'"request_bytes":184,"response_bytes":324,"usage":{"input":9,"output":12},"user":"%b","cost_nanos":%d}'
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="traces")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/gossamer-traces"), help="where the file lies")  # noqa: S108
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)
    path = traces_path(args.dir)
    fill(path, args.count)
    print(f"{args.count:,} traces, {path.stat().st_size / 1e9:.1f} GB")
    print(f"{'search':<44} {'found':>5} {'first ms':>9} {'most ms':>8}")
    slowest = max(show(path, name, query) for name, query in searches(args.count))
    print(f"the slowest took {slowest:.1f} ms, the budget is {BUDGET_MS:.0f} ms")


def fill(path: Path, count: int) -> None:
    with closing(TraceFile(path)) as file:
        (there,) = file.run.execute("SELECT count(*) FROM traces").fetchone()
        began = time.process_time()
        for batch in batches(there, count):
            file.store(batch, {}, ())
        if there < count:
            spent = time.process_time() - began
            print(f"filled: {spent / (count - there) * 1e6:.1f} us of CPU a trace, making it up included")


def batches(there: int, count: int) -> Iterator[list[Trace]]:
    requests = list(varied())
    for begin in range(there, count, BATCH):
        end = min(begin + BATCH, count)
        yield [trace_of(number, count, *requests[number % VARIETY]) for number in range(begin, end)]


Request = tuple[str, str, str, str, int, int, int]


def varied() -> Iterator[Request]:
    """Key, user, model, target, status, nanoseconds and nano-dollars: few of the keys ask for most."""
    chance = random.Random(11)  # noqa: S311 - the same traces each time
    for _ in range(VARIETY):
        key = int(chance.paretovariate(0.6)) % 2_000
        model = f"model-{int(chance.paretovariate(0.8)) % 30}"
        status = chance.choices((200, 429, 502, 503), (970, 20, 6, 4))[0]
        total_s = min(LONGEST_S, chance.lognormvariate(0.5, 1.2))
        yield f"key_{key}", f"usr_{key % 300}", model, f"up{key % 3}/{model}", status, int(total_s * 1e9), key * 1_000


def trace_of(
    number: int, count: int, key: str, user: str, model: str, target: str, status: int, total_ns: int, cost: int
) -> Trace:
    if number % (count // 5 or 1) == count // 7:
        key, total_ns, cost = "key_rare", int(LONGEST_S * 2e9), 5_000_000_000
    at = ENDED - (count - number) / PER_S - total_ns / 1e9
    name = f"req_6d7bd185b143-{number}"
    outcome: Outcome = "completed" if status < 400 else "refused"
    provider_ns = total_ns - 1_301_237
    stages_ns = [334248, 240177, 63164, 4497, 61381, 13710, 97676, 33109, provider_ns, 453275]
    record = Record(
        name, at, 0, number, "POST", "/v1/chat/completions", status, outcome, stages_ns, total_ns, 1_301_237, name,
        "127.0.0.1:53650", key, model, target, (), False, 11_255_635, 184, 324, Usage(9, 12), None, user, None, cost,
    )  # fmt: skip
    words = (name, outcome, key, model, target, user)
    said, how, key_b, model_b, target_b, user_b = (word.encode() for word in words)
    line = LINE % (said, at, number, status, how, provider_ns, total_ns, said, key_b, model_b, target_b, user_b, cost)
    return Trace(record, line, STAGES)


def searches(count: int) -> Iterator[tuple[str, Query]]:
    def moment(share: float) -> int:
        """So far through the whole time."""
        return round((ENDED - (1 - share) * count / PER_S) * 1e6)

    middle = Place(moment(0.5), "")
    yield "the newest", Query()
    yield "the oldest", Query(order="oldest")
    yield "from the middle on", Query(after=middle)
    yield "a busy key", Query(key="key_1")
    yield "a key with one trace in every block", Query(key="key_60")
    yield "the same, a page of 200", Query(key="key_60", limit=200)
    yield "a quiet key", Query(key="key_237")
    yield "a quiet key, a page of 200", Query(key="key_237", limit=200)
    yield "a quiet key, from the middle on", Query(key="key_237", after=middle)
    yield "a quiet key, the oldest first", Query(key="key_237", order="oldest")
    yield "a key with five traces", Query(key="key_rare")
    yield "an unknown key", Query(key="key_nobody")
    yield "a user", Query(user="usr_77")
    yield "a model that few ask for", Query(model="model-29")
    yield "a key and a model", Query(key="key_237", model="model-2")
    yield "errors", Query(status_least=400)
    yield "one status", Query(status_least=503, status_most=503)
    yield "errors of a quiet key", Query(status_least=400, key="key_237")
    yield "a status that never was", Query(status_least=418, status_most=418)
    tenth: dict[str, Any] = {"since_us": moment(0.4), "until_us": moment(0.5)}
    yield "slow ones of a tenth of the time", Query(total_least_us=50 * 10**6, **tenth)
    yield "the slowest of all", Query(total_least_us=100 * 10**6)
    yield "slower than any", Query(total_least_us=1000 * 10**6)
    yield "dear ones", Query(cost_least_nanos=1_900_000)
    yield "the dearest of all", Query(cost_least_nanos=4_000_000_000)
    yield "a text in the newest 30 s", Query(text="-77", since_us=moment(1.0) - 30 * 10**6)


def show(path: Path, name: str, query: Query) -> float:
    """The longest of some, in milliseconds."""
    found = 0

    def ask() -> None:
        nonlocal found
        found = len(TraceSearch(path).find(query))

    taken_ms = [timed_ms(ask) for _ in range(5)]
    print(f"{name:<44} {found:>5} {taken_ms[0]:>9.1f} {max(taken_ms):>8.1f}", flush=True)
    return max(taken_ms)


def timed_ms(ask: Callable[[], None]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
