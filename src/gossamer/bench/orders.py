"""What the load process is told and what is heard back: one JSON object a line, over the pipes between them."""

import msgspec

from gossamer.bench.cells import Cell
from gossamer.bench.processes import HOST
from gossamer.bench.record import Sample
from gossamer.bench.traffic import MODEL


class Open(msgspec.Struct, tag="open", frozen=True):
    """Warm connections to an arm, kept for the whole run."""

    arm: str
    base_url: str
    """Up to and with /v1."""
    connections: int
    token: str
    model: str
    extra_headers: tuple[tuple[str, str], ...] = ()
    says: str = ""
    """The header in which its answers tell what they cost, in milliseconds; empty: one of the known ones."""


def open_local(arm: str, port: int, connections: int, token: str) -> Open:
    """An arm of the budget gate, on this machine."""
    return Open(arm, f"http://{HOST}:{port}/v1", connections, token, MODEL)


class Measure(msgspec.Struct, tag="measure", frozen=True):
    """One block of a cell, with as many connections as it has. Failures are counted, not fatal."""

    arm: str
    cell: Cell
    first_number: int
    begin_within_s: float
    """No request begins later: a slow way gives fewer samples, not a long run."""


class Paced(msgspec.Struct, tag="paced", frozen=True):
    """A closed loop of numbered requests. `warm` and `cool` of them, first and last, are not kept."""

    arm: str
    first_number: int
    warm: int
    kept: int
    cool: int


class Waves(msgspec.Struct, tag="waves", frozen=True):
    """All connections start a stream together, `waves` times, each wave after the last stream of the one before."""

    arm: str
    waves: int


class Opened(msgspec.Struct, tag="opened", frozen=True):
    """All connections stand."""


class PacedDone(msgspec.Struct, tag="paced-done", frozen=True):
    """Of each kept request, in the order of their numbers: the time it took beyond the provider's own."""

    beyond_ns: list[int]
    seconds: float


class WavesDone(msgspec.Struct, tag="waves-done", frozen=True):
    """`events` is what arrived; `reads` how often data came: fewer reads than events means that they were lumped."""

    streams: int
    events: int
    reads: int
    seconds: float


class Measured(msgspec.Struct, tag="measured", frozen=True):
    """What came of a `Measure`."""

    sample: Sample


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """An order that an arm did not let us carry out."""

    reason: str


Order = Open | Measure | Paced | Waves
Report = Opened | Measured | PacedDone | WavesDone | Failed
