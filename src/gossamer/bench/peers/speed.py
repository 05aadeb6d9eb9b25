"""How fast each way goes on one core: wrk in front, nginx that answers at once behind, in turns.

The mock of the other lanes is Python on the load's core and would be the limit of every quick gateway. So it gives up
its port to an nginx, and who was started in front of the one is asked in front of the other.
"""

import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence

from gossamer.bench import wrk
from gossamer.bench.arms import Way
from gossamer.bench.errors import BenchError
from gossamer.bench.measures.request_cpu import provider_requests
from gossamer.bench.nginx import instant_provider, running
from gossamer.bench.provider import Provider
from gossamer.bench.record import Role, Speed
from gossamer.bench.rig import Rig
from gossamer.bench.subject import Asking
from gossamer.bench.usage import cpu_now, memory_now, spent_ns
from gossamer.http.origin import parse_base_url

CONNECTIONS = 64
SECONDS, SLOW_SECONDS = 2, 6
MANY = 500
"""Answers in the turn that warms: whoever gives fewer gets the longer turns."""
ROUNDS = 6
"""From six on, a signed-rank interval holds 95 %."""
_REST_S = 0.1
_IDLE = 0.2
"""Of a core: background work goes on."""
_SETTLED_WITHIN_S = 5.0
NEEDS = {"wrk": "wrk", "nginx": "nginx-light"}


def why_not() -> str:
    """What this machine lacks for it."""
    lacks = [package for program, package in NEEDS.items() if shutil.which(program) is None]
    return f"full speed is not measured: apt-get install {' '.join(lacks)}" if lacks else ""


def take_speeds(
    rig: Rig, ways: Sequence[Way], provider: Provider, seed: int, say: Callable[[str], None]
) -> Iterator[Speed]:
    """One turn to find the new provider and to warm, which does not count, then the rounds."""
    provider.process.stop()
    folder = rig.workspace / "instant"
    folder.mkdir()
    chosen = [way for way in ways if way.arm.role is not Role.AGAIN]
    chance = random.Random(f"{seed}/speed")  # noqa: S311 - an order of turns is no secret
    body = instant_provider(provider.port)
    with running("instant provider", provider.port, body, rig.load, folder):
        say("full speed, warming")
        warmed = {way.arm.name: _turn(rig, way, provider.port, -1, SECONDS).requests for way in chosen}
        for turn in range(ROUNDS):
            say(f"full speed, round {turn + 1} of {ROUNDS}")
            for way in chance.sample(chosen, len(chosen)):
                seconds = SECONDS if warmed[way.arm.name] >= MANY else SLOW_SECONDS
                yield _turn(rig, way, provider.port, turn, seconds)


def _turn(rig: Rig, way: Way, port: int, turn: int, seconds: int) -> Speed:
    origin, prefix = parse_base_url(way.arm.url)
    asking = Asking(way.token, way.model, way.headers, f"{prefix.decode('ascii')}/chat/completions")
    try:
        way.check()
        before, reached = cpu_now(way), provider_requests(port)
        counts = wrk.drive(origin.port, asking, CONNECTIONS, seconds, rig.load, rig.workspace)
        _let_settle(way)
    except BenchError as error:
        return Speed(turn, way.arm.name, reason=str(error))
    if counts.refused or counts.broken or not counts.requests:
        reason = f"of {counts.requests} requests {counts.refused} were refused and {counts.broken} broke off"
        return Speed(turn, way.arm.name, counts.requests, float(seconds), reason=reason)
    spent, _ = spent_ns(way, before, cpu_now(way))
    worked_on = max(counts.requests, provider_requests(port) - reached - 1)
    return Speed(turn, way.arm.name, counts.requests, float(seconds), spent, memory_now(way), worked_on)


def _let_settle(way: Way) -> None:
    """Until it works no longer: what wrk left unanswered at its end is not to fall into the next one's turn."""
    deadline = time.monotonic() + _SETTLED_WITHIN_S
    while time.monotonic() < deadline:
        before = cpu_now(way)
        time.sleep(_REST_S)
        if spent_ns(way, before, cpu_now(way))[0] < _IDLE * _REST_S * 1e9:
            return
