"""From the start of the process to the first answered request, with a provider behind it and nothing in between.

The first start of all is thrown away: it compiles what later starts read from the disk's cache.
"""

from gossamer.bench.budgets import BUDGETS
from gossamer.bench.nginx import running_provider
from gossamer.bench.rig import Rig
from gossamer.bench.rounds import until_decided
from gossamer.bench.statistics import Interval, median_interval
from gossamer.bench.subject import running_gateway
from gossamer.bench.verdict import Answer, Result

NAME = "start"
STARTS = 5


def measure(rig: Rig) -> list[Result]:
    """Starts one after the other."""
    budget, rounds = BUDGETS[NAME], rig.rounds()
    taken_s: list[float] = []
    with running_provider(rig.load, rig.workspace) as provider:

        def start() -> None:
            with running_gateway(rig.plan.subject, provider.port, rig.gateway, rig.workspace) as gateway:
                taken_s.append(gateway.start_s)

        def take_round() -> None:
            rounds.take({"gateway": start})
            rig.say(f"{NAME}  start {len(taken_s)}: {taken_s[-1]:.2f} s")

        def look() -> tuple[Answer, Interval]:
            interval = median_interval(taken_s)
            return rounds.judge(interval, budget.limit), interval

        start()
        first_s = taken_s.pop()
        answer, interval = until_decided(take_round, look, STARTS, rig.deadline)
    note = f"the first start of this run, thrown away, took {first_s:.2f} s"
    return [Result(NAME, budget, answer, interval, (note, *rounds.notes()), {"start_s": taken_s})]
