"""What the gate tells the load process and what it hears back: one JSON object a line, over the pipes between them."""

import msgspec


class Open(msgspec.Struct, tag="open", frozen=True):
    """Warm connections to an arm, kept for the whole run."""

    arm: str
    port: int
    connections: int
    token: str


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


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """An order that an arm did not let us carry out."""

    reason: str


Order = Open | Paced | Waves
Report = Opened | PacedDone | WavesDone | Failed
