"""Hours of a cache in minutes: Zipf questions at a steady rate, times that run out, purges; and never an old answer.

    PYTHONPATH=src:. python -m benchmarks.cache_soak [--minutes 30] [--rate 2000] [--ttl 5] [--purge-every 20]

Each answer says when it was made, so a stale one is seen by whoever gets it. Prints a line for each tenth of a run:
hit rate, memory of the worker, the oldest answer. Ends with 1 if an answer was older than its time or than a purge of a
second ago, if the hit rate of the second half is not that of the first, or if memory grows.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Final

import uvloop

from gossamer.bench.caller import Caller, Keeper
from gossamer.bench.nginx import running
from gossamer.bench.placement import Place
from gossamer.bench.processes import HOST, free_port
from gossamer.bench.subject import DEFAULT_TOKEN, gateway_config
from gossamer.bench.traffic import numbered_body, request_bytes
from gossamer.http.origin import parse_base_url
from tests.system.gateway import Gateway, quiet_environment, start_gateway

DISTINCT: Final = 100_000
CONNECTIONS: Final = 100
TENTHS: Final = 10
PURGED_WITHIN_S: Final = 1.0
CLOCKS_S: Final = 0.1
"""nginx looks at its clock once an event."""
STABLE: Final = 0.03
"""Points by which the hit rate of the second half may differ from that of the first."""
GROWTH: Final = 1.10
_MADE: Final = b'"id":"chatcmpl-'


class Watch:
    """What was seen since the last line, and in all."""

    def __init__(self, ttl_s: float) -> None:
        self.ttl_s = ttl_s
        self.purge_began = self.purge_ended = 0.0
        """Of the last one that was carried out."""
        self.asked = self.hits = 0
        self.oldest_s = 0.0
        self.stale: list[str] = []

    def see(self, caller: Caller) -> None:
        assert caller.head is not None
        body = b"".join(piece for _, piece in caller.pieces)
        at = body.index(_MADE) + len(_MADE)
        made_at, now = float(body[at : body.index(b'"', at)]), time.time()
        is_hit = (caller.head.get(b"x-gossamer-cache") or b"").startswith(b"hit")
        self.asked += 1
        self.hits += is_hit
        if not is_hit:
            return
        self.oldest_s = max(self.oldest_s, now - made_at)
        if now - made_at > self.ttl_s + CLOCKS_S:
            self.stale.append(f"{now - made_at:.2f} s old")
        if made_at < self.purge_began - CLOCKS_S and now > self.purge_ended + PURGED_WITHIN_S:
            before_s, behind_s = self.purge_began - made_at, now - self.purge_ended
            self.stale.append(f"made {before_s:.2f} s before a purge, and given {behind_s:.2f} s after it")


class Load:
    """Connections that ask in turn, at the rate that is wanted."""

    def __init__(self, port: int, rate: int, watch: Watch) -> None:
        self._keeper = Keeper(parse_base_url(f"http://{HOST}:{port}")[0])
        self._authority = f"{HOST}:{port}"
        self._every_s = CONNECTIONS / rate
        self._watch = watch
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(DISTINCT)))
        self._chance = random.Random(5)  # noqa: S311 - the same replay each time
        self._callers: list[Caller] = []

    async def run(self, until: float) -> None:
        await asyncio.gather(*(self._ask_on(number, until) for number in range(CONNECTIONS)))

    async def _ask_on(self, number: int, until: float) -> None:
        caller = Caller(self._keeper)
        await caller.warm()
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[None]
        caller.on_answer = lambda _: answered.set_result(None)
        caller.on_failure = lambda _, reason: answered.set_exception(OSError(reason))
        due = loop.time() + self._every_s * number / CONNECTIONS
        while due < until:
            await asyncio.sleep(due - loop.time())
            answered = loop.create_future()
            question = bisect(self._weights, self._chance.random() * self._weights[-1])
            caller.send(request_bytes(numbered_body(question), DEFAULT_TOKEN, self._authority))
            await answered
            self._watch.see(caller)
            due += self._every_s
        caller.close()


async def purge_on(gateway: Gateway, every_s: float, watch: Watch) -> None:
    while True:
        await asyncio.sleep(every_s)
        began = time.time()
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "gossamer", "cache", "purge", "--all"], cwd=gateway.home,
            env=quiet_environment(), capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            watch.purge_began, watch.purge_ended = began, time.time()


async def soak(gateway: Gateway, args: argparse.Namespace) -> int:
    watch = Watch(args.ttl)
    load = Load(gateway.port, args.rate, watch)
    loop = asyncio.get_running_loop()
    purging = asyncio.create_task(purge_on(gateway, args.purge_every, watch))
    tenth_s = args.minutes * 60 / TENTHS
    rates: list[float] = []
    sizes: list[float] = []
    asked = 0
    (worker,) = gateway.workers
    running_load = asyncio.create_task(load.run(loop.time() + TENTHS * tenth_s))
    for tenth in range(TENTHS):
        await asyncio.wait([running_load], timeout=tenth_s)
        rates.append(watch.hits / max(1, watch.asked))
        sizes.append(rss_mib(worker))
        asked += watch.asked
        seen = f"{watch.asked / tenth_s:6.0f} req/s  hits {rates[-1]:6.1%}  worker {sizes[-1]:6.1f} MiB"
        print(f"{tenth + 1:2}/10  {seen}  oldest {watch.oldest_s:5.2f} s  stale {len(watch.stale)}", flush=True)
        watch.asked = watch.hits = 0
        watch.oldest_s = 0.0
    await running_load
    purging.cancel()
    return judge(watch, rates, sizes, asked)


def judge(watch: Watch, rates: list[float], sizes: list[float], asked: int) -> int:
    half = TENTHS // 2
    first, second = sum(rates[1:half]) / (half - 1), sum(rates[half:]) / half
    wrong = [*watch.stale[:5]]
    if abs(first - second) > STABLE:
        wrong.append(f"the hit rate was {first:.1%} and then {second:.1%}")
    if sizes[-1] > sizes[half] * GROWTH:
        wrong.append(f"the worker grew from {sizes[half]:.1f} to {sizes[-1]:.1f} MiB")
    print(
        f"{asked} requests; hits {first:.1%}, then {second:.1%}; "
        + ("; ".join(wrong) or "nothing stale, nothing grows")
    )
    return 1 if wrong else 0


def rss_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


@contextmanager
def standing(args: argparse.Namespace) -> Iterator[Gateway]:
    """A provider that says when it answered, and a gateway before it."""
    port = free_port()
    made = (
        '{"id":"chatcmpl-$msec","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":'
        '{"role":"assistant","content":"yes"},"finish_reason":"stop"}],'
        '"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}'
    )
    answers = f"location / {{ default_type application/json; return 200 '{made}'; }}"
    body = f"server {{ listen {HOST}:{port} reuseport; {answers} }}"
    with tempfile.TemporaryDirectory(prefix="gossamer-soak-") as folder:
        home = Path(folder)
        cache = f"cache: {{enabled: true, l1_entries: {args.entries}, l1_ttl: {args.ttl}s}}\n"
        with running("provider", port, body, Place(0), home):
            config = gateway_config(0, port, home / "data", DEFAULT_TOKEN) + cache
            with start_gateway(home, config) as gateway:
                yield gateway


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--ttl", type=float, default=5.0)
    parser.add_argument("--purge-every", type=float, default=20.0)
    args = parser.parse_args()
    with standing(args) as gateway:
        return uvloop.run(soak(gateway, args))


if __name__ == "__main__":
    sys.exit(main())
