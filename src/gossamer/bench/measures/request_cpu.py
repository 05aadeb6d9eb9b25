"""CPU of the worker per chat request, beside what nginx `proxy_pass` spends on the same one.

Warm keep-alive connections from wrk, an instant provider. What was answered without the provider is an error.
The worker has a core of its own, as nginx's has; the gateway's other processes share that of load and provider.
"""

import http.client
from contextlib import closing

from gossamer.bench import wrk
from gossamer.bench.cpu_ratio import Arm, compare
from gossamer.bench.errors import BenchError, RigBroken, SubjectBroken
from gossamer.bench.nginx import Nginx, running_hop, running_provider
from gossamer.bench.processes import HOST
from gossamer.bench.rig import Rig
from gossamer.bench.subject import Asking, running_gateway
from gossamer.bench.verdict import Result

NAME = "request-cpu"
NODE = "node-cpu"
"""All processes of the gateway, the recorder too, from the same rounds."""
CONNECTIONS = 64
WARM_S = 1


def measure(rig: Rig) -> list[Result]:
    """Both arms stand for the whole measure and work in turns."""
    place, workspace = rig.gateway, rig.workspace
    with (
        running_provider(rig.load, workspace) as provider,
        running_hop(provider.port, place, workspace) as hop,
        running_gateway(rig.plan.subject, provider.port, place, workspace) as gateway,
    ):
        gateway.leave_the_core_to_the_worker(rig.load)
        through_gateway = Turn(rig, provider, gateway.port, SubjectBroken)
        through_hop = Turn(rig, provider, hop.port, RigBroken)
        through_hop.run(WARM_S)
        through_gateway.run(WARM_S)
        return compare(
            rig,
            NAME,
            "request",
            Arm(gateway.process.pid, gateway.worker, lambda: through_gateway.run(rig.plan.seconds)),
            Arm(hop.process.pid, hop.worker, lambda: through_hop.run(rig.plan.seconds)),
            node=NODE,
        )


class Turn:
    """One arm under wrk, with the provider as witness."""

    def __init__(self, rig: Rig, provider: Nginx, port: int, blame: type[BenchError]) -> None:
        self._rig = rig
        self._provider = provider
        self._port = port
        self._blame = blame

    def run(self, seconds: int) -> int:
        """Requests that were answered, all of them by the provider."""
        before = provider_requests(self._provider.port)
        rig = self._rig
        counts = wrk.drive(self._port, Asking(rig.plan.subject.token), CONNECTIONS, seconds, rig.load, rig.workspace)
        reached = provider_requests(self._provider.port) - before
        if complaint := wrong_with(counts, reached):
            raise self._blame(complaint)
        return counts.requests


def wrong_with(counts: wrk.Counts, reached_provider: int) -> str | None:
    """Why a turn cannot be believed, if it cannot."""
    if counts.refused or counts.broken:
        return f"of {counts.requests} requests {counts.refused} were refused and {counts.broken} broke off"
    if counts.requests == 0:
        return "not one request was answered"
    if reached_provider < counts.requests:
        return (
            f"{counts.requests} requests were answered and only {reached_provider} reached the provider: is a cache on?"
        )
    return None


def provider_requests(port: int) -> int:
    """How many requests the provider has counted, this question included."""
    with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
        connection.request("GET", "/status")
        return int(connection.getresponse().read().splitlines()[2].split()[2])
