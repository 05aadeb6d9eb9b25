"""What it costs to know who is calling and how much they may: the budgets of identity, measured on this machine.

    PYTHONPATH=src:. python -m benchmarks.identity [--keys 1000000] [--seconds 2] [--rounds 5]

Stages by their own clocks, from the journal, 100 connections at a steady pace; CPU by the kernel's, under wrk; floods
with valid traffic beside them. One worker on the first core, everything else on the second. Needs wrk and nginx.
Prints a table with the budgets beside; a machine that is busy makes the p99s worse, so look twice.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.paced import Taken, run
from benchmarks.seeds import seed_postgres, seed_sqlite, token_of
from gossamer.bench.kernel import cpu_ns, family, memory_bytes
from gossamer.bench.nginx import Nginx, running_provider
from gossamer.bench.placement import NICE, Place
from gossamer.bench.statistics import median, quantile
from gossamer.bench.traffic import CHAT_BODY, PATH
from gossamer.core.record import Record
from tests.real.postgres import Postgres
from tests.real.redis import redis_server
from tests.system.gateway import Gateway, start_gateway
from tests.system.identity.administration import Made, Person, register
from tests.system.node import Node

WORKER_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 100
PACE_PER_S = 1500
"""Well below what one worker can do: what is measured is the cost of a stage, not the queue before it."""
MISSES = 1000
MISS_ROUNDS = 5
MISS_PACE_PER_S = 300
FLOOD_S = 10
LIMITS = {"requests_per_min": 100_000_000, "tokens_per_min": 100_000_000_000}

Rounds = list[list[Record]]
Row = tuple[str, str, str]
"""What, how much, and what it may be."""


class Rig(NamedTuple):
    home: Path
    provider: Nginx
    seconds: int
    rounds: int
    keys: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=PARTS, action="append")
    words = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="identity-"))
    os.sched_setaffinity(0, {LOAD_CORE})
    os.setpriority(os.PRIO_PROCESS, 0, NICE)
    try:
        with running_provider(Place(LOAD_CORE), home) as provider:
            rig = Rig(home, provider, words.seconds, words.rounds, words.keys)
            for name in words.only or PARTS:
                show(PARTS[name](rig))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def show(rows: Sequence[Row]) -> None:
    for what, figure, budget in rows:
        print(f"{what:<58} {figure:<54} {budget}", flush=True)


# --- the gateway ---


class Subject:
    """One gateway with one worker, and keys of every sort."""

    def __init__(self, rig: Rig, gateway: Gateway) -> None:
        self.gateway = gateway
        os.sched_setaffinity(gateway.control, {WORKER_CORE, LOAD_CORE})
        self.urgent = {rig.provider.worker, *family(gateway.pid)}
        """What runs before all else while a pace is kept."""
        (self.worker,) = gateway.workers
        os.sched_setaffinity(self.worker, {WORKER_CORE})
        self.admin: Person = register(Node(gateway))
        self.free: Made = self.admin.add_key()
        self.limited: Made = self.admin.add_key(limits=LIMITS)
        self.agent = self.admin.add_agent()

    def records(self, count: int) -> list[Record]:
        """The last so many."""
        return self.gateway.records()[-count:]

    def paced(self, rig: Rig, token: str, agent: str | None = None) -> Rounds:
        """In as many rounds as there are, the first of which only warms."""
        requests = [request(token, agent)] * (PACE_PER_S * rig.seconds)
        found = []
        with urgent(self.urgent):
            for _ in range(rig.rounds + 1):
                answered(run(self.gateway.port, requests, CONNECTIONS, PACE_PER_S))
                found.append(self.records(len(requests)))
        return found[1:]

    def misses(self, begin: int) -> Rounds:
        """Each of another key, none of which was asked for before."""
        found = []
        for first in range(begin, begin + MISSES * MISS_ROUNDS, MISSES):
            requests = [request(token_of(number)) for number in range(first, first + MISSES)]
            with urgent(self.urgent):
                answered(run(self.gateway.port, requests, CONNECTIONS, MISS_PACE_PER_S))
            found.append(self.records(MISSES))
        return found

    def cpu_us(self, rig: Rig, token: str) -> float:
        """Of the worker, for each request, under a closed loop."""
        before = cpu_ns(self.worker)
        count = wrk(rig, self.gateway.port, token, 2)
        return (cpu_ns(self.worker) - before) / count / 1000

    @property
    def rss_mib(self) -> float:
        return memory_bytes(self.worker)["Rss"] / 2**20


@contextmanager
def urgent(pids: set[int]) -> Iterator[None]:
    """As gossamer.bench has it: without the right to it the noise of the machine is in the figures."""
    pids = pids | {os.getpid()}
    try:
        schedule(pids, os.SCHED_RR, 1)
        yield
    finally:
        schedule(pids, os.SCHED_OTHER, 0)


def schedule(pids: set[int], policy: int, priority: int) -> None:
    """All threads of them."""
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*"):
            with suppress(OSError):
                os.sched_setscheduler(int(thread.name), policy, os.sched_param(priority))


@contextmanager
def subject(rig: Rig, name: str, **settings: Any) -> Iterator[Subject]:
    config: dict[str, Any] = {
        "providers": {"up": {"kind": "openai-compatible", "base_url": f"http://127.0.0.1:{rig.provider.port}/v1"}},
        "keys": [{"name": "configured", "token": "sk-configured"}],
        **settings,
    }
    with start_gateway(rig.home / name, config) as gateway:
        yield Subject(rig, gateway)


def request(token: str, agent: str | None = None) -> bytes:
    own = f"x-agent-id: {agent}\r\n" if agent else ""
    return (
        f"POST {PATH} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {token}\r\n{own}content-type: application/json\r\n"
        f"content-length: {len(CHAT_BODY)}\r\n\r\n{CHAT_BODY}"
    ).encode()


def answered(taken: list[Taken]) -> list[Taken]:
    assert {each.status for each in taken} == {200}, "not all were answered"
    return taken


STAGES = ("queue", "identify", "authenticate", "verify_agent", "read_body", "route", "limit")


def stage(rounds: Rounds, name: str) -> str:
    """In ms: the medians over the rounds, and the p99 of the best, which others disturbed least."""
    at = STAGES.index(name)
    ordered = [sorted(record.stages_ns[at] for record in records) for records in rounds]
    p50s, p99s = ([quantile(each, q) / 1e6 for each in ordered] for q in (0.5, 0.99))
    return f"p50 {median(p50s):.4f} ms, p99 {median(p99s):.4f} ms (best {min(p99s):.4f})"


def bare_trip(url: str, per_s: int, rig: Rig) -> str:
    """As a stage, of the round trip alone, from the worker's core."""
    words = (url, per_s, per_s * rig.seconds, WORKER_CORE)
    taken = [
        subprocess.run(
            [sys.executable, "-m", "benchmarks.bare", *map(str, words)], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(rig.rounds)
    ]
    p50s, p99s = ([float(each[at]) for each in taken] for at in (0, 1))
    return f"p50 {median(p50s):.4f} ms, p99 {median(p99s):.4f} ms (best {min(p99s):.4f})"


# --- wrk ---

KNOWN = 'wrk.headers["Authorization"] = "Bearer {token}"'
WRONG = """
local letters, number = "abcdefghijklmnopqrstuvwxyz234567", 0
local life = {{}}
math.randomseed(os.time())
for i = 1, 24 do local at = math.random(32); life[i] = letters:sub(at, at) end
local front = "Bearer gsm_" .. ("a"):rep(26) .. "_" .. table.concat(life)
request = function()
  number = number + 1
  local rest, end_ = number, ""
  for i = 1, 8 do local at = rest % 32 + 1; end_ = end_ .. letters:sub(at, at); rest = math.floor(rest / 32) end
  wrk.headers["Authorization"] = front .. end_
  return wrk.format()
end
"""
SCRIPT = """
wrk.method = "POST"
wrk.body = '{body}'
wrk.headers["Content-Type"] = "application/json"
{own}
function done(summary) io.write(string.format("counts %d\\n", summary.requests)) end
"""


def begin_wrk(rig: Rig, port: int, token: str | None, seconds: int, connections: int) -> subprocess.Popen[str]:
    """Without a token: each request with another wrong one."""
    script = rig.home / f"{port}-{'known' if token else 'wrong'}.lua"
    own = KNOWN.format(token=token) if token else WRONG.format()
    script.write_text(SCRIPT.format(body=CHAT_BODY, own=own))
    url = f"http://127.0.0.1:{port}{PATH}"
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def end_wrk(process: subprocess.Popen[str]) -> int:
    """How many were answered."""
    out, _ = process.communicate(timeout=60)
    return int(out.rpartition("counts ")[2])


def wrk(rig: Rig, port: int, token: str, seconds: int) -> int:
    return end_wrk(begin_wrk(rig, port, token, seconds, CONNECTIONS))


# --- what is measured ---


def in_memory(rig: Rig) -> list[Row]:
    with subject(rig, "memory") as own:
        free = own.paced(rig, own.free.token)
        agent = own.paced(rig, own.free.token, own.agent)
        limited = own.paced(rig, own.limited.token)
    return [
        ("authenticate, known key", stage(free, "authenticate"), "p99 < 0.05 ms"),
        ("verify_agent, no agent", stage(free, "verify_agent"), ""),
        ("verify_agent, known agent", stage(agent, "verify_agent"), "p99 < 0.05 ms"),
        ("limit, none", stage(free, "limit"), ""),
        ("limit in memory, requests and tokens", stage(limited, "limit"), "p99 < 0.05 ms"),
    ]


def in_redis(rig: Rig) -> list[Row]:
    with redis_server() as redis, subject(rig, "redis", counters=redis.url) as own:
        assert redis._process is not None
        own.urgent.add(redis._process.pid)
        limited = own.paced(rig, own.limited.token)
        bare = bare_trip(redis.url, PACE_PER_S, rig)
        pairs = [(own.cpu_us(rig, own.free.token), own.cpu_us(rig, own.limited.token)) for _ in range(rig.rounds)]
        log = own.gateway.log
    assert "is not asked any more" not in log, "Redis was away: the figures are of something else"
    without, with_limits = (median([pair[at] for pair in pairs]) for at in (0, 1))
    ratio = median([pair[1] / pair[0] for pair in pairs])
    return [
        ("limit in Redis, requests and tokens", stage(limited, "limit"), "p99 < 1 ms"),
        ("a PING to Redis at the same pace, for comparison", bare, ""),
        ("CPU a request: without limits, with Redis", f"{without:.1f} us, {with_limits:.1f} us", ""),
        ("ratio of the two", f"{ratio:.2f}", "<= 1.6"),
    ]


def many_keys(rig: Rig) -> list[Row]:
    """Few against many keys, turn by turn."""
    with ExitStack() as stack:
        few = stack.enter_context(subject(rig, "few"))
        many = stack.enter_context(subject(rig, "many"))
        seed_sqlite(few.gateway.data_dir / "state.db", 2 * MISSES * MISS_ROUNDS)
        began = time.monotonic()
        seed_sqlite(many.gateway.data_dir / "state.db", rig.keys)
        seeded = f"{rig.keys:,} keys put in within {time.monotonic() - began:.0f} s"
        pairs = [(few.cpu_us(rig, few.free.token), many.cpu_us(rig, many.free.token)) for _ in range(rig.rounds)]
        misses = [each.misses(0) for each in (few, many)]
        hits = [each.paced(rig, each.free.token) for each in (few, many)]
        rss = [each.rss_mib for each in (few, many)]
    ratio = median([pair[1] / pair[0] for pair in pairs])
    costs = ", ".join(f"{median([pair[at] for pair in pairs]):.1f} us" for at in (0, 1))
    return [
        (f"SQLite: few keys and many ({seeded})", "", ""),
        ("CPU a request: few, many", f"{costs}: {ratio:.3f}", "the same"),
        ("authenticate, known key, many keys", stage(hits[1], "authenticate"), "as with few"),
        ("authenticate on a miss, few keys", stage(misses[0], "authenticate"), "p99 < 5 ms"),
        ("authenticate on a miss, many keys", stage(misses[1], "authenticate"), "p99 < 5 ms"),
        ("RSS of the worker: few, many", ", ".join(f"{each:.1f} MiB" for each in rss), "the same"),
    ]


def on_postgres(rig: Rig) -> list[Row]:
    """Misses with many keys, and floods with valid traffic beside them."""
    server = Postgres(Path(tempfile.mkdtemp(prefix="pg-")))
    try:
        database = server.make_database()
        with subject(rig, "postgres", state=server.url_of(database)) as own:
            seed_postgres(server, database, rig.keys)
            postmaster = server._server.get_pid()
            assert postmaster is not None
            own.urgent.update(family(postmaster))
            misses = own.misses(0)
            bare = bare_trip(server.url_of(database), MISS_PACE_PER_S, rig)
            floods = [flood(rig, own, server, database, token) for token in (own.free.token, None) * 3]
    finally:
        server.stop()
    valid, wrong = floods[0::2], floods[1::2]
    added = [other.p99_ms - one.p99_ms for one, other in zip(valid, wrong, strict=True)]
    return [
        (f"Postgres, {rig.keys:,} keys: authenticate on a miss", stage(misses, "authenticate"), "p99 < 5 ms"),
        ("one look into an index at the same pace, for comparison", bare, ""),
        ("flood of valid requests: valid traffic", told(valid), ""),
        ("flood of distinct wrong tokens: valid traffic", told(wrong), ""),
        ("added p99, median of the turns", f"{median(added):+.2f} ms", "< 5 ms"),
        ("look-ups at the store during it", f"{max(each.look_ups_per_s for each in wrong):.0f}/s", "< 100/s"),
    ]


class Flood(NamedTuple):
    per_s: float
    p99_ms: float
    """Of valid requests beside it."""
    look_ups_per_s: float


def flood(rig: Rig, own: Subject, server: Postgres, database: str, token: str | None) -> Flood:
    before = look_ups(server, database)
    process = begin_wrk(rig, own.gateway.port, token, FLOOD_S, 50)
    with urgent({rig.provider.worker}):  # and whoever measures: the flood shares their core
        taken = run(own.gateway.port, [request(own.limited.token)] * (200 * (FLOOD_S - 1)), 20, 200)
    count = end_wrk(process)
    asked = look_ups(server, database) - before
    p99_ms = quantile(sorted(each.ns for each in answered(taken)), 0.99) / 1e6
    return Flood(count / FLOOD_S, p99_ms, asked / FLOOD_S)


def told(floods: list[Flood]) -> str:
    p99s = ", ".join(f"{each.p99_ms:.1f}" for each in floods)
    return f"{median([each.per_s for each in floods]):,.0f}/s; p99 {p99s} ms"


def look_ups(server: Postgres, database: str) -> int:
    """Digests that were looked for, as Postgres counts them; it tells a second late."""
    time.sleep(1.5)
    found = server.run("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'uq_keys_digest'", database)
    return int(found)


PARTS = {"memory": in_memory, "redis": in_redis, "keys": many_keys, "postgres": on_postgres}

if __name__ == "__main__":
    main()
