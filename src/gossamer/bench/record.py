"""The result of a run as it is kept: versioned, JSON, the source of every figure and page.

Samples are whole nanoseconds, one a request, so that quantiles are exact. Times of day are for people only.
"""

from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import msgspec

from gossamer.bench.cells import Cell
from gossamer.bench.errors import RigBroken

FORMAT = 1
"""Raised when a reader of the old one would misread the new one."""
KIND = "gossamer-bench-run"


class Role(StrEnum):
    """Which part a way plays. There is one of each but gateways, of which there may be several."""

    DIRECT = "direct"
    AGAIN = "direct again"
    HOP = "hop"
    BASE = "base"
    GATEWAY = "gateway"


class Arm(msgspec.Struct, frozen=True):
    """One way to the provider. `says` is what is on in it, where the bench knows."""

    name: str
    role: Role
    url: str
    what: str
    says: tuple[str, ...] = ()


class Spread(msgspec.Struct, frozen=True):
    """Of many small times, what is kept: nanoseconds."""

    count: int
    p50: int
    p90: int
    p99: int
    top: int


class Streams(msgspec.Struct, frozen=True):
    """What came of the streams of a block."""

    events: int
    """That arrived."""
    reads: int
    """How often bytes came: fewer reads than events means that they were lumped."""
    events_of: list[int]
    """Of each kept request."""
    unended: int
    """Without the mark that ends a stream."""
    gaps: int
    """Between two events that the provider sent well apart."""
    shrunk: int
    """Those that were less than half as long at the client: what came before was held back."""
    first_content_ns: list[int]
    """Until the first event with words in it."""
    delay_ns: Spread | None = None
    """From the provider's stamp on an event to its arrival; None where the stamps did not come through."""


class Sample(msgspec.Struct, frozen=True):
    """What the load process tells of one block. Lists are parallel: one entry for each kept request with an answer."""

    numbers: list[int]
    took_ns: list[int]
    """Until the last byte; from the time that was intended, where the loop is open."""
    first_ns: list[int]
    """Until the first byte."""
    service_ns: list[int]
    """The provider's own until its first byte, by its stamps; empty where they did not come through."""
    whole_service_ns: list[int]
    """The same until its last."""
    request_path_ns: Spread | None
    response_path_ns: Spread | None
    statuses: dict[str, int]
    failures: dict[str, int]
    """Answers that never came, by reason."""
    hidden_errors: int
    """Answers of 200 with an error in them."""
    refused: int
    """Connections that were not taken: no answer was due, so these are not failures of a request."""
    self_ns: Spread | None
    """What the answers themselves say that they cost."""
    stages_ns: dict[str, int]
    """By `Server-Timing`: medians."""
    streams: Streams | None
    send_lag_ns: Spread | None
    """Actual less intended, where the loop is open."""
    loop_lag_ns: int
    """The worst that a timer of the load process was late."""
    seconds: float
    answered: int
    """Requests with an answer, those that are not kept too: what CPU is divided by."""


class Costs(msgspec.Struct, frozen=True):
    """What the processes took while a block ran."""

    cpu_ns: int
    """All processes of the way; 0 where they cannot be seen."""
    worker_cpu_ns: int
    """The one that holds the clients' connections."""
    rss_bytes: int
    load_share: float
    """Of the core of load and provider."""
    reached: int
    """Requests that the provider counted."""
    metrics_ns: dict[str, int] = {}
    """Means of the way's own histograms over the block, where it has a page of metrics."""


class Block(msgspec.Struct, frozen=True):
    """One block of one way. A block that could not be taken has a reason and no sample."""

    round: int
    cell: str
    arm: str
    position: int
    """In its visit."""
    began_s: float
    """Since the run began."""
    sample: Sample | None = None
    costs: Costs | None = None
    reason: str = ""


class Visited(msgspec.Struct, frozen=True):
    """What happened around the blocks of one visit."""

    round: int
    cell: str
    neighbours_share: float
    pace_ms: float
    steal_share: float
    pressure: float
    """PSI: the share of time in which something waited for a core; 0 where the kernel does not tell."""


class Speed(msgspec.Struct, frozen=True):
    """One turn of a peer at full speed, in front of an instant provider. A turn that failed has a reason."""

    round: int
    arm: str
    requests: int = 0
    seconds: float = 0.0
    cpu_ns: int = 0
    rss_bytes: int = 0
    worked_on: int = 0
    """Requests that reached the provider: those too that nobody waited for in the end."""
    reason: str = ""


class Machine(msgspec.Struct, frozen=True):
    """What absolute figures depend on."""

    cpu: str
    cores: int
    kernel: str
    python: str


class Run(msgspec.Struct):
    """A whole run, or as much of it as there is."""

    profile: str
    seed: int
    rounds: int
    cells: tuple[Cell, ...]
    arms: tuple[Arm, ...]
    machine: Machine
    digest: str
    """Of what was measured: two runs with the same one may be compared in absolute times."""
    versions: dict[str, str]
    began: str
    blocks: list[Block] = msgspec.field(default_factory=list)
    visits: list[Visited] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    is_complete: bool = False
    speeds: list[Speed] = msgspec.field(default_factory=list)
    absent: dict[str, str] = msgspec.field(default_factory=dict)
    """Peers that were asked for and do not stand, and why."""
    format: int = FORMAT
    kind: str = KIND

    def cell(self, name: str) -> Cell:
        """By its name."""
        return next(cell for cell in self.cells if cell.name == name)


class _Envelope(msgspec.Struct):
    format: int = 0
    kind: str = ""


def write_run(run: Run, file: Path) -> None:
    """All of it, in one step: whoever interrupts finds the old file or the new one. RigBroken where it does not go."""
    fresh = file.with_name(file.name + ".new")
    try:
        fresh.write_bytes(msgspec.json.encode(run) + b"\n")
        fresh.replace(file)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise RigBroken(f"{file} cannot be written: {error.strerror}") from error


_TRUNCATED = "Input data was truncated"
"""What msgspec says of a file that ends too early."""


def read_run(file: Path) -> Run:
    """RigBroken says what is wrong with a file."""
    try:
        data = file.read_bytes()
        envelope = msgspec.json.decode(data, type=_Envelope)
        if envelope.kind != KIND:
            raise RigBroken(f"{file} is no result of `bench run`: it says it is {envelope.kind or 'nothing'!r}")
        if envelope.format != FORMAT:
            raise RigBroken(f"{file} has format {envelope.format}, this version reads {FORMAT}: take the run again")
        return msgspec.json.decode(data, type=Run)
    except OSError as error:
        raise RigBroken(f"{file} cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise RigBroken(f"{file} is no result of `bench run`: {error}") from error
    except msgspec.DecodeError as error:
        if error.args == (_TRUNCATED,):
            raise RigBroken(f"{file} ends in the middle, it was cut off: take the run again") from error
        raise RigBroken(f"{file} is no result of `bench run`: {error}") from error
