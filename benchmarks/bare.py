"""One round trip to Redis or Postgres and nothing else, at a steady pace: what the machine takes for it just now.

    python -m benchmarks.bare URL PER_S COUNT CORE

Redis is sent a PING, Postgres a look into an index. Prints the p50 and the p99 in ms. What a gateway adds to that is
its own; on a machine whose processes are slow to wake, most of a stage that asks another process is this.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import asyncpg
import uvloop

from gossamer.bench.statistics import quantile

Ask = Callable[[], Awaitable[object]]


async def main(url: str, per_s: float, count: int) -> None:
    ask = await (over_redis(url) if url.startswith("redis") else over_postgres(url))
    taken_ms = []
    begin = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(begin + number / per_s - time.perf_counter())
        began_ns = time.perf_counter_ns()
        await ask()
        taken_ms.append((time.perf_counter_ns() - began_ns) / 1e6)
    taken_ms.sort()
    print(f"{quantile(taken_ms, 0.5):.4f} {quantile(taken_ms, 0.99):.4f}")


async def over_redis(url: str) -> Ask:
    place = urlsplit(url)
    if place.scheme == "redis":
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
    else:
        reader, writer = await asyncio.open_unix_connection(place.path)

    async def ask() -> object:
        writer.write(b"PING\r\n")
        return await reader.readline()

    return ask


async def over_postgres(url: str) -> Ask:
    line = await asyncpg.connect(url)
    return lambda: line.fetch("SELECT id FROM keys WHERE digest = $1", b"nobody's")


if __name__ == "__main__":
    _, url, per_s, count, core = sys.argv
    os.sched_setaffinity(0, {int(core)})
    with suppress(OSError):  # without the right to it, the noise of the machine is in the figures
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    uvloop.run(main(url, float(per_s), int(count)))
