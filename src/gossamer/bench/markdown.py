"""The report as Markdown, the verdict first: what was found odd, then one table a lane, then what it was taken with."""

from collections.abc import Iterator, Sequence

from gossamer.bench.asides import Aside, asides_of
from gossamer.bench.cells import Lane
from gossamer.bench.figures import ArmFigures, CellFigures, Figures
from gossamer.bench.marks import headroom_mark, marks
from gossamer.bench.record import Role
from gossamer.bench.report import table
from gossamer.bench.statistics import Interval
from gossamer.bench.verdict import LEAST_CONFIDENCE, Answer, Result
from gossamer.bench.words import NO_INTERVAL, VERDICT, as_markdown, words_of

SHOWN = (Role.GATEWAY, Role.BASE, Role.HOP)
LANES = {
    Lane.LATENCY: "Latency lane: the provider takes 50 ms, so all ways run at nearly the same rate",
    Lane.FLOOR: "Floor lane: an instant provider, one request at a time",
    Lane.CAPACITY: "Capacity lane: an instant provider, as fast as it goes and at given rates",
    Lane.ERRORS: "Error paths: what a client sees of a provider that fails",
}


def write_markdown(figures: Figures, results: Sequence[Result] = ()) -> str:
    """`results` are a gate's, where one judged this run."""
    parts = [f"# What the gateway adds: {verdict(results)}", *_head(figures)]
    if results:
        parts.append(f"## Verdict\n\n{VERDICT}\n\n```\n{table(results).strip()}\n```")
    parts.append("## What was seen\n\n" + "\n".join(findings(figures)))
    if told := list(as_markdown(words_of(headings_of(figures)))):
        parts.append("## How to read the tables\n\n" + "\n".join(told))
    for lane, title in LANES.items():
        cells = [cell for cell in figures.cells if cell.cell.lane is lane and cell.arms]
        if cells:
            parts.append(f"## {title}\n\n" + "\n".join(lane_table(lane, cells)))
    parts += [_aside(aside) for aside in asides_of(figures)]
    parts.append("## Taken with\n\n" + "\n".join(facts(figures)))
    return "\n\n".join(parts) + "\n"


def _aside(aside: Aside) -> str:
    rows = [aside.headings, ("---", "---", *["---:"] * (len(aside.headings) - 2)), *aside.rows]
    return f"## {aside.title}\n\n{aside.words}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows)


def verdict(results: Sequence[Result]) -> str:
    """One word, or that nobody asked for one."""
    answers = {result.answer for result in results} - {Answer.SHOWN}
    if not answers:
        return "figures, not judged"
    for answer in (Answer.FAIL, Answer.INCONCLUSIVE, Answer.NOT_COMPARABLE):
        if answer in answers:
            return answer.value.upper()
    return Answer.PASS.value.upper()


def _head(figures: Figures) -> list[str]:
    told = [f"Profile {figures.profile}, {rounds(figures)}, begun {figures.began}."]
    if not figures.is_complete:
        told.append("**The run was interrupted: these are the figures of the rounds that there are.**")
    if any(cell.is_disturbed for cell in figures.cells):
        told.append("**Other processes were at work meanwhile: figures are wider and higher than on a quiet machine.**")
    return told


def rounds(figures: Figures) -> str:
    """How many."""
    return f"{figures.rounds} round{'s' if figures.rounds != 1 else ''}"


def findings(figures: Figures) -> Iterator[str]:
    """One line each."""
    for finding in figures.findings:
        yield f"- **{finding.arm}: {finding.kind}.** {finding.text[:1].upper()}{finding.text[1:]} ({finding.cell})."
    if not figures.findings:
        yield nothing_odd(figures)


def nothing_odd(figures: Figures) -> str:
    """Of what was not measured nothing good is said."""
    if not any(arm.role is Role.GATEWAY for cell in figures.cells for arm in cell.arms):
        return "Nothing was measured: there is not one whole round of a gateway in this result."
    return "Nothing odd: every answer was whole, streams flowed, no stage stands out."


def headings_of(figures: Figures) -> set[str]:
    """Of the tables of its lanes."""
    lanes = {cell.cell.lane for cell in figures.cells if cell.arms}
    return {heading for lane in lanes for heading in HEADINGS[lane]}


def lane_table(lane: Lane, cells: Sequence[CellFigures]) -> Iterator[str]:
    """Times are microseconds that are added to the direct way's."""
    headings = HEADINGS[lane]
    yield "| " + " | ".join(headings) + " |"
    yield "| " + " | ".join("---" if at < 2 else "---:" for at in range(len(headings))) + " |"
    for cell in cells:
        for arm in cell.arms:
            if arm.role in SHOWN:
                yield "| " + " | ".join(COLUMNS[lane](cell, arm)) + " |"


HEADINGS = {
    Lane.LATENCY: (
        "cell",
        "way",
        "added p50 (95 %)",
        "added p95",
        "added p99 (95 %)",
        "first byte p99",
        "chunk delay p50",
        "it says",
        "unexplained",
        "CPU us",
    ),
    Lane.FLOOR: (
        "cell",
        "way",
        "added p50 (95 %)",
        "added p95",
        "added p99 (95 %)",
        "it says",
        "unexplained",
        "CPU us",
    ),
    Lane.CAPACITY: ("cell", "way", "answers a second", "headroom", "CPU us (95 %)", "to the hop", "p99 us", "RSS MB"),
    Lane.ERRORS: ("cell", "way", "client sees", "after ms"),
}


def _latency(cell: CellFigures, arm: ArmFigures) -> list[str]:
    first = arm.first_byte[-1]
    delay = span(arm.flow.delay_us) if arm.flow is not None and arm.flow.is_stamped else "-"
    return [
        cell.name, named(cell, arm), judged(arm, 0.5), judged(arm, 0.95), judged(arm, 0.99),
        number(first.us.centre) + ("" if first.is_judged else " *"), delay, *_account(arm), cpu(arm),
    ]  # fmt: skip


def _floor(cell: CellFigures, arm: ArmFigures) -> list[str]:
    return [
        cell.name,
        named(cell, arm),
        judged(arm, 0.5),
        judged(arm, 0.95),
        judged(arm, 0.99),
        *_account(arm),
        cpu(arm),
    ]


def _capacity(cell: CellFigures, arm: ArmFigures) -> list[str]:
    costs = span(arm.cpu_us) if arm.cpu_us is not None else "-"
    to_hop = f"{arm.cpu_to_hop.centre:.2f} x" if arm.cpu_to_hop is not None else "-"
    headroom = "-" if arm.headroom is None else f"{arm.headroom:.2f}{headroom_mark(arm.headroom)}"
    return [
        cell.name, named(cell, arm), f"{arm.per_s:,.0f}", headroom, costs, to_hop, number(arm.quantiles_us[-1]),
        f"{arm.rss_mb:.0f}" if arm.rss_mb else "-",
    ]  # fmt: skip


def _errors(cell: CellFigures, arm: ArmFigures) -> list[str]:
    seen = [f"{count} x {status}" for status, count in sorted(arm.statuses.items())]
    seen += [f"{count} x {reason}" for reason, count in arm.failures.items()]
    if arm.hidden_errors:
        seen.append(f"{arm.hidden_errors} with an error inside")
    return [cell.name, arm.arm, ", ".join(seen), f"{arm.quantiles_us[6] / 1000:.1f}"]


COLUMNS = {Lane.LATENCY: _latency, Lane.FLOOR: _floor, Lane.CAPACITY: _capacity, Lane.ERRORS: _errors}


def named(cell: CellFigures, arm: ArmFigures) -> str:
    """A way, with what its figures must not be shown without."""
    return arm.arm + marks(arm, cell)


def judged(arm: ArmFigures, q: float) -> str:
    """With its interval; a star where there are too few requests to judge it."""
    added = arm.at(q)
    return span(added.us) + ("" if added.is_judged else " *")


def _account(arm: ArmFigures) -> list[str]:
    if arm.account is None:
        return ["-", "-"]
    return [number(arm.account.self_us), number(arm.account.unexplained_us)]


def cpu(arm: ArmFigures) -> str:
    """A request, all processes of the way."""
    return number(arm.cpu_us.centre) if arm.cpu_us is not None else "-"


def span(interval: Interval) -> str:
    """A figure and where it may lie."""
    return f"{number(interval.centre)} ({where(interval)})"


def where(interval: Interval) -> str:
    """Of a round or two an interval would be narrow, and a lie."""
    if interval.confidence < LEAST_CONFIDENCE:
        return NO_INTERVAL
    return f"{number(interval.low)} .. {number(interval.high)}"


def number(value: float) -> str:
    """Microseconds do not need decimals, but for the smallest."""
    return f"{value:,.1f}" if abs(value) < 10 else f"{value:,.0f}"


def facts(figures: Figures) -> Iterator[str]:
    """What absolute figures depend on, and what was on."""
    machine = figures.machine
    yield f"- {machine.cpu}, {machine.cores} cores, kernel {machine.kernel}, Python {machine.python}"
    yield f"- {', '.join(f'{name} {version}' for name, version in figures.versions.items())}"
    for arm in figures.arms:
        says = f"; on: {', '.join(arm.says)}" if arm.says else ""
        yield f"- {arm.name}: {arm.what}{says}"
    yield f"- seed {figures.seed}, setup {figures.digest}"
    for note in figures.notes:
        yield f"- {note}"
