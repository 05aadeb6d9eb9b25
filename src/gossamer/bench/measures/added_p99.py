"""What the gateway adds to the 99th percentile of latency, 100 requests in flight, a provider of 40 to 60 ms.

Blocks of direct, gateway, nginx and direct again, shuffled in each round. Of each request the provider's own time,
which its number determines, is taken off first: otherwise the spread of the provider would hide the gateway's tail.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from gossamer.bench.budgets import BUDGETS
from gossamer.bench.busy import busy
from gossamer.bench.driver import Driver, running_load
from gossamer.bench.errors import BenchError, RigBroken, SubjectBroken
from gossamer.bench.nginx import running_hop
from gossamer.bench.orders import Opened, Paced, PacedDone, open_local
from gossamer.bench.placement import may_be_urgent
from gossamer.bench.rig import Rig, running_standin
from gossamer.bench.rounds import until_decided
from gossamer.bench.statistics import Interval, hodges_lehmann, quantile
from gossamer.bench.subject import running_gateway
from gossamer.bench.tails import added
from gossamer.bench.verdict import Answer, Result

NAME = "added-p99"
CONNECTIONS = 100
WARM, KEPT, COOL = 100, 800, 100
"""Half a second a block. 15 rounds keep 12,000 requests an arm, 120 of them above the 99th percentile."""
Q = 0.99
DRAWS = 2000
_MS_IN_NS = 1e-6
DIRECT, AGAIN, GATEWAY, HOP = "direct", "direct again", "gateway", "nginx"


@dataclass(slots=True)
class LatencyArm:
    """One way to the provider, and the blocks that went it."""

    driver: Driver
    name: str
    blame: type[BenchError]
    blocks: list[list[int]] = field(default_factory=list)

    def block(self) -> None:
        """The numbers, and so the service times, are those of the round: the same for all arms."""
        first = len(self.blocks) * (WARM + KEPT + COOL)
        done = self.driver.tell(Paced(self.name, first, WARM, KEPT, COOL), PacedDone, self.blame)
        self.blocks.append(done.beyond_ns)


def measure(rig: Rig) -> list[Result]:
    """All arms keep their connections for the whole measure."""
    rig = rig.urgent()
    place, workspace = rig.gateway, rig.workspace
    with (
        running_standin("precise", rig) as (standin, provider_port),
        running_hop(provider_port, place, workspace) as hop,
        running_gateway(rig.plan.subject, provider_port, place, workspace) as gateway,
        running_load(rig.load, workspace) as driver,
    ):
        ports = {DIRECT: provider_port, AGAIN: provider_port, HOP: hop.port, GATEWAY: gateway.port}
        arms = {}
        for name, port in ports.items():
            blame = SubjectBroken if name == GATEWAY else RigBroken
            driver.tell(open_local(name, port, CONNECTIONS, rig.plan.subject.token), Opened, blame)
            arms[name] = LatencyArm(driver, name, blame)
        with busy(standin, driver.process) as helpers:
            result = _compare(rig, arms)
        return [replace(result, notes=(*result.notes, *_priority_notes(), helpers.note()))]


def _compare(rig: Rig, arms: dict[str, LatencyArm]) -> Result:
    budget, rounds = BUDGETS[NAME], rig.rounds()
    turns = {name: arm.block for name, arm in arms.items()}

    def take_round() -> None:
        rounds.take(turns)
        rig.say(f"{NAME}  round {len(rounds.shares)}: {rounds.last}")

    def counted() -> Blocks:
        return {name: rounds.counted(arm.blocks) for name, arm in arms.items()}

    def look() -> tuple[Answer, Interval]:
        interval = added_ms(Q, counted(), GATEWAY, rig.chance)
        return rounds.judge(interval, budget.limit), interval

    answer, interval = until_decided(take_round, look, rig.plan.rounds, rig.deadline)
    series = _series({name: arm.blocks for name, arm in arms.items()})
    series |= {"neighbours_share": rounds.shares, "pace_ms": rounds.paces_ms}
    return Result(NAME, budget, answer, interval, (*_notes(counted(), rig.chance), *rounds.notes()), series)


Blocks = Mapping[str, list[list[int]]]
"""Of each arm, its blocks of nanoseconds."""


def added_ms(q: float, blocks: Blocks, through: str, chance: random.Random) -> Interval:
    """Against both direct arms together; against the first alone where the second is the one in question."""
    base = blocks[DIRECT] if through == AGAIN else [a + b for a, b in zip(blocks[DIRECT], blocks[AGAIN], strict=True)]
    return added(q, base, blocks[through], chance, DRAWS).interval.times(_MS_IN_NS)


def added_median_ms(blocks: Blocks, through: str) -> Interval:
    """The centre needs no pooling: the blocks' medians, round by round."""
    base, hop = ([quantile(sorted(block), 0.5) for block in blocks[name]] for name in (DIRECT, through))
    return hodges_lehmann([there - here for here, there in zip(base, hop, strict=True)]).times(_MS_IN_NS)


def _notes(blocks: Blocks, chance: random.Random) -> tuple[str, ...]:
    arms = (GATEWAY, HOP, AGAIN)
    p50 = {name: added_median_ms(blocks, name) for name in arms}
    p99 = {name: added_ms(Q, blocks, name, chance) for name in arms}
    return _note(0.5, blocks, p50), _note(Q, blocks, p99)


def _note(q: float, blocks: Blocks, found_ms: Mapping[str, Interval]) -> str:
    direct_ms = quantile(sorted(chain.from_iterable(blocks[DIRECT])), q) * _MS_IN_NS
    shown = ", ".join(f"{name} {i.centre:+.3f} ({i.low:+.3f} .. {i.high:+.3f})" for name, i in found_ms.items())
    return f"p{q * 100:g}, ms beyond the provider's own time: direct {direct_ms:.3f}; added: {shown}"


def _priority_notes() -> tuple[str, ...]:
    if may_be_urgent():
        return ()
    return ("run as root for a sharper figure: without real-time priority the waits behind other processes are in it",)


def _series(blocks: Blocks) -> dict[str, list[float]]:
    return {f"{name}_p99_ms": [quantile(sorted(b), Q) * _MS_IN_NS for b in rows] for name, rows in blocks.items()}
