"""What a route costs beside a plain model, in one run: CPU a request, overhead, the step from one target to the next.

    PYTHONPATH=src:. python -m benchmarks.routing [--rounds 9] [--seconds 2]

One gateway with one worker on the first core; nginx as provider, the load (wrk, and a steady pace) on the second. Each
round asks every way once, so that a slow moment cancels out. What a step takes is read from the journal: the time
between the first attempt and the answer, less what the attempts took. Needs wrk and nginx.
"""

import argparse
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.paced import run
from gossamer.bench.kernel import cpu_ns
from gossamer.bench.nginx import running_provider
from gossamer.bench.placement import NICE, Place
from gossamer.bench.statistics import median, quantile
from gossamer.bench.traffic import CHAT_BODY, PATH
from gossamer.core.record import Record
from tests.system.gateway import TOKEN, Gateway, start_gateway

WORKER_CORE, LOAD_CORE = 0, 1
PACE_PER_S = 1000
ASKED: Final = '"model":"gpt-4o-mini"'
"""As the body that wrk sends names its model."""
PLAIN: Final = "plain"
TARGETS: Final = ["up/a", "up/b", "up/c"]
WAYS: Final[Mapping[str, Any]] = {
    PLAIN: "up/a",
    "fallback": {"targets": TARGETS},
    "weighted": {"targets": TARGETS, "strategy": "weighted"},
    "round-robin": {"targets": TARGETS, "strategy": "round-robin"},
    "least-busy": {"targets": TARGETS, "strategy": "least-busy"},
    "lowest-latency": {"targets": TARGETS, "strategy": "lowest-latency"},
    "sticky": {"targets": TARGETS, "strategy": "weighted", "sticky": "key"},
    "first-one-down": {"targets": ["down/a", "up/a"]},
}
REFUSED_MODELS, REFUSED_EACH = 60, 8
"""Of routes whose first target refuses connections, and how often each is asked: its circuit opens at the tenth."""


class Rig(NamedTuple):
    gateway: Gateway
    worker: int
    home: Path
    seconds: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2)
    words = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    os.setpriority(os.PRIO_PROCESS, 0, NICE)
    home = Path(tempfile.mkdtemp(prefix="routing-"))
    try:
        with rig(home, words.seconds) as found:
            show_steps(found)
            show_cpu(found, words.rounds)
            show_overhead(found, words.rounds)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def rig(home: Path, seconds: int) -> Iterator[Rig]:
    with running_provider(Place(LOAD_CORE), home) as provider, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        kind = {"kind": "openai-compatible"}
        config = {
            "providers": {
                "up": {**kind, "base_url": f"http://127.0.0.1:{provider.port}/v1"},
                "down": {**kind, "base_url": f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"},
            },
            "models": {
                **WAYS,
                **{f"r{n}": {"targets": [f"down/r{n}", "up/a"]} for n in range(REFUSED_MODELS)},
            },
            "keys": [{"name": "bench", "token": TOKEN}],
        }
        with start_gateway(home, config) as gateway:
            (worker,) = gateway.workers
            os.sched_setaffinity(worker, {WORKER_CORE})
            yield Rig(gateway, worker, home, seconds)


def show_steps(rig: Rig) -> None:
    """From a refused connection to the next target's request, while the circuit is closed."""
    models = [f"r{n}" for n in range(REFUSED_MODELS)] * REFUSED_EACH
    steps = sorted(step_us(each) for each in paced(rig, models, 100) if len(each.attempts) == 2)
    assert len(steps) > len(models) / 2, "too few of them were asked twice"
    print(
        f"step to the next target after a refused connection: p50 {quantile(steps, 0.5):.0f} us, "
        f"p99 {quantile(steps, 0.99):.0f} us of {len(steps)}   (budget: 1000 us)",
        flush=True,
    )


def step_us(record: Record) -> float:
    provider_ns = record.total_ns - record.overhead_ns
    return (provider_ns - sum(attempt.duration_ns for attempt in record.attempts)) / 1000


def show_cpu(rig: Rig, rounds: int) -> None:
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds + 1):
        for way, taken in found.items():
            taken.append(cpu_us(rig, way))
    for way, taken in found.items():
        del taken[0]  # it warms
        more = median([one - plain for one, plain in zip(taken, found[PLAIN], strict=True)])
        budget = "" if way == PLAIN else f"   {more:+.1f} us, middle of {rounds} rounds (budget: +5 us)"
        print(f"{way:<16} {median(taken):6.1f} us of CPU a request{budget}", flush=True)


def cpu_us(rig: Rig, way: str) -> float:
    script = rig.home / f"{way}.lua"
    body = CHAT_BODY.replace(ASKED, f'"model":"{way}"')
    assert way in body, "the body names its model in another way"
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = [==[{body}]==]\n"
        f'wrk.headers["Authorization"] = "Bearer {TOKEN}"\nwrk.headers["Content-Type"] = "application/json"\n'
        'function done(all) io.write(string.format("counts %d %d", all.requests, all.errors.status)) end\n'
    )
    url = f"http://127.0.0.1:{rig.gateway.port}{PATH}"
    before = cpu_ns(rig.worker)
    words = ["wrk", "-t1", "-c64", f"-d{rig.seconds}s", "-s", str(script), url]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    count, bad = map(int, out.rpartition("counts ")[2].split())
    assert bad == 0, f"{bad} of {count} were refused"
    return (cpu_ns(rig.worker) - before) / count / 1000


def show_overhead(rig: Rig, rounds: int) -> None:
    found: dict[str, list[float]] = {PLAIN: [], "round-robin": []}
    for _ in range(rounds):
        for way, p99s in found.items():
            taken = sorted(each.overhead_ns / 1e6 for each in paced(rig, [way] * PACE_PER_S, PACE_PER_S))
            p99s.append(quantile(taken, 0.99))
    added = [one - plain for one, plain in zip(found["round-robin"], found[PLAIN], strict=True)]
    print(
        f"overhead p99 at {PACE_PER_S}/s: plain {median(found[PLAIN]):.3f} ms, with rotation "
        f"{median(found['round-robin']):.3f} ms; added {median(added):+.3f} ms   (budget: 0.1 ms)",
        flush=True,
    )


def paced(rig: Rig, models: list[str], per_s: float) -> list[Record]:
    """Their records, in no order."""
    answers = run(rig.gateway.port, [request(model) for model in models], 100, per_s)
    assert {each.status for each in answers} == {200}, "not all were answered"
    records: list[Record] = rig.gateway.records()[-len(models) :]
    return records


def request(model: str) -> bytes:
    body = CHAT_BODY.replace(ASKED, f'"model":"{model}"')
    return (
        f"POST {PATH} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n{body}"
    ).encode()


if __name__ == "__main__":
    main()
