"""Fills ClickHouse's engine with traces that differ in all that searches go by, and says how long searches take.

    PYTHONPATH=src:. python -m benchmarks.traces_clickhouse --count 10000000    # some 2 GB; a filled one is used again

They are ten days' traces, made by the engine itself and put in as the recorder's inserts are. Asked is over HTTP by the
reader of the admin API, five times each; and what dashboards ask, of the sums and of the traces.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from gossamer.http.limits import CallTimeouts
from gossamer.projections.clickhouse.address import ClickHouseAddress, parse_clickhouse_url
from gossamer.projections.clickhouse.client import Client
from gossamer.projections.clickhouse.schema import bring_up
from gossamer.projections.clickhouse.search import ClickHouseTraces
from gossamer.projections.traces.query import Place, Query
from tests.real.clickhouse import running_clickhouse

DAYS = 10
DAY_S = 86_400
ENDED_S = 1_800_057_600
"""Midnight, UTC."""
BATCH = 250_000
"""As large as the parts are into which ClickHouse soon merges what the recorder sends."""
ROUNDS = 5
SEARCH_BUDGET_MS = 200.0
DASHBOARD_BUDGET_MS = 1_000.0
_COUNT = "SELECT count() FROM traces FORMAT TSV"
_SQL = Path(__file__).parent / "clickhouse"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="traces")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/gossamer-clickhouse"), help="where they lie")  # noqa: S108
    parser.add_argument("--part", type=int, help="put in so many more at most, and ask only when all are there")
    args = parser.parse_args()
    with running_clickhouse(args.dir) as server:
        asyncio.run(_measure(parse_clickhouse_url(server.url()), args.count, args.part or args.count))


async def _measure(address: ClickHouseAddress, count: int, part: int) -> None:
    client = Client(address, CallTimeouts(first_byte_s=600.0, idle_s=600.0))
    await bring_up(client)
    await fill(client, count, part)
    print(await told(client))
    if int(await client.ask(_COUNT)) < count:
        return
    print(f"{'search':<44} {'found':>5} {'first ms':>9} {'most ms':>8}")
    reader = ClickHouseTraces(address)
    slowest = 0.0
    for name, query in searches(count):
        slowest = max(slowest, await show(name, lambda query=query: _found(reader, query)))  # type: ignore[misc]
    print(f"the slowest took {slowest:.0f} ms, the budget is {SEARCH_BUDGET_MS:.0f} ms")
    slowest = 0.0
    for name, words in dashboards():
        slowest = max(slowest, await show(name, lambda words=words: _rows(client, words)))  # type: ignore[misc]
    print(f"the slowest took {slowest:.0f} ms, the budget is {DASHBOARD_BUDGET_MS:.0f} ms")
    client.close()


async def fill(client: Client, count: int, part: int) -> None:
    there = int(await client.ask(_COUNT))
    began = time.monotonic()
    words = (_SQL / "fill.sql").read_text()
    until = min(count, there + part)
    for begin in range(there, until, BATCH):
        size = min(BATCH, until - begin)
        await client.ask(words, {"begin": begin, "size": size, "count": count, "began": ENDED_S - DAYS * DAY_S})
    if there < until:
        print(f"filled in {time.monotonic() - began:.0f} s")


async def told(client: Client) -> str:
    words = (
        "SELECT sum(rows), sum(bytes_on_disk), count(), uniqExact(partition) FROM system.parts "
        "WHERE database = currentDatabase() AND table = 'traces' AND active FORMAT TSV"
    )
    rows, size, parts, days = map(int, (await client.ask(words)).split())
    return f"{rows:,} traces, {size / 1e9:.2f} GB in {parts} parts of {days} days"


def searches(count: int) -> Iterator[tuple[str, Query]]:
    def moment(share: float) -> int:
        """So far through the whole time."""
        return round((ENDED_S - (1 - share) * DAYS * DAY_S) * 1e6)

    middle = Place(moment(0.5), "")
    yield "the newest", Query()
    yield "the newest, a page of 200", Query(limit=200)
    yield "the oldest", Query(order="oldest")
    yield "from the middle on", Query(after=middle)
    yield "a busy key", Query(key="key_1")
    yield "a key with one in some thousand", Query(key="key_237")
    yield "the same, a page of 200", Query(key="key_237", limit=200)
    yield "the same, from the middle on", Query(key="key_237", after=middle)
    yield "the same, the oldest first", Query(key="key_237", order="oldest")
    yield "a quiet key", Query(key="key_1777")
    yield "a key with five traces", Query(key="key_rare")
    yield "an unknown key", Query(key="key_nobody")
    yield "a user", Query(user="usr_77")
    yield "an agent", Query(agent="agt_9")
    yield "a rare agent", Query(agent="agt_613")
    yield "an agent with five traces", Query(agent="agt_rare")
    yield "a session", Query(session=f"ses_{count // 80 * 7}")
    yield "an unknown session", Query(session="ses_nobody")
    yield "a model that few ask for", Query(model="model-29")
    yield "a key and a model", Query(key="key_237", model="model-2")
    yield "errors", Query(status_least=400)
    yield "one status", Query(status_least=503, status_most=503)
    yield "errors of a quiet key", Query(status_least=400, key="key_1777")
    yield "a status that never was", Query(status_least=418, status_most=418)
    tenth: dict[str, Any] = {"since_us": moment(0.4), "until_us": moment(0.5)}
    yield "slow ones of a day", Query(total_least_us=50 * 10**6, **tenth)
    yield "the slowest of all", Query(total_least_us=100 * 10**6)
    yield "slower than any", Query(total_least_us=1000 * 10**6)
    yield "dear ones", Query(cost_least_nanos=1_100_000)
    yield "the dearest of all", Query(cost_least_nanos=4_000_000_000)
    yield "a text in the newest hour", Query(text="word77 ", since_us=moment(1.0) - 3600 * 10**6)
    yield "an error's text in the newest day", Query(text="said_77", since_us=moment(1.0) - DAY_S * 10**6)


def dashboards() -> Iterator[tuple[str, str]]:
    """What each is called, and its statement."""
    for each in (_SQL / "dashboards.sql").read_text().split("-- ")[1:]:
        name, _, words = each.partition("\n")
        yield name, words


async def _found(reader: ClickHouseTraces, query: Query) -> int:
    return len(await reader.find(query))


async def _rows(client: Client, words: str) -> int:
    return (await client.ask(f"{words} FORMAT TSV", {"last_day": ENDED_S - DAY_S})).count(b"\n")


async def show(name: str, ask: Callable[[], Awaitable[int]]) -> float:
    """The longest of some, in milliseconds."""
    taken_ms = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = await ask()
        taken_ms.append((time.perf_counter() - began) * 1000)
    print(f"{name:<44} {found:>5} {taken_ms[0]:>9.1f} {max(taken_ms):>8.1f}", flush=True)
    return max(taken_ms)


if __name__ == "__main__":
    main()
