"""Takes every sink away at once for some minutes while requests go on, and says what a worker feels of it: nothing.

    PYTHONPATH=src:. python -m benchmarks.outage --minutes 10 --rate 500

Gone are Postgres, ClickHouse and Kafka; the files of usage and sessions are held by somebody. Before, meanwhile and
afterwards requests come evenly, and each is timed from when it was due. In the end all that was answered is counted
wherever it has to be: in the journal, the metrics, the traces, the audit events and the sums.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.paced import Taken, run
from tests.real.postgres import running_postgres
from tests.system.full_site import ASK, FullSite, full_site
from tests.system.gateway import TOKEN
from tests.system.process_figures import resident_bytes

CONNECTIONS = 50
WARM_S = 5
"""Code is loaded, and memory is where it stays."""
BESIDE_S = 30
"""Before and after the outage, at most: as long as that, where it is shorter."""
LOOK_EVERY_S = 0.25
CAUGHT_UP_S = 900.0
MEGABYTE = 1024 * 1024
NS_PER_MS = 1e6


class Phase(NamedTuple):
    name: str
    taken: list[Taken]
    most_bytes: int
    """That any worker held."""

    def p(self, share: float) -> float:
        """In milliseconds."""
        sorted_ns = sorted(each.ns for each in self.taken)
        return sorted_ns[round((len(sorted_ns) - 1) * share)] / NS_PER_MS


class Outcome(NamedTuple):
    phases: list[Phase]
    answered: int
    counts: Mapping[str, int]
    caught_up_s: Mapping[str, float]
    """How long after the last answer; below nothing is before it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0, help="of the outage")
    parser.add_argument("--rate", type=int, default=500, help="requests a second")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres() as postgres,
        full_site(Path(folder), postgres, workers=1) as site,
    ):
        outcome = measure(site, args.rate, args.minutes * 60)
    print(table(outcome))
    if set(outcome.counts.values()) != {outcome.answered}:
        sys.exit("they do not agree")


def measure(site: FullSite, rate: int, outage_s: float) -> Outcome:
    beside_s = min(BESIDE_S, outage_s)
    load(site, rate, WARM_S)
    phases = [phase("before", site, rate, beside_s)]
    with site.without_any_sink():
        phases.append(phase("meanwhile", site, rate, outage_s))
    began = time.monotonic()
    phases.append(phase("afterwards", site, rate, beside_s))
    answered = rate * WARM_S + sum(len(each.taken) for each in phases)
    caught_up_s = {name: after - beside_s for name, after in waited(site, answered, began)}
    return Outcome(phases, answered, {name: count() for name, count in counters(site).items()}, caught_up_s)


def phase(name: str, site: FullSite, rate: int, seconds: float) -> Phase:
    with watched(site) as most_bytes:
        taken = load(site, rate, seconds)
    return Phase(name, taken, max(most_bytes))


def load(site: FullSite, rate: int, seconds: float) -> list[Taken]:
    body = msgspec.json.encode(ASK)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {TOKEN}\r\n"
    request = f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    taken = run(site.gateway.port, [request] * round(rate * seconds), CONNECTIONS, rate)
    assert all(each.status == 200 for each in taken)
    return taken


@contextmanager
def watched(site: FullSite) -> Iterator[list[int]]:
    """What the largest worker held, again and again."""
    is_over = threading.Event()
    found: list[int] = []

    def look() -> None:
        while not is_over.wait(LOOK_EVERY_S):
            found.append(max(map(resident_bytes, site.gateway.workers)))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        is_over.set()
        looking.join()


def counters(site: FullSite) -> dict[str, Callable[[], int]]:
    """Of requests, by each who has to know them all."""
    return {
        "journal lines": site.journal_lines,
        "metrics": site.counted,
        "usage": site.used,
        "traces": lambda: site.traces()[1],
        "audit events": lambda: len(site.events()),
    }


def waited(site: FullSite, answered: int, began: float) -> Iterator[tuple[str, float]]:
    """When each had all of them, in seconds from then on."""
    missing = counters(site)
    until = time.monotonic() + CAUGHT_UP_S
    while missing and time.monotonic() < until:
        for name in [name for name, count in missing.items() if count() >= answered]:
            del missing[name]
            yield name, time.monotonic() - began
        time.sleep(LOOK_EVERY_S)


def table(outcome: Outcome) -> str:
    lines = [f"{'':<12} {'requests':>9} {'p50 ms':>7} {'p99 ms':>7} {'worker MB':>10}"]
    for each in outcome.phases:
        size = each.most_bytes / MEGABYTE
        lines.append(f"{each.name:<12} {len(each.taken):>9} {each.p(0.5):>7.2f} {each.p(0.99):>7.2f} {size:>10.1f}")
    lines.append(f"{'answered':<14} {outcome.answered:>9}")
    for name, count in outcome.counts.items():
        when = f"caught up {max(0.0, outcome.caught_up_s.get(name, CAUGHT_UP_S)):.1f} s after the last answer"
        lines.append(f"{name:<14} {count:>9}  {when}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
