"""CPU of the worker per SSE event, beside nginx with `proxy_buffering off`.

200 streams in waves: all start together, 64 tokens 10 ms apart, the next wave after the last stream. Counted is what
arrived. The cost of the requests themselves is in the figure, spread over the 66 events of each. The worker has a core
of its own, as nginx's has.
"""

from dataclasses import replace

from gossamer.bench.busy import busy
from gossamer.bench.cpu_ratio import Arm, compare
from gossamer.bench.driver import Driver, running_load
from gossamer.bench.errors import BenchError, RigBroken, SubjectBroken
from gossamer.bench.nginx import running_hop
from gossamer.bench.orders import Opened, Waves, WavesDone, open_local
from gossamer.bench.rig import Rig, running_standin
from gossamer.bench.subject import running_gateway
from gossamer.bench.traffic import STREAM_EVENTS, STREAM_GAP_S
from gossamer.bench.verdict import Result

NAME = "chunk-cpu"
STREAMS = 200
_WAVE_S = STREAM_EVENTS * STREAM_GAP_S


def measure(rig: Rig) -> list[Result]:
    """Both arms keep their 200 connections for the whole measure."""
    place, workspace = rig.gateway, rig.workspace
    with (
        running_standin("fast", rig) as (standin, provider_port),
        running_hop(provider_port, place, workspace, buffering=False) as hop,
        running_gateway(rig.plan.subject, provider_port, place, workspace) as gateway,
        running_load(rig.load, workspace) as driver,
    ):
        gateway.leave_the_core_to_the_worker(rig.load)
        through_gateway = Streams(driver, "gateway", gateway.port, rig.plan.subject.token, SubjectBroken)
        through_hop = Streams(driver, "nginx", hop.port, rig.plan.subject.token, RigBroken)
        waves = max(1, round(rig.plan.seconds / _WAVE_S))
        with busy(standin, driver.process) as helpers:
            (result,) = compare(
                rig,
                NAME,
                "chunk",
                Arm(gateway.process.pid, gateway.worker, lambda: through_gateway.run(waves)),
                Arm(hop.process.pid, hop.worker, lambda: through_hop.run(waves)),
                only_dearer=False,  # who had to wait finds several chunks at once, which cost little more than one
            )
        lumped = f"reads an event at the client: gateway {through_gateway.lumping:.2f}, nginx {through_hop.lumping:.2f}"
        return [replace(result, notes=(*result.notes, lumped, helpers.note()))]


class Streams:
    """One arm's waves."""

    def __init__(self, driver: Driver, arm: str, port: int, token: str, blame: type[BenchError]) -> None:
        self._driver = driver
        self._arm = arm
        self._blame = blame
        self._events = 0
        self._reads = 0
        driver.tell(open_local(arm, port, STREAMS, token), Opened, blame)
        self.run(1)

    def run(self, waves: int) -> int:
        """Events that arrived; every stream must have brought all of its own."""
        done = self._driver.tell(Waves(self._arm, waves), WavesDone, self._blame)
        if done.events < done.streams * STREAM_EVENTS:
            raise self._blame(
                f"{self._arm}: {done.events} events arrived where {done.streams} streams of {STREAM_EVENTS} were sent"
            )
        self._events += done.events
        self._reads += done.reads
        return done.events

    @property
    def lumping(self) -> float:
        """Reads of the client for each event: below one, events were held back and came together."""
        return self._reads / self._events
