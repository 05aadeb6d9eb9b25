"""The report as one self-contained HTML page: its plots are inline SVG, its style is inside, nothing is fetched.

Readable without colour (every mark has its words or a title) and in light and dark.
"""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from gossamer.bench.asides import asides_of
from gossamer.bench.figures import Figures
from gossamer.bench.markdown import (
    COLUMNS,
    HEADINGS,
    LANES,
    SHOWN,
    facts,
    headings_of,
    nothing_odd,
    number,
    verdict,
)
from gossamer.bench.marks import headroom_mark
from gossamer.bench.plates import COLOURS, REST, curves, heat_map, series, stack, streams, table_of
from gossamer.bench.record import Role
from gossamer.bench.report import HEADINGS as VERDICT_HEADINGS
from gossamer.bench.report import row_of
from gossamer.bench.standouts import plotted
from gossamer.bench.tiles import tiles
from gossamer.bench.verdict import Answer, Result
from gossamer.bench.words import VERDICT, words_of

STYLE = Path(__file__).with_name("page.css")


def write_page(figures: Figures, results: Sequence[Result] = ()) -> str:
    """`results` are a gate's, where one judged this run."""
    colours = _colours(figures)
    cells = plotted(figures, results)
    parts = [
        *_head(figures, results),
        *tiles(figures, results),
        *_findings(figures),
        *(_verdict_table(results) if results else ()),
        *_words(figures),
        *heat_map(figures),
        *curves(cells, colours),
        *streams(figures),
        *stack(cells),
        *series(cells, colours),
        *_capacity(figures),
        *_asides(figures),
        *_tables(figures),
        *_facts(figures),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>What the gateway adds</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _colours(figures: Figures) -> dict[str, str]:
    """A way keeps its colour through the page: gateways first, the hop in grey."""
    named = [arm.name for arm in figures.gateways]
    found = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(named)}
    return {**found, **{arm.name: REST for arm in figures.arms if arm.role is Role.HOP}}


# --- the top ---


def _head(figures: Figures, results: Sequence[Result]) -> Iterator[str]:
    word = verdict(results)
    css = {"PASS": "pass", "pass": "pass", "FAIL": "fail"}.get(word, "doubt" if results else "")
    yield f'<h1>What the gateway adds: <span class="verdict {css}">{escape(word)}</span></h1>'
    names = ", ".join(f"{arm.name} ({arm.what})" for arm in figures.gateways)
    yield f"<p>{escape(names)}. Profile {escape(figures.profile)}, begun {escape(figures.began)}.</p>"
    if not figures.is_complete:
        yield '<p class="doubt">The run was interrupted: these are the figures of the rounds that there are.</p>'
    if any(cell.is_disturbed for cell in figures.cells):
        yield (
            '<p class="doubt">Other processes were at work meanwhile: figures are wider and higher than on a quiet '
            "machine.</p>"
        )


def _findings(figures: Figures) -> Iterator[str]:
    yield "<h2>What was seen</h2>"
    if not figures.findings:
        yield f"<p>{escape(nothing_odd(figures))}</p>"
        return
    items = (
        f'<li><b>{escape(f.arm)}: <span class="mark">{escape(f.kind)}</span>.</b> '
        f"{escape(f.text[:1].upper() + f.text[1:]).replace('`', '')} <small>({escape(f.cell)})</small></li>"
        for f in figures.findings
    )
    yield f"<ul>{''.join(items)}</ul>"


def _words(figures: Figures) -> Iterator[str]:
    """Before the first table, and open: who knows them closes it."""
    told = "".join(
        f"<dt>{escape(_plain(word.name))}</dt><dd>{escape(_plain(word.means))}</dd>"
        for word in words_of(headings_of(figures))
    )
    yield f'<details class="card words" open><summary>How to read the tables</summary><dl>{told}</dl></details>'


def _plain(words: str) -> str:
    """Without the marks of Markdown."""
    return words.replace("`", "")


def _verdict_table(results: Sequence[Result]) -> Iterator[str]:
    yield f"<h2>Verdict</h2><p>{escape(VERDICT)}</p>"
    css = {Answer.PASS: "pass", Answer.FAIL: "fail"}
    rows = []
    for result in results:
        name, answer, *rest = row_of(result)
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        rows.append(
            f'<tr><td class="name">{escape(name)}</td>'
            f'<td class="{css.get(result.answer, "doubt")}">{escape(answer)}</td>{cells}</tr>'
        )
    yield table_of(VERDICT_HEADINGS, rows)


def _capacity(figures: Figures) -> Iterator[str]:
    """How near the generator is to being what is measured."""
    rows = []
    for cell in figures.cells:
        for arm in cell.arms:
            if arm.headroom is not None and arm.role in SHOWN:
                mark = headroom_mark(arm.headroom)
                cells = [f"{arm.per_s:,.0f}", f"{arm.headroom:.2f}", mark.strip(" ()") or "enough",
                         f"{arm.load_share:.0%}", number(arm.loop_lag_us)]  # fmt: skip
                shown = "".join(f"<td>{escape(each)}</td>" for each in cells)
                rows.append(f'<tr><td class="name">{escape(cell.name)}</td><td>{escape(arm.arm)}</td>{shown}</tr>')
    if rows:
        yield "<h2>Headroom: is the generator the limit?</h2>"
        yield (
            "<p>Of direct: answers a second as a share of those without the way. Over 0.5 there is little room, over "
            "0.8 it is no figure (RIG-BOUND). Load's core: how busy the core of load and provider was. Worst loop lag: "
            "how late a timer of the load process was, at the worst.</p>"
        )
        yield table_of(
            ("cell", "way", "answers a second", "of direct", "room", "load's core", "worst loop lag us"), rows
        )


def _asides(figures: Figures) -> Iterator[str]:
    for aside in asides_of(figures):
        yield f"<h2>{escape(aside.title)}</h2><p>{escape(_plain(aside.words))}</p>"
        rows = ["<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in aside.rows]
        shown = table_of(aside.headings, rows)
        summary = f"<summary>{len(rows)} row{'s' if len(rows) > 1 else ''}</summary>"
        yield f"<details>{summary}{shown}</details>" if aside.is_long else shown


def _tables(figures: Figures) -> Iterator[str]:
    """All figures, for who wants them."""
    for lane, title in LANES.items():
        rows = [
            "<tr>" + "".join(f"<td>{escape(each)}</td>" for each in COLUMNS[lane](cell, arm)) + "</tr>"
            for cell in figures.cells
            if cell.cell.lane is lane
            for arm in cell.arms
            if arm.role in SHOWN
        ]
        if rows:
            yield f"<h2>{escape(title)}</h2>"
            yield table_of(HEADINGS[lane], rows)


def _facts(figures: Figures) -> Iterator[str]:
    yield "<h2>Taken with</h2>"
    items = "".join(f"<li>{escape(line.removeprefix('- ').replace('`', ''))}</li>" for line in facts(figures))
    yield f"<ul>{items}</ul>"
