"""What the figures give away about a way, by name: a slow stage, a buffer, lost chunks, errors dressed as answers.

Pure. Each finding says what was seen, so that a reader can judge it. Of the direct way, the base, nothing is found.
"""

from collections.abc import Iterator, Mapping, Sequence

from gossamer.bench.cells import Cell, Lane
from gossamer.bench.figures import ArmFigures, CellFigures, Finding, Flow
from gossamer.bench.marks import RIG_BOUND, RIG_WARN, is_rig_bound, is_saturated
from gossamer.bench.record import Arm, Role
from gossamer.bench.verdict import Answer, Result

SLOW_STAGE_US = 80.0
"""A whole gateway is allowed some hundred microseconds: one stage alone that takes so much is worth a look."""
SLOW_STAGE_SHARE = 0.7
"""Where others are at work, what runs after a sleep finds its caches taken: a stage of a good gateway may then be six
tenths of all that it says."""
FEW_AT_ONCE = 10
"""With more at once, waiting for each other is in every stage."""
SHRUNK_SHARE = 0.30
"""Of the gaps. On a machine that holds its breath now and then it is one in ten; whoever holds back every second event
shrinks half of them."""
LUMPED = 0.5
"""Reads an event, against the direct way, where there are no stamps to tell gaps by."""
REACHED = 0.98
UNEXPLAINED_US, UNEXPLAINED_SHARE = 1_000.0, 0.5
"""Reading, writing and waking take some hundred microseconds on a poor machine: this is none of those."""
CUT = "cut"
"""The fault of a provider that ends its streams in the middle: that they have no end is what was asked for."""
NO_FIGURES = "no-figures"


def diagnose(
    cells: Sequence[CellFigures], arms: Mapping[str, Arm], results: Sequence[Result] = ()
) -> Iterator[Finding]:
    """Of all cells; the same finding in many cells is told once, with the worst in front.

    `results` are those of the hard limits: what is over one comes first.
    """
    found: dict[tuple[str, str], list[tuple[float, Finding]]] = {}
    for cell in cells:
        for name, weight, kind, text in _over_limits(cell, results):
            found.setdefault((kind, name), []).append((weight, Finding(kind, name, cell.name, text)))
    for cell in cells:
        for name, weight, kind, text in (*_absent(cell), *_present(cell, arms)):
            found.setdefault((kind, name), []).append((weight, Finding(kind, name, cell.name, text)))
    for same in found.values():
        same.sort(key=lambda each: -each[0])
        finding = same[0][1]
        if len(same) > 1:
            others = f"; and in {len(same) - 1} other cell{'s' if len(same) > 2 else ''}"
            finding = Finding(finding.kind, finding.arm, finding.cell, finding.text + others)
        yield finding


Seen = tuple[float, str, str]
"""Weight, kind, text."""
Named = tuple[str, float, str, str]
"""The same, of a way."""


def _over_limits(cell: CellFigures, results: Sequence[Result]) -> Iterator[Named]:
    for arm in cell.arms:
        for result in results:
            if result.answer is Answer.FAIL and result.name.startswith(f"{arm.arm}: {cell.name} ") and result.interval:
                what = result.name.removeprefix(f"{arm.arm}: {cell.name} ")
                limit = f"{result.budget.limit:g} {result.budget.unit}"
                text = f"its {what} is {result.interval.centre:.1f} {result.budget.unit}, the limit is {limit}"
                yield arm.arm, result.interval.centre, "over-limit", f"{text}; {_accounted(arm)}"


def _accounted(arm: ArmFigures) -> str:
    """Where to look: in the gateway's stages, or between them."""
    account = arm.account
    if account is None:
        return "its answers do not tell what they cost"
    measured = account.self_us + account.unexplained_us
    return (
        f"of the {measured / 1000:.1f} ms that it adds at the median its own answers tell {account.self_us / 1000:.1f} "
        f"ms, and do not account for {account.unexplained_us / 1000:.1f} ms"
    )


def _absent(cell: CellFigures) -> Iterator[Named]:
    """On the ladder a way that was beaten by a rate is not asked for the next: that is no fault, and told elsewhere."""
    if not cell.cell.rate_per_s:
        for name, reason in cell.missing.items():
            yield name, 1.0, NO_FIGURES, f"there are no figures of it: {' '.join(reason.split())}"


def _present(cell: CellFigures, arms: Mapping[str, Arm]) -> Iterator[Named]:
    for arm in cell.arms:
        if arms[arm.arm].role not in (Role.DIRECT, Role.AGAIN):
            yield from ((arm.arm, *seen) for seen in _of(cell, arm))


def _of(figures: CellFigures, arm: ArmFigures) -> Iterator[Seen]:
    cell = figures.cell
    if cell.lane is not Lane.ERRORS:
        yield from _errors(cell, arm)
        yield from _cached(arm)
    if arm.flow is not None:
        yield from _flow(arm.flow)
        if arm.flow.unended and cell.fault != CUT:
            told = f"{arm.flow.unended} streams end without the mark that ends a stream"
            yield float(arm.flow.unended), "unended-streams", told
    if cell.lane in (Lane.FLOOR, Lane.LATENCY) and cell.concurrency <= FEW_AT_ONCE:
        yield from _slow_stage(arm, figures)
        yield from _unexplained(arm, cell)
    yield from _saturated(arm, figures)
    yield from _rig(cell, arm)


def _errors(cell: Cell, arm: ArmFigures) -> Iterator[Seen]:
    total = max(1, sum(arm.statuses.values()))
    if arm.hidden_errors:
        text = f"{arm.hidden_errors} of {total} answers say 200 and have an error inside: clients take them for good"
        yield arm.hidden_errors / total, "error-inside-200", text
    bad = {status: count for status, count in arm.statuses.items() if status != "200"}
    if bad and not cell.rate_per_s:
        told = ", ".join(f"{count} x {status}" for status, count in sorted(bad.items()))
        yield (
            sum(bad.values()) / total,
            "refusals",
            f"of {total} answers some are refusals ({told}): they are not timed",
        )
    if arm.failures and not cell.rate_per_s:
        reason, count = max(arm.failures.items(), key=lambda item: item[1])
        yield float(count), "unanswered", f"{sum(arm.failures.values())} requests got no whole answer, most: {reason}"
    if arm.refused:
        yield float(arm.refused), "refused-connections", f"{arm.refused} connections were not taken"


def _cached(arm: ArmFigures) -> Iterator[Seen]:
    good = arm.statuses.get("200", 0)
    if good and arm.reached < REACHED * arm.answered:
        text = f"of {arm.answered} answers only {arm.reached} reached the provider: is a cache on?"
        yield 1 - arm.reached / arm.answered, "answered-without-provider", text


def _flow(flow: Flow) -> Iterator[Seen]:
    lost = flow.expected - flow.events
    if lost > 0:
        text = f"{lost} of {flow.expected} events of streams are missing: about one in {round(flow.expected / lost)}"
        yield lost / flow.expected, "lost-events", text
    if flow.is_stamped and flow.gaps and flow.shrunk / flow.gaps > SHRUNK_SHARE:
        share = flow.shrunk / flow.gaps
        yield (
            share,
            "buffering",
            (
                f"{share:.0%} of the gaps between events shrink on the way, and a median event is "
                f"{flow.delay_us.centre / 1000:.1f} ms late: it holds streams back and sends them in lumps"
            ),
        )
    elif not flow.is_stamped and flow.reads_per_event < LUMPED * flow.reads_per_event_direct:
        yield (
            1 - flow.reads_per_event,
            "buffering",
            (
                f"{1 / max(flow.reads_per_event, 1e-9):.1f} events come at once that the provider sends one by one: "
                "it holds streams back"
            ),
        )


def _slow_stage(arm: ArmFigures, figures: CellFigures) -> Iterator[Seen]:
    """On a machine that is held up by others every stage is long, and a whole null hop too: that is the measure.

    Until the first byte, since stages are told in the head.
    """
    if arm.account is None or not arm.account.stages_us:
        return
    name, took_us = max(arm.account.stages_us.items(), key=lambda item: item[1])
    hop = figures.arm(Role.HOP)
    least_us = max(SLOW_STAGE_US, hop.first_byte[0].us.centre if hop is not None else 0.0)
    if took_us > least_us and took_us > SLOW_STAGE_SHARE * arm.account.self_us:
        text = f"the stage `{name}` takes {took_us:.0f} us of the {arm.account.self_us:.0f} us that it says it costs"
        yield took_us, "slow-stage", text


def _unexplained(arm: ArmFigures, cell: Cell) -> Iterator[Seen]:
    """Of streams until the first byte, as the account is."""
    if arm.account is None:
        return
    until = " until the first byte" if cell.is_stream else ""
    told_us, left_us = arm.account.self_us, arm.account.unexplained_us
    if left_us > UNEXPLAINED_US and left_us > UNEXPLAINED_SHARE * (told_us + left_us):
        text = (
            f"of the {(told_us + left_us) / 1000:.1f} ms that it adds at the median{until} its own answers tell "
            f"{told_us / 1000:.1f} ms: what takes the other {left_us / 1000:.1f} ms is in none of its stages"
        )
        yield left_us, "unexplained", text


def _saturated(arm: ArmFigures, figures: CellFigures) -> Iterator[Seen]:
    if not is_saturated(arm, figures):
        return
    direct = figures.arm(Role.DIRECT)
    busy = arm.cpu_us.centre * arm.per_s / 1e6 if arm.cpu_us is not None else 0.0
    seen = [f"it keeps {busy:.0%} of a core busy"] if busy else []
    seen += [f"gives {arm.per_s / direct.per_s:.0%} of the answers that come without it"] if direct is not None else []
    at_once = figures.cell.concurrency
    text = f"with {at_once} at once {' and '.join(seen)}: its latency there is its throughput by another name"
    yield max(busy, arm.added[0].us.centre / 1e6), "saturated", text


def _rig(cell: Cell, arm: ArmFigures) -> Iterator[Seen]:
    if arm.headroom is not None and arm.headroom > RIG_WARN:
        mark = "RIG-BOUND, do not trust its throughput" if arm.headroom > RIG_BOUND else "little headroom"
        yield arm.headroom, "rig", f"{mark}: it goes {arm.headroom:.0%} as fast as the generator without it"
    if is_rig_bound(arm, cell):
        text = f"load and mock kept their core {arm.load_share:.0%} busy: RIG-BOUND, their waits are in the figure"
        yield arm.load_share, "rig", text
