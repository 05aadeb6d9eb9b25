"""From the start of the process to the first answered request, with a provider behind it and nothing in between.

The first start of all is thrown away: it compiles what later starts read from the disk's cache.
"""

from gossamer.bench.budgets import BUDGETS
from gossamer.bench.nginx import running_provider
from gossamer.bench.rig import Rig
from gossamer.bench.rounds import until_decided
from gossamer.bench.statistics import median_interval
from gossamer.bench.subject import running_gateway
from gossamer.bench.verdict import Result

NAME = "start"
STARTS = 5


def measure(rig: Rig) -> Result:
    """Starts one after the other."""
    taken_s: list[float] = []
    with running_provider(rig.load, rig.workspace) as provider:

        def start() -> float:
            with running_gateway(rig.plan.subject, provider.port, rig.gateway, rig.workspace) as gateway:
                return gateway.start_s

        def take_round() -> None:
            taken_s.append(start())
            rig.say(f"{NAME}  start {len(taken_s)}: {taken_s[-1]:.2f} s")

        first_s = start()
        budget = BUDGETS[NAME]
        answer, interval = until_decided(
            take_round, lambda: median_interval(taken_s), budget.limit, STARTS, rig.deadline
        )
    note = f"the first start of this run, thrown away, took {first_s:.2f} s"
    return Result(NAME, budget, answer, interval, (note,), {"start_s": taken_s})
