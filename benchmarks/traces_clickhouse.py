"""Fills ClickHouse's engine with traces that differ in all that searches go by, and says how long searches take.

    PYTHONPATH=src:. python -m benchmarks.traces_clickhouse --count 10000000    # some 2 GB; a filled one is used again

They are ten days' traces, made by the engine itself and put in as the recorder's inserts are. Asked is over HTTP by the
reader of the admin API; and what dashboards ask, of the sums and of the traces.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.trace_searches import DASHBOARD_BUDGET_MS, SEARCH_BUDGET_MS, Question, Span, asked_of, show
from gossamer.http.limits import CallTimeouts
from gossamer.projections.clickhouse.address import ClickHouseAddress, parse_clickhouse_url
from gossamer.projections.clickhouse.client import Client
from gossamer.projections.clickhouse.schema import bring_up
from gossamer.projections.clickhouse.search import ClickHouseTraces
from tests.real.clickhouse import running_clickhouse

DAYS = 10
DAY_S = 86_400
ENDED_S = 1_800_057_600
"""Midnight, UTC."""
BATCH = 250_000
"""As large as the parts are into which ClickHouse soon merges what the recorder sends."""
_COUNT = "SELECT count() FROM traces FORMAT TSV"
_SQL = Path(__file__).parent / "clickhouse"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="traces")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/gossamer-clickhouse"), help="where they lie")  # noqa: S108
    parser.add_argument("--part", type=int, help="put in so many more at most, and ask only when all are there")
    args = parser.parse_args()
    with running_clickhouse(args.dir) as server:
        is_within = asyncio.run(_measure(parse_clickhouse_url(server.url()), args.count, args.part or args.count))
    sys.exit(0 if is_within else 1)


async def _measure(address: ClickHouseAddress, count: int, part: int) -> bool:
    client = Client(address, CallTimeouts(first_byte_s=600.0, idle_s=600.0))
    await bring_up(client)
    await fill(client, count, part)
    print(await told(client))
    if int(await client.ask(_COUNT)) < count:
        return True
    span = Span(count, (ENDED_S - DAYS * DAY_S) * 10**6, ENDED_S * 10**6)
    searches = await show("search, in ClickHouse", asked_of(ClickHouseTraces(address), span), SEARCH_BUDGET_MS)
    boards = await show("dashboard, in ClickHouse", dashboards(client), DASHBOARD_BUDGET_MS)
    client.close()
    return searches and boards


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


def dashboards(client: Client) -> Iterator[Question]:
    for each in (_SQL / "dashboards.sql").read_text().split("-- ")[1:]:
        name, _, words = each.partition("\n")

        async def ask(words: str = words) -> str:
            return str((await client.ask(f"{words} FORMAT TSV", {"last_day": ENDED_S - DAY_S})).count(b"\n"))

        yield Question(name, ask)


if __name__ == "__main__":
    main()
