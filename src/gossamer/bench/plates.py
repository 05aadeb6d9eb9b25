"""The plots of the HTML page, one function a section: each gives nothing where there is nothing to draw."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from gossamer.bench.charts import Line, Part, bars, plot
from gossamer.bench.figures import CURVE, ArmFigures, CellFigures, Figures
from gossamer.bench.markdown import SHOWN, named, number, where
from gossamer.bench.marks import marks
from gossamer.bench.record import Role
from gossamer.bench.standouts import PLOTTED
from gossamer.bench.statistics import median

COLOURS = ("one", "two", "three", "four", "five", "six", "seven")
"""In an order in which neighbours differ for every eye."""
REST = "rest"
OTHERS = "other stages"
HOLLOW = "hollow"
"""What nobody can name has no colour."""
FAR_LONGER = 5.0
"""Times the median of the bars."""
HEAT_STEPS = 6
HEAT_FLOOR_US, HEAT_TOP_US = 50.0, 20_000.0
"""From what nobody measures to the gate's hard limit, in equal steps of the logarithm."""


def table_of(headings: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    return f'<div class="card"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def heat_map(figures: Figures) -> Iterator[str]:
    """Added latency of all cells at a glance, with its intervals."""
    ways = [arm for arm in figures.arms if arm.role in SHOWN]
    headings = ["cell"] + [f"{way.name} p{q * 100:g}" for way in ways for q in (0.5, 0.99)]
    rows = []
    for cell in figures.cells:
        if cell.cell.lane in PLOTTED:
            by_name = {arm.arm: arm for arm in cell.arms}
            shown = "".join(_heat_cell(cell, by_name.get(way.name), q) for way in ways for q in (0.5, 0.99))
            rows.append(f'<tr><td class="name">{escape(cell.name)}</td>{shown}</tr>')
    if rows:
        yield "<h2>Added latency, microseconds</h2>"
        yield (
            "<p>A quantile through the way less the same quantile straight to the provider, with its 95 % interval. "
            "A star: too few requests to judge, shown only. The darker, the more.</p>"
        )
        yield table_of(headings, rows)


def _heat_cell(cell: CellFigures, arm: ArmFigures | None, q: float) -> str:
    if arm is None:
        return "<td>-</td>"
    added = arm.at(q)
    star = "" if added.is_judged else " *"
    span = f"<small>{where(added.us)}</small>"
    mark = f"<small>{told.strip()}</small>" if (told := marks(arm, cell)) else ""
    return f'<td class="heat h{heat(added.us.centre)}">{number(added.us.centre)}{star}{span}{mark}</td>'


def heat(us: float) -> int:
    """Which of the steps of the scale."""
    if us <= HEAT_FLOOR_US:
        return 0
    share = math.log(us / HEAT_FLOOR_US) / math.log(HEAT_TOP_US / HEAT_FLOOR_US)
    return min(HEAT_STEPS - 1, int(share * HEAT_STEPS))


def curves(cells: Sequence[CellFigures], colours: dict[str, str]) -> Iterator[str]:
    """How the shift grows towards the tail."""
    drawn = [plotted for cell in cells if (plotted := _curve(cell, colours))]
    if drawn:
        yield "<h2>Shift by quantile</h2>"
        yield "<p>A level line: every request is later by the same. A rise to the right: a tail.</p>"
        yield f'<div class="plots">{"".join(drawn)}</div>'


def _curve(cell: CellFigures, colours: dict[str, str]) -> str:
    direct = cell.arm(Role.DIRECT)
    if direct is None:
        return ""
    base = direct.quantiles_us
    lines = [
        Line(arm.arm, colours[arm.arm], [(at, mine - base[at]) for at, mine in enumerate(arm.quantiles_us)])
        for arm in cell.arms
        if arm.role in SHOWN
    ]
    words = [(at, f"p{q * 100:g}") for at, q in enumerate(CURVE) if at % 2 == 0]
    label = f"Added latency by quantile, {cell.name}"
    return f'<div class="card"><h3>{escape(cell.name)}</h3>{plot(lines, words, "us", label)}</div>'


def series(cells: Sequence[CellFigures], colours: dict[str, str]) -> Iterator[str]:
    """Drift, and rounds that were unlike the others."""
    drawn = []
    for cell in cells:
        lines = [
            Line(arm.arm, colours[arm.arm], list(zip(_turns(cell, arm), arm.medians_us, strict=True)))
            for arm in cell.arms
            if arm.role in SHOWN and len(arm.medians_us) > 1
        ]
        if lines:
            words = [(turn, f"{turn:g}") for turn, _ in lines[0].points]
            label = f"Added median of each round, {cell.name}"
            drawn.append(f'<div class="card"><h3>{escape(cell.name)}</h3>{plot(lines, words, "us", label)}</div>')
    if drawn:
        yield "<h2>Round by round</h2>"
        yield (
            "<p>The added median of each block, numbered by its round; what is left out was not calm, or not whole. "
            "A slope is drift; one point apart is a disturbed round.</p>"
        )
        yield f'<div class="plots">{"".join(drawn)}</div>'


def _turns(cell: CellFigures, arm: ArmFigures) -> Sequence[int]:
    """From one on. Figures that were kept by an earlier version do not tell which rounds these are."""
    return [turn + 1 for turn in cell.turns or range(len(arm.medians_us))]


def streams(figures: Figures) -> Iterator[str]:
    rows = [
        _stream_row(cell, arm)
        for cell in figures.cells
        for arm in cell.arms
        if arm.flow is not None and arm.role in SHOWN and cell.cell.lane in PLOTTED
    ]
    if rows:
        yield "<h2>Streams: first byte and chunk delay, microseconds</h2>"
        yield (
            "<p>Chunk delay is from the provider's stamp on an event to its arrival, less the same without the "
            "gateway. First words: the added median until the first event with words in it. A gap that shrinks means "
            "that what came before was held back. Reads an event: how often bytes came; fewer than direct, and events "
            "were lumped. Events missing: against the same requests straight to the provider. Not told: the "
            "provider's stamps did not come through.</p>"
        )
        headings = ("cell", "way", "first byte p50", "first byte p99", "first words", "chunk delay p50",
                    "chunk delay p99", "gaps that shrink", "reads an event", "events missing")  # fmt: skip
        yield table_of(headings, rows)


def _stream_row(cell: CellFigures, arm: ArmFigures) -> str:
    flow = arm.flow
    assert flow is not None
    told = flow.is_stamped
    cells = [
        number(arm.first_byte[0].us.centre),
        number(arm.first_byte[-1].us.centre),
        number(flow.first_content_us.centre),
        number(flow.delay_us.centre) if told else "not told",
        number(flow.delay_p99_us.centre) if told else "not told",
        f"{flow.shrunk / flow.gaps:.1%}" if flow.gaps else "not told",
        f"{flow.reads_per_event:.2f} (direct {flow.reads_per_event_direct:.2f})",
        f"{flow.expected - flow.events} of {flow.expected}",
    ]
    shown = "".join(f"<td>{escape(each)}</td>" for each in cells)
    return f'<tr><td class="name">{escape(cell.name)}</td><td>{escape(named(cell, arm))}</td>{shown}</tr>'


def stack(cells: Sequence[CellFigures]) -> Iterator[str]:
    """What answers say of themselves, beside what was measured."""
    names = _largest_stages(cells)
    rows = [
        (f"{_short(cell)}, {arm.arm}", _parts(arm, _hop_us(cell), names))
        for cell in cells
        for arm in cell.arms
        if arm.account is not None and arm.account.stages_us
    ]
    label = "Where the added median goes"
    drawn = [plotted for some in _by_size(rows) if (plotted := bars(some, "us", label))]
    if not drawn:
        return
    keys = [(name, COLOURS[at]) for at, name in enumerate((*names, OTHERS))]
    keys += [("what any hop costs", REST), ("unexplained rest", HOLLOW)]
    legend = "".join(f'<span class="key {css}"><i></i>{escape(name)}</span>' for name, css in keys)
    yield "<h2>Where the added median goes</h2>"
    yield (
        "<p>Stages by the gateway's own word (Server-Timing); then what the null hop adds too; what is left is the "
        "unexplained rest: reading, writing, waiting to be woken. Of streams: until the first byte."
        f"{' What is far longer than the others has a scale of its own, below them.' if len(drawn) > 1 else ''}</p>"
    )
    yield f'<div class="card">{legend}{"<hr>".join(drawn)}</div>'


Bar = tuple[str, list[Part]]


def _by_size(rows: list[Bar]) -> list[list[Bar]]:
    """What is far longer than most would leave nothing to see of the others."""
    lengths = [sum(part.value for part in parts) for _, parts in rows]
    limit = FAR_LONGER * median(lengths) if lengths else 0.0
    short = [row for row, length in zip(rows, lengths, strict=True) if length <= limit]
    return [short, [row for row in rows if row not in short]]


def _largest_stages(cells: Sequence[CellFigures]) -> list[str]:
    """In their order, as many as there are colours for, less one: no two share a colour."""
    longest: dict[str, float] = {}
    for cell in cells:
        for arm in cell.arms:
            for name, us in (arm.account.stages_us if arm.account is not None else {}).items():
                longest[name] = max(us, longest.get(name, 0.0))
    chosen = sorted(longest, key=lambda name: -longest[name])[: len(COLOURS) - 1]
    return [name for name in longest if name in chosen]


def _hop_us(cell: CellFigures) -> float:
    """As the account is: of streams until the first byte."""
    hop = cell.arm(Role.HOP)
    if hop is None:
        return 0.0
    return max(0.0, (hop.first_byte[0] if cell.cell.is_stream else hop.at(0.5)).us.centre)


def _parts(arm: ArmFigures, hop_us: float, names: Sequence[str]) -> list[Part]:
    account = arm.account
    assert account is not None
    stages = [Part(name, us, COLOURS[names.index(name)]) for name, us in account.stages_us.items() if name in names]
    others_us = sum(us for name, us in account.stages_us.items() if name not in names)
    stages.append(Part(OTHERS, others_us, COLOURS[len(names)]))
    left = max(0.0, account.self_us + account.unexplained_us - sum(part.value for part in stages))
    any_hop = min(left, hop_us)
    return [*stages, Part("what any hop costs", any_hop, REST), Part("unexplained rest", left - any_hop, HOLLOW)]


def _short(cell: CellFigures) -> str:
    return cell.name.replace("latency ", "").replace("chat ", "")
