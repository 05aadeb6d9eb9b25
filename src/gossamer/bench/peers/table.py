"""The one table of a run of peers, as Markdown: what each adds and costs, what it says itself, and what was on. Pure.

A figure that the rig limits carries its mark wherever it stands, and a peer without figures its reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gossamer.bench.cells import Lane
from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.markdown import HEADINGS as LANE_HEADINGS
from gossamer.bench.markdown import SHOWN, findings, lane_table, number, rounds, span
from gossamer.bench.marks import headroom_mark, marks
from gossamer.bench.peers.manifest import Manifest
from gossamer.bench.record import Role, Run, Speed
from gossamer.bench.statistics import Interval, hodges_lehmann, median
from gossamer.bench.words import MARKS, Word, as_markdown, words_of

AT_ONCE = 10
HEADINGS = ("gateway", "added p50 (95 %)", "added p95", "added p99 (95 %)", "first byte p50", "CPU us a request",
            "to nginx", "RSS MB", "req/s on one core", "it says", "gap")  # fmt: skip
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Pace:
    """One way at full speed."""

    per_s: float
    cpu_us: Interval | None
    to_hop: float | None
    rss_mb: float
    headroom: float | None


def paces_of(run: Run) -> dict[str, Pace]:
    """Of the ways that answered in all of their turns."""
    by_arm: dict[str, list[Speed]] = {}
    for speed in run.speeds:
        by_arm.setdefault(speed.arm, []).append(speed)
    whole = {arm: turns for arm, turns in by_arm.items() if not any(turn.reason for turn in turns)}
    names = {role: next((arm.name for arm in run.arms if arm.role is role), "") for role in Role}
    direct, hop = (whole.get(names[role], []) for role in (Role.DIRECT, Role.HOP))
    return {arm: _pace(turns, direct, hop) for arm, turns in whole.items()}


def _pace(turns: Sequence[Speed], direct: Sequence[Speed], hop: Sequence[Speed]) -> Pace:
    costs = [turn.cpu_ns / turn.worked_on / 1000 for turn in turns]
    theirs = [turn.cpu_ns / turn.worked_on / 1000 for turn in hop]
    is_seen = any(costs)
    to_hop = median([mine / other for mine, other in zip(costs, theirs, strict=True)]) if all(theirs) and theirs else 0
    shares = [_per_s(mine) / _per_s(other) for mine, other in zip(turns, direct, strict=True)] if direct else []
    return Pace(
        median([_per_s(turn) for turn in turns]),
        hodges_lehmann(costs) if is_seen else None,
        to_hop or None,
        max(turn.rss_bytes for turn in turns) / 1e6,
        median(shares) if shares else None,
    )


def _per_s(turn: Speed) -> float:
    return turn.requests / turn.seconds


def write_peers(run: Run, figures: Figures, manifests: Sequence[Manifest], command: str) -> str:
    """All of it."""
    parts = [
        "# Gossamer beside its peers",
        _told(figures),
        *_warnings(figures),
        "\n".join(_rows(run, figures, manifests)),
        "\n".join([*_missing(figures), *as_markdown(words())]),
        "## What was seen\n\n" + "\n".join(findings(figures)),
        "## What is on, and what is not\n\n" + "\n".join(_on(figures, manifests)),
        *_lanes(figures),
        "## Taken with\n\n" + "\n".join(_facts(figures, command)),
    ]
    return "\n\n".join(parts) + "\n"


def _told(figures: Figures) -> str:
    return (
        f"Begun {figures.began}, {rounds(figures)}, each with a block of every gateway in random order. "
        f"{AT_ONCE} at once, a provider that takes 50 ms; full speed over 64 connections to a provider that answers at "
        "once. Times are microseconds that are added to those without a gateway."
    )


def _warnings(figures: Figures) -> Iterator[str]:
    if not figures.is_complete:
        yield "**The run was interrupted: these are the figures of the rounds that there are.**"
    if any(cell.is_disturbed for cell in figures.cells):
        yield "**Other processes were at work meanwhile: figures are wider and higher than on a quiet machine.**"


def _rows(run: Run, figures: Figures, manifests: Sequence[Manifest]) -> Iterator[str]:
    yield "| " + " | ".join(HEADINGS) + " |"
    yield "| --- |" + " ---: |" * (len(HEADINGS) - 1)
    plain, stream = _cell(figures, is_stream=False), _cell(figures, is_stream=True)
    paces = paces_of(run)
    stopped = {speed.arm: speed.reason for speed in run.speeds if speed.reason}
    for manifest in sorted(manifests, key=lambda each: (each.role != "hop", each.name != "Gossamer")):
        name = manifest.name
        if name in run.absent:
            yield f"| {name} | not measured: {_celled(run.absent[name])} |" + " |" * (len(HEADINGS) - 2)
            continue
        cells = [*_latency(plain, name), _first(stream, name), *_speed(paces.get(name)), *_self(plain, name)]
        yield f"| {name} | " + " | ".join(cells) + " |"
        if name in stopped:
            yield f"| {name} at full speed | not measured: {_celled(stopped[name])} |" + " |" * (len(HEADINGS) - 2)


def _celled(reason: str) -> str:
    """What would break the table."""
    return reason.replace("|", "/").replace("\n", " ")


def _cell(figures: Figures, *, is_stream: bool) -> CellFigures | None:
    wanted = (Lane.LATENCY, AT_ONCE, is_stream)
    cells = figures.cells
    return next((c for c in cells if (c.cell.lane, c.cell.concurrency, c.cell.is_stream) == wanted), None)


def _of(cell: CellFigures | None, name: str) -> ArmFigures | None:
    return next((arm for arm in cell.arms if arm.arm == name), None) if cell is not None else None


def _latency(cell: CellFigures | None, name: str) -> list[str]:
    arm = _of(cell, name)
    if arm is None or cell is None:
        return [_NONE] * 3
    mark = marks(arm, cell)
    p50, p95, p99 = (arm.at(q) for q in (0.5, 0.95, 0.99))
    stars = ["" if added.is_judged else " *" for added in (p50, p95, p99)]
    return [span(p50.us) + stars[0] + mark, number(p95.us.centre) + stars[1] + mark, span(p99.us) + stars[2] + mark]


def _first(cell: CellFigures | None, name: str) -> str:
    arm = _of(cell, name)
    if arm is None or cell is None:
        return _NONE
    first = arm.first_byte[0]
    return number(first.us.centre) + ("" if first.is_judged else " *") + marks(arm, cell)


def _speed(pace: Pace | None) -> list[str]:
    if pace is None:
        return [_NONE] * 4
    cost = number(pace.cpu_us.centre) if pace.cpu_us is not None else _NONE
    to_hop = f"{pace.to_hop:.1f} x" if pace.to_hop is not None else _NONE
    mark = headroom_mark(pace.headroom) if pace.headroom is not None else ""
    return [cost, to_hop, f"{pace.rss_mb:.0f}", f"{pace.per_s:,.0f}{mark}"]


def _self(cell: CellFigures | None, name: str) -> list[str]:
    arm = _of(cell, name)
    if arm is None or cell is None or arm.account is None:
        return ["nothing", _NONE]
    mark = marks(arm, cell)
    return [number(arm.account.self_us), number(arm.account.unexplained_us) + mark]


def _missing(figures: Figures) -> Iterator[str]:
    for cell in figures.cells:
        for name, reason in cell.missing.items():
            yield f"- {name} has no figures of {cell.name}: {_celled(reason)}"


def words() -> Sequence[Word]:
    """Of the one table: each column, then each mark."""
    return (*COLUMNS, *MARKS)


COLUMNS = (
    Word("gateway", "nginx passes on and does nothing else: it is the null hop", ("gateway",)),
    Word(
        "added p50, p95, p99",
        "a quantile through the gateway less the same without it, the provider's own time taken off; in brackets the "
        "95 % interval",
        ("added p50 (95 %)", "added p95", "added p99 (95 %)"),
    ),
    Word(
        "first byte p50",
        "the same until the first byte of a stream, which is the head's; below nought where a gateway sends its head "
        "before the provider has answered",
        ("first byte p50",),
    ),
    Word("CPU us a request", "at full speed, of all of its processes together", ("CPU us a request",)),
    Word(
        "to nginx",
        "that as a ratio to nginx's. It is the median of each round's ratio, which is not the quotient of the two "
        "figures in the column: rounds that were slow for both cancel out",
        ("to nginx",),
    ),
    Word(
        "RSS MB",
        "at full speed, the most memory of all of its processes: their own, and their part of what is shared",
        ("RSS MB",),
    ),
    Word("req/s on one core", "at full speed, the median of the rounds", ("req/s on one core",)),
    Word("it says", "the median that its own answers tell", ("it says",)),
    Word("gap", "the added p50 less that", ("gap",)),
)  # fmt: skip


def _on(figures: Figures, manifests: Sequence[Manifest]) -> Iterator[str]:
    whats: Mapping[str, str] = {arm.name: arm.what for arm in figures.arms}
    for manifest in manifests:
        what = whats.get(manifest.name, manifest.about)
        on = f"; on: {', '.join(manifest.on)}" if manifest.on else "; on: nothing but the way through"
        off = f"; off: {', '.join(manifest.off)}" if manifest.off else ""
        yield f"- **{manifest.name}**: {what}{on}{off}"


def _lanes(figures: Figures) -> Iterator[str]:
    told = {*HEADINGS, "way"}  # which is a gateway by its name
    for lane, title in ((Lane.LATENCY, "All cells with a provider of 50 ms"), (Lane.FLOOR, "An instant provider")):
        cells = [cell for cell in figures.cells if cell.cell.lane is lane and cell.arms]
        if cells:
            fresh = [word for word in words_of(LANE_HEADINGS[lane]) if word.headings and not told & set(word.headings)]
            told.update(heading for word in fresh for heading in word.headings)
            parts = ["\n".join(as_markdown(fresh))] if fresh else []
            yield "\n\n".join([f"## {title}", *parts, "\n".join(lane_table(lane, cells))])


def _facts(figures: Figures, command: str) -> Iterator[str]:
    machine = figures.machine
    yield f"- `{command}`"
    yield f"- {machine.cpu}, {machine.cores} cores, kernel {machine.kernel}, Python {machine.python}"
    yield f"- {', '.join(f'{name} {version}' for name, version in figures.versions.items())}; seed {figures.seed}"
    yield "- each gateway alone on one core while its block runs; load and provider on the other"
    for note in figures.notes:
        yield f"- {note}"
    if not any(arm.role in SHOWN for arm in figures.arms):
        yield "- not one peer stood"
