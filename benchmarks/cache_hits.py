"""What a hit costs beside what it spares: latency beside nginx serving a file, CPU beside a request that is proxied.

    python -m benchmarks.cache_hits [--rounds 8] [--redis PATH_OF_REDIS_SERVER]

All arms stand at once and work in turns of a second, in another order each round, so that what slows the machine slows
them alike. Latency: 100 connections, each with a request every 50 ms. CPU: wrk with 64 connections.

The p99 of all rounds together has whatever the machine did: a virtual one may stand still on all cores for tens of
milliseconds, which is in the figures of whoever had its turn. The median of the rounds has not.
"""

import argparse
import asyncio
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from time import sleep
from typing import Final

import uvloop

from gossamer.bench import wrk
from gossamer.bench.caller import Caller, Keeper
from gossamer.bench.kernel import cpu_of
from gossamer.bench.load import undisturbed
from gossamer.bench.nginx import instant_provider, running, running_hop
from gossamer.bench.placement import Place
from gossamer.bench.processes import HOST, Process, free_port, wait_for_port
from gossamer.bench.rig import Plan, Rig, standing_rig
from gossamer.bench.statistics import median, quantile
from gossamer.bench.subject import Asking, Gateway, Subject, gateway_config, running_gateway
from gossamer.bench.traffic import numbered_body, request_bytes
from gossamer.http.origin import parse_base_url

CONNECTIONS: Final = 100
WRK_CONNECTIONS: Final = 64
EVERY_S: Final = 0.05
WARM_S: Final = 0.2
TURN_S: Final = 1.0
QUESTIONS: Final = 200
"""Beyond what an L1 of one entry holds."""
SETTLE_S: Final = 0.1
_CACHES: Final = {
    "L1 hit": "cache: {enabled: true, l1_ttl: 1h}",
    "L2 hit": "cache: {enabled: true, l1_entries: 1, l2: redis}\ncounters: redis://127.0.0.1:%d/0",
    "proxied": "",
    "looked up": "cache: {enabled: true, max_size: 1}",
    "kept": "cache: {enabled: true}",
}
_NEW: Final = ("proxied", "looked up", "kept")
"""For questions that nobody asked before. `looked up`: no answer is small enough to be kept."""
_TIMED: Final = ("nginx, a file", "L1 hit", "L2 hit", "proxied")
_OTHER_SEED: Final = """
local seed = {first}
request = function()
  seed = seed + 1
  return wrk.format(nil, nil, nil, (wrk.body:gsub('{{', '{{"seed":' .. seed .. ',', 1)))
end
"""
_APART: Final = 10_000_000
"""Of the seeds of two turns: more than anybody answers in one."""


class Clock:
    """One connection that asks, waits for its answer, and asks again when its time has come."""

    def __init__(self, caller: Caller, requests: Sequence[bytes], taken: list[int]) -> None:
        self._caller = caller
        self._requests = requests
        self._taken = taken
        self._loop = asyncio.get_running_loop()
        caller.on_answer = self._answered
        caller.on_failure = _failed

    def begin(self, at: float, until: float) -> None:
        self._due, self._until, self._from = at, until, at + WARM_S
        self._loop.call_at(at, self._ask)

    def _ask(self) -> None:
        self._caller.send(random.choice(self._requests))  # noqa: S311 - which question is no secret

    def _answered(self, caller: Caller) -> None:
        if self._due >= self._from:
            self._taken.append(caller.done_ns - caller.sent_ns)
        self._due += EVERY_S
        if self._due < self._until:
            self._loop.call_at(self._due, self._ask)


def _failed(caller: Caller, reason: str) -> None:  # noqa: ARG001 - as it is called
    raise SystemExit(f"an arm {reason}")


class Arm:
    """One of those that answer."""

    def __init__(self, name: str, port: int, worker: int, requests: Sequence[bytes]) -> None:
        self.name = name
        self.port = port
        self.worker = worker
        self.requests = requests
        self.blocks: list[list[int]] = []
        self.cpu_us: list[float] = []
        self.new_us: list[float] = []
        """Of questions that nobody asked before."""
        self._callers: list[Caller] = []

    async def turn(self) -> None:
        if not self._callers:
            keeper = Keeper(parse_base_url(f"http://{HOST}:{self.port}")[0])
            self._callers = [Caller(keeper) for _ in range(CONNECTIONS)]
        for caller in self._callers:
            await caller.warm()
        taken: list[int] = []
        loop = asyncio.get_running_loop()
        with undisturbed():
            now = loop.time() + 0.01
            for number, caller in enumerate(self._callers):
                begun = now + EVERY_S * number / CONNECTIONS
                Clock(caller, self.requests, taken).begin(begun, begun + WARM_S + TURN_S)
            await asyncio.sleep(WARM_S + TURN_S + 0.1)
        self.blocks.append(taken)

    def burn(self, rig: Rig) -> None:
        """CPU of the worker a request, by wrk."""
        self.cpu_us.append(self._cpu_us(rig, ""))

    def burn_new(self, rig: Rig) -> None:
        """The same, with another question each time."""
        self.new_us.append(self._cpu_us(rig, _OTHER_SEED.format(first=_APART * (1 + len(self.new_us)))))

    def _cpu_us(self, rig: Rig, lua: str) -> float:
        before = cpu_of([self.worker])
        asking = Asking(rig.plan.subject.token)
        counts = wrk.drive(self.port, asking, WRK_CONNECTIONS, 1, rig.load, rig.workspace, lua)
        sleep(SETTLE_S)
        after = cpu_of(before)
        return (after[self.worker] - before[self.worker]) / counts.requests / 1000


@contextmanager
def running_redis(binary: str, place: Place, workspace: Path) -> Iterator[int]:
    port = free_port()
    command = [binary, "--port", str(port), "--save", "", "--bind", HOST]
    process = Process("redis", command, place, workspace / "redis.log")
    try:
        wait_for_port(process, port, 5.0)
        yield port
    finally:
        process.stop()


def a_file(port: int, workspace: Path) -> str:
    """As large as the answers of the others."""
    (workspace / "answer.json").write_text("x" * 340)
    return f"server {{ listen {HOST}:{port} reuseport; root {workspace}; default_type application/json; }}"


def standing_arms(rig: Rig, redis: str | None, stack: ExitStack) -> list[Arm]:
    port = free_port()
    site = stack.enter_context(running("file", port, a_file(port, rig.workspace), rig.gateway, rig.workspace))
    provider_port = free_port()
    body = instant_provider(provider_port)
    stack.enter_context(running("provider", provider_port, body, rig.load, rig.workspace))
    hop = stack.enter_context(running_hop(provider_port, rig.gateway, rig.workspace))
    get = f"GET /answer.json HTTP/1.1\r\nhost: {HOST}\r\n\r\n".encode()
    arms = [Arm("nginx, a file", site.port, site.worker, [get]), Arm("nginx proxy_pass", hop.port, hop.worker, [])]
    for name, cache in _CACHES.items():
        settings = cache
        if name == "L2 hit":
            if redis is None:
                continue
            settings = cache % stack.enter_context(running_redis(redis, rig.load, rig.workspace))
        gateway = stack.enter_context(a_gateway(name, settings, provider_port, rig))
        gateway.leave_the_core_to_the_worker(rig.load)
        bodies = [numbered_body(number) for number in range(1, QUESTIONS + 1 if name == "L2 hit" else 2)]
        authority = f"{HOST}:{gateway.port}"
        asked = [request_bytes(body, gateway.token, authority) for body in bodies]
        arms.append(Arm(name, gateway.port, gateway.worker, asked))
    return arms


@contextmanager
def a_gateway(name: str, cache: str, provider_port: int, rig: Rig) -> Iterator[Gateway]:
    folder = rig.workspace / name.replace(" ", "-")
    folder.mkdir()
    file = folder / "gossamer.yaml"
    token = rig.plan.subject.token
    file.write_text(gateway_config(1, provider_port, folder / "data", token) + cache + "\n")
    subject = Subject(f"{sys.executable} -m gossamer serve --config {file} --port {{port}}")
    with running_gateway(subject, provider_port, rig.gateway, folder) as gateway:
        yield gateway


async def measure_latency(arms: Sequence[Arm], rounds: int, chance: random.Random) -> None:
    timed = [arm for arm in arms if arm.name in _TIMED]
    for number in range(rounds + 1):
        for arm in chance.sample(timed, len(timed)):
            await arm.turn()
            if not number:
                arm.blocks.clear()  # it was filled, and warmed
        print(f"latency: round {number} of {rounds}", file=sys.stderr)


def measure_cpu(arms: Sequence[Arm], rounds: int, rig: Rig, chance: random.Random) -> None:
    """All that answer a POST; the L2 arm has one question here, which its L1 would answer."""
    burnt = [arm for arm in arms if arm.name in ("L1 hit", "proxied", "nginx proxy_pass")]
    new = [arm for arm in arms if arm.name in _NEW]
    for number in range(rounds):
        for arm in chance.sample(burnt, len(burnt)):
            arm.burn(rig)
        for arm in chance.sample(new, len(new)):
            arm.burn_new(rig)
        print(f"CPU: round {number + 1} of {rounds}", file=sys.stderr)


def show(arms: Sequence[Arm]) -> None:
    def of(arm: Arm, q: float) -> float:
        return quantile(sorted(chain.from_iterable(arm.blocks)), q) / 1e6

    base = arms[0]
    print("| arm | p50 ms | p99 ms | p50 over a file | p99 over a file | median of the rounds' p99 over a file |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for arm in arms:
        if not arm.blocks:
            continue
        beyond = [
            (quantile(sorted(mine), 0.99) - quantile(sorted(theirs), 0.99)) / 1e6
            for mine, theirs in zip(arm.blocks, base.blocks, strict=True)
        ]
        p50, p99 = of(arm, 0.5), of(arm, 0.99)
        over = f"{p50 - of(base, 0.5):+.3f} | {p99 - of(base, 0.99):+.3f} | {median(beyond):+.3f}"
        print(f"| {arm.name} | {p50:.3f} | {p99:.3f} | {over} |")
    burnt = {arm.name: median(arm.cpu_us) for arm in arms if arm.cpu_us}
    if not burnt:
        return
    print("\n| CPU of the worker a request | us | x proxied |\n| --- | ---: | ---: |")
    for name, us in burnt.items():
        print(f"| {name} | {us:.1f} | {us / burnt['proxied']:.2f} |")
    show_new({arm.name: arm.new_us for arm in arms if arm.new_us})


def show_new(burnt: dict[str, list[float]]) -> None:
    """The medians of what each round says of one arm over another."""

    def over(name: str, base: str) -> str:
        return f"{median([one - other for one, other in zip(burnt[name], burnt[base], strict=True)]):+.1f}"

    print("\n| CPU of the worker for a question that nobody asked | us | over |\n| --- | ---: | --- |")
    print(f"| no cache | {median(burnt['proxied']):.1f} | |")
    print(f"| looked up, with a place for who asks the same | {median(burnt['looked up']):.1f} | ", end="")
    print(f"{over('looked up', 'proxied')} than no cache |")
    print(f"| and its answer kept | {median(burnt['kept']):.1f} | {over('kept', 'looked up')} than looked up |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--redis", default=shutil.which("redis-server"))
    args = parser.parse_args()
    chance = random.Random(7)  # noqa: S311 - an order of arms is no secret
    plan = Plan(1, args.rounds, Subject())
    with standing_rig(plan, lambda text: print(text, file=sys.stderr), 7) as rig, ExitStack() as stack:
        urgent = rig.urgent()  # else the waits behind other processes are in the figures
        arms = standing_arms(urgent, args.redis, stack)
        with urgent.load.entered():
            uvloop.run(measure_latency(arms, args.rounds, chance))
        measure_cpu(arms, args.rounds, rig, chance)
        show(arms)


if __name__ == "__main__":
    main()
