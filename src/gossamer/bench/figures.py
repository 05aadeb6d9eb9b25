"""What a run found, as figures with intervals: the shape that pages, comparisons and baselines share.

Versioned JSON like the run itself, without its samples, so that one can be committed as a baseline.
"""

from pathlib import Path

import msgspec

from gossamer.bench.cells import Cell
from gossamer.bench.errors import RigBroken
from gossamer.bench.record import Arm, Machine, Role
from gossamer.bench.statistics import Interval

FORMAT = 1
KIND = "gossamer-bench-figures"


class Added(msgspec.Struct, frozen=True):
    """What a way adds at one quantile, in microseconds."""

    q: float
    us: Interval
    requests: int
    """In each arm."""
    needed: int
    """Below it the figure is shown and not judged."""
    seen: float
    """The smallest relative rise that so many requests show four times in five."""
    to_hop: Interval | None = None
    """As a ratio to what the null hop adds: what carries from machine to machine."""

    @property
    def is_judged(self) -> bool:
        return self.requests >= self.needed


class Flow(msgspec.Struct, frozen=True):
    """What became of the streams."""

    delay_us: Interval
    """Added chunk delay at the median: provider's stamp to arrival, less the same straight to the provider."""
    delay_p99_us: Interval
    first_content_us: Interval
    """Added time to the first event with words."""
    events: int
    expected: int
    """By the same requests straight to the provider."""
    unended: int
    gaps: int
    shrunk: int
    reads_per_event: float
    reads_per_event_direct: float
    is_stamped: bool
    """Whether the provider's stamps came through: without them there is neither a delay nor a gap."""


class Account(msgspec.Struct, frozen=True):
    """What the answers say of themselves, beside what was measured: microseconds at the median."""

    self_us: float
    stages_us: dict[str, float]
    unexplained_us: float
    """Measured, less said."""


class ArmFigures(msgspec.Struct, frozen=True):
    """One way in one cell."""

    arm: str
    role: Role
    blocks: int
    added: tuple[Added, ...]
    first_byte: tuple[Added, ...]
    quantiles_us: tuple[float, ...]
    """At the quantiles CURVE, of what was measured less the provider's own time."""
    medians_us: tuple[float, ...]
    """What each round's block added at its median: the series."""
    per_s: float
    headroom: float | None
    """Throughput as a share of that of the direct way; only at full speed."""
    cpu_us: Interval | None
    cpu_to_hop: Interval | None
    worker_cpu_us: float | None
    rss_mb: float
    rss_growth_mb: float
    load_share: float
    send_lag_us: float | None
    loop_lag_us: float
    statuses: dict[str, int]
    failures: dict[str, int]
    hidden_errors: int
    refused: int
    answered: int
    reached: int
    flow: Flow | None
    account: Account | None
    metrics_us: dict[str, float] = {}
    """Means by its own page of metrics, where that was read."""

    def at(self, q: float) -> Added:
        """One of the quantiles that are kept."""
        return next(added for added in self.added if added.q == q)


class CellFigures(msgspec.Struct, frozen=True):
    """All ways in one cell."""

    name: str
    cell: Cell
    rounds: int
    calm: int
    """Of the rounds, those in which nobody else was at work; fewer than two thirds make all figures doubtful."""
    is_disturbed: bool
    noise_us: float
    """A/A: the 95th percentile of what the direct way differs from itself, at the median."""
    noise_p99_us: float
    arms: tuple[ArmFigures, ...]
    missing: dict[str, str]
    """Ways without a figure here, and why."""
    neighbours_share: float = 0.0
    """Of a core, at the median of all rounds; so are the next two."""
    steal_share: float = 0.0
    pressure: float = 0.0
    """PSI: the share of time in which something waited for a core."""
    turns: tuple[int, ...] = ()
    """Which rounds counted, from nought on: those of each way's series."""

    def arm(self, role: Role) -> ArmFigures | None:
        """The first of its role."""
        return next((arm for arm in self.arms if arm.role is role), None)


class Finding(msgspec.Struct, frozen=True):
    """Something that a reader should know before the figures. `kind` is one word for a machine."""

    kind: str
    arm: str
    cell: str
    text: str


class Figures(msgspec.Struct):
    """A whole run."""

    profile: str
    seed: int
    rounds: int
    machine: Machine
    digest: str
    versions: dict[str, str]
    began: str
    arms: tuple[Arm, ...]
    cells: tuple[CellFigures, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    is_complete: bool
    format: int = FORMAT
    kind: str = KIND

    @property
    def gateways(self) -> list[Arm]:
        """The ways that the run is about."""
        return [arm for arm in self.arms if arm.role in (Role.GATEWAY, Role.BASE)]


QUANTILES = frozenset({0.5, 0.95, 0.99})
"""That every way has what it adds at."""
CURVE = (0.01, 0.05, 0.10, 0.20, 0.30, 0.40, 0.50, 0.60, 0.70, 0.80, 0.90, 0.95, 0.99)


class _Envelope(msgspec.Struct):
    format: int = 0


def write_figures(figures: Figures, file: Path) -> None:
    """One member a line, so that a change of a committed baseline can be read."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")


def decode_figures(data: bytes, file: Path) -> Figures:
    """RigBroken says what is wrong."""
    try:
        told = msgspec.json.decode(data, type=_Envelope).format
        if told != FORMAT:
            raise RigBroken(f"{file} has format {told}, this version reads {FORMAT}: take it anew")
        found = msgspec.json.decode(data, type=Figures)
    except msgspec.DecodeError as error:
        raise RigBroken(f"{file} holds no figures of a run: {error}") from error
    for cell in found.cells:
        for arm in cell.arms:
            if (
                {added.q for added in arm.added} < QUANTILES
                or not arm.first_byte
                or len(arm.quantiles_us) != len(CURVE)
            ):
                raise RigBroken(f"{file} is damaged: the quantiles of {arm.arm} in {cell.name} are not all there")
    return found
