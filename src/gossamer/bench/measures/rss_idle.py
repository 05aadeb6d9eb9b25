"""Memory of a worker that has started, answered one request and rests."""

import time

from gossamer.bench.budgets import BUDGETS
from gossamer.bench.kernel import memory_bytes
from gossamer.bench.nginx import running_provider
from gossamer.bench.rig import Rig
from gossamer.bench.rounds import until_decided
from gossamer.bench.statistics import Interval, median, median_interval
from gossamer.bench.subject import running_gateway
from gossamer.bench.verdict import Answer, Result, judge

NAME = "rss-idle"
STARTS = 5
REST_S = 0.5
"""What is put off until after the first answer (a journal write, a watch stream) has happened by then."""
_MB = 1e6


def measure(rig: Rig) -> list[Result]:
    """A fresh process for each reading: within one, memory does not vary."""
    budget = BUDGETS[NAME]
    rss_mb: list[float] = []
    node_mb: list[float] = []
    with running_provider(rig.load, rig.workspace) as provider:

        def take_round() -> None:
            with running_gateway(rig.plan.subject, provider.port, rig.gateway, rig.workspace) as gateway:
                time.sleep(REST_S)
                rss_mb.append(memory_bytes(gateway.worker)["Rss"] / _MB)
                node_mb.append(sum(memory_bytes(pid)["Pss"] for pid in gateway.node()) / _MB)
            rig.say(f"{NAME}  start {len(rss_mb)}: {rss_mb[-1]:.1f} MB")

        def look() -> tuple[Answer, Interval]:
            interval = median_interval(rss_mb)
            return judge(interval, budget.limit), interval

        answer, interval = until_decided(take_round, look, STARTS, rig.deadline)
    note = f"all processes of the gateway together {median(node_mb):.1f} MB (shared pages counted once)"
    return [Result(NAME, budget, answer, interval, (note,), {"rss_mb": rss_mb, "node_pss_mb": node_mb})]
