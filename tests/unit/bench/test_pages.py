"""What people read: the Markdown and the page, of runs whose truth is known."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from itertools import pairwise

import msgspec
import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.asides import asides_of
from gossamer.bench.capacity import kept_rates
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.charts import BOTTOM, HEIGHT, Line, Part, _apart, bars, plot, ticks_of
from gossamer.bench.figures import Figures, decode_figures, write_figures
from gossamer.bench.limits import hard_limits
from gossamer.bench.markdown import verdict, write_markdown
from gossamer.bench.marks import headroom_mark
from gossamer.bench.page import write_page
from gossamer.bench.plates import COLOURS, heat, series, stack
from gossamer.bench.profiles import floor, latency
from gossamer.bench.record import Role
from gossamer.bench.verdict import Answer, Budget, Result
from tests.unit.bench.made_up import WAYS, Adds, run_of

SPEED = Cell(Lane.CAPACITY, 64, 50)
FAULTY = Cell(Lane.ERRORS, 1, 5, fault="500")


@pytest.fixture(scope="module")
def figures() -> Figures:
    odd = Adds(300, cpu_us=40, stages_us={"limit": 150.0, "route": 5.0}, hidden=3)
    return figures_of(run_of(cells=(floor(), latency(10), SPEED, FAULTY), ways={**WAYS, Role.GATEWAY: odd}))


class Checker(HTMLParser):
    """Every tag is closed, and nothing is fetched."""

    VOID = frozenset({"meta", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert tag not in {"script", "link", "img", "iframe"}
        assert not {"src", "href"} & {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_headline_figures_have_their_intervals_and_marks(figures: Figures):
    page = write_page(figures, ())
    (p99,) = re.findall(r'<b class="">([^<]*)</b><span>(added p99, latency chat json 1KB c10 [^<]*)</span>', page)
    (p50,) = re.findall(r'<b class="">([^<]*)</b><span>(added p50, latency chat json 1KB c10 [^<]*)</span>', page)
    assert p99[0].endswith(" ms *"), "800 requests are too few for a p99"
    assert p50[0].endswith(" ms")
    for _, words in (p99, p50):
        assert re.search(r"\(-?\d+\.\d\d \.\. -?\d+\.\d\d\)$", words)
    strained = run_of(cells=(latency(10),), ways={**WAYS, Role.GATEWAY: Adds(300, load_share=0.9)})
    assert "added p99, latency chat json 1KB c10 RIG-BOUND" in write_page(figures_of(strained), ())


def test_the_page_is_whole_and_fetches_nothing(figures: Figures):
    page = write_page(figures, hard_limits(figures))
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.seen.count("svg") == 2 + 1 + 2  # curves, the stack, series
    assert "url(" not in page
    assert "@import" not in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_names_what_is_odd(figures: Figures):
    page = write_page(figures)
    assert "error-inside-200" in page
    assert "slow-stage" in page
    assert "unexplained rest" in page


def test_names_from_outside_are_words_and_not_markup():
    figures = figures_of(run_of(cells=(floor(),)))
    figures.arms = tuple(type(arm)(arm.name, arm.role, arm.url, "<script>x</script>") for arm in figures.arms)
    assert "<script" not in write_page(figures)


def test_markdown_has_the_verdict_first_and_every_cell(figures: Figures):
    text = write_markdown(figures)
    assert text.startswith("# What the gateway adds: figures, not judged")
    for cell in figures.cells:
        assert f"| {cell.name} | gateway |" in text
    assert "error-inside-200" in text


def test_an_interrupted_run_says_so(figures: Figures):
    cut = figures_of(run_of(cells=(floor(),)))
    cut.is_complete = False
    assert "interrupted" in write_markdown(cut)
    assert "interrupted" in write_page(cut)
    assert "interrupted" not in write_page(figures)


def test_a_figure_that_the_rig_limits_never_goes_without_its_mark():
    assert headroom_mark(0.9) == " RIG-BOUND"
    assert headroom_mark(0.6) == " (little)"
    assert headroom_mark(0.3) == ""
    bound = figures_of(run_of(cells=(SPEED,)))
    assert "RIG-BOUND" in write_markdown(bound)
    assert "RIG-BOUND" in write_page(bound)


@pytest.mark.parametrize(
    ("cell", "odd", "mark"),
    [
        (latency(10), Adds(300, load_share=0.9), "gateway RIG-BOUND"),
        (Cell(Lane.CAPACITY, 64, 50, rate_per_s=100), Adds(300, load_share=0.9), "gateway RIG-BOUND"),
        (latency(10), Adds(300, cpu_us=7_000), "gateway SATURATED"),
    ],
)
def test_a_latency_that_tells_of_something_else_is_marked_in_its_row(cell: Cell, odd: Adds, mark: str):
    plain = figures_of(run_of(cells=(cell,)))
    marked = figures_of(run_of(cells=(cell,), ways={**WAYS, Role.GATEWAY: odd}))
    assert f"| {mark} |" in write_markdown(marked)
    assert mark in write_page(marked)
    assert f"| {mark} |" not in write_markdown(plain)


def test_slow_one_at_a_time_is_no_saturation():
    slow = figures_of(run_of(cells=(latency(1, each=40), floor()), ways={**WAYS, Role.GATEWAY: Adds(300, cpu_us=9e5)}))
    assert "gateway SATURATED" not in write_markdown(slow)


def test_two_rounds_have_no_interval():
    few, enough = (figures_of(run_of(rounds=rounds, cells=(floor(),))) for rounds in (2, 6))
    assert re.search(r"\| [\d,.]+ \(\?\)", write_markdown(few))
    assert "<small>?</small>" in write_page(few)
    assert not re.search(r"\| [\d,.]+ \(\?\)", write_markdown(enough))


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        ((), "figures, not judged"),
        ((Answer.SHOWN,), "figures, not judged"),
        ((Answer.PASS, Answer.SHOWN), "PASS"),
        ((Answer.PASS, Answer.INCONCLUSIVE), "INCONCLUSIVE"),
        ((Answer.INCONCLUSIVE, Answer.FAIL), "FAIL"),
    ],
)
def test_one_word_for_all(answers: tuple[Answer, ...], word: str):
    assert verdict([Result("x", Budget(1, "x"), answer) for answer in answers]).upper() == word.upper()


def test_the_hard_limit_is_held_against_a_hundred_at_once():
    cell = Cell(Lane.LATENCY, 100, 150)
    (good,) = hard_limits(figures_of(run_of(cells=(cell,))))
    (bad,) = hard_limits(figures_of(run_of(cells=(cell,), ways={**WAYS, Role.GATEWAY: Adds(30_000)})))
    (few,) = hard_limits(figures_of(run_of(rounds=6, cells=(cell,))))
    assert (good.answer, bad.answer, few.answer) == (Answer.PASS, Answer.FAIL, Answer.SHOWN)


def limited(odd: Adds) -> Result:
    (found,) = hard_limits(figures_of(run_of(cells=(Cell(Lane.LATENCY, 100, 150),), ways={**WAYS, Role.GATEWAY: odd})))
    return found


def test_over_the_hard_limit_by_the_rigs_doing_is_no_failure():
    """The rig only adds: what is within the limit nevertheless is within it."""
    over, within = limited(Adds(30_000, load_share=0.9)), limited(Adds(300, load_share=0.9))
    assert (over.answer, within.answer) == (Answer.INCONCLUSIVE, Answer.PASS)
    for result in (over, within):
        (note,) = result.notes
        assert note.startswith("RIG-BOUND: load and provider were the limit")
        assert "90%" in note


def test_a_limit_on_what_is_throughput_by_another_name_says_so():
    saturated = limited(Adds(30_000, cpu_us=7_000))
    assert saturated.answer is Answer.FAIL
    assert [note.partition(":")[0] for note in saturated.notes] == ["SATURATED"]
    assert limited(Adds(300)).notes == ()


def test_figures_that_are_kept_are_the_figures(figures: Figures, tmp_path):
    file = tmp_path / "baseline.json"
    write_figures(figures, file)
    assert decode_figures(file.read_bytes(), file) == figures


def test_the_heat_has_equal_steps_of_the_logarithm():
    assert [heat(us) for us in (-5, 50, 100, 400, 1_000, 3_000, 8_000, 50_000)] == [0, 0, 0, 2, 3, 4, 5, 5]


@pytest.mark.parametrize(("low", "high", "ticks"), [(0, 100, [0, 50, 100]), (0, 0, [0]), (-3, 7, [-5, 0, 5, 10])])
def test_ticks_are_round_and_span_the_values(low: float, high: float, ticks: list[float]):
    found = ticks_of(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert len(found) <= 7


def test_a_plot_of_nothing_is_nothing():
    assert plot([], [], "us", "x") == ""
    assert bars([("a", [Part("b", 0.0, "one")])], "us", "x") == ""


def test_a_line_has_a_dot_and_a_title_for_each_point():
    drawn = plot([Line("a<b", "one", [(0, 1.0), (1, 2.0)])], [(0, "p50")], "us", "x")
    assert drawn.count("<title>a&lt;b: ") == 2


def test_names_at_the_end_of_lines_stay_apart_and_above_the_axis():
    lowest = HEIGHT - BOTTOM
    found = _apart([10.0, 11.0, lowest - 1.0, float(lowest), float(lowest)])
    assert all(later - before >= 13 for before, later in pairwise(found))
    assert found[-1] <= lowest
    assert found[0] == 10.0


def test_large_times_are_drawn_in_milliseconds():
    drawn = plot([Line("a", "one", [(0, 0.0), (1, 1_000_000.0)])], [(0, "x")], "us", "label")
    assert "1,000 ms" in drawn
    assert " us" not in drawn


def test_no_two_stages_share_a_colour():
    stages = {f"stage{number}": 10.0 + number for number in range(11)}
    drawn = "".join(stack(figures_of(run_of(ways={**WAYS, Role.GATEWAY: Adds(600, stages_us=stages)})).cells))
    keys = re.findall(r'class="key (\w+)"', drawn)
    assert len(keys) == len(set(keys)) == len(COLOURS) + 2
    assert "stage10" in drawn
    assert "stage0<" not in drawn
    assert "other stages" in drawn


def ladder(spread_us: float = 20.0) -> dict[str, str]:
    """What is said of each way: rate, and what ended it."""
    cells = tuple(Cell(Lane.CAPACITY, 64, 30, rate_per_s=rate) for rate in (500, 1_000))
    ways = {**WAYS, Role.GATEWAY: Adds(300, spread_us)}
    aside = next(aside for aside in asides_of(figures_of(run_of(cells=cells, ways=ways))) if "highest" in aside.title)
    return {row[0]: f"{row[2]}; {row[3]}" for row in aside.rows}


def test_the_highest_rate_is_told_with_what_ended_it():
    whole = "1,000; nothing: the ladder has no higher rate"
    assert ladder() == {"direct": whole, "hop": whole, "gateway": whole}
    assert ladder(spread_us=9_000)["gateway"].startswith("none of the ladder's; p99 ")
    assert ladder(spread_us=9_000)["gateway"].endswith(" ms at 500/s")


def test_a_rate_that_the_generator_ended_is_marked():
    slow = figures_of(
        run_of(cells=(Cell(Lane.CAPACITY, 64, 30, rate_per_s=500),), ways=dict.fromkeys(WAYS, Adds(30_000)))
    )
    assert {each.arm: each.is_rig_bound for each in kept_rates(slow)} == {"direct": False, "hop": True, "gateway": True}


def test_every_cell_tells_how_the_rig_fared(figures: Figures):
    aside = next(aside for aside in asides_of(figures) if "rig" in aside.title)
    assert [row[0] for row in aside.rows] == [cell.name for cell in figures.cells]
    assert aside.rows[0][2] == "20%"
    assert "Was the rig the limit?" in write_page(figures)


def told_by(cells: tuple[Cell, ...], told: Mapping[str, int]) -> Figures:
    """Of the gateway alone."""
    run = run_of(cells=cells)
    run.blocks = [
        msgspec.structs.replace(block, costs=msgspec.structs.replace(block.costs, metrics_ns=told))
        if block.arm == "gateway" and block.costs is not None
        else block
        for block in run.blocks
    ]
    return figures_of(run)


def test_of_a_metric_with_the_providers_time_in_it_nothing_is_left():
    figures = told_by((floor(),), {"my_own": 100_000, "my_provider": 9_000_000})
    aside = next(aside for aside in asides_of(figures) if "metrics" in aside.title)
    assert aside.headings[2:] == ("added p50", "own", "provider")
    assert aside.words.endswith("All names begin with `my_`.")
    ((cell, way, measured, own, provider),) = aside.rows
    assert (cell, way) == (floor().name, "gateway")
    assert own == f"100; {int(measured) - 100}"
    assert provider == "9,000; -"


def test_metrics_take_a_row_for_each_cell_and_way_and_are_folded_up_in_the_page():
    figures = told_by((floor(), latency(10)), {f"metric{number}": 100_000 for number in range(6)})
    aside = next(aside for aside in asides_of(figures) if "metrics" in aside.title)
    assert [row[:2] for row in aside.rows] == [(floor().name, "gateway"), (latency(10).name, "gateway")]
    page = write_page(figures)
    assert "<details><summary>2 rows</summary>" in page.split("<h2>By their own metrics</h2>")[1]
    gone = msgspec.structs.replace(figures.cells[0].arms[-1], metrics_us={"other": 1.0})
    first = msgspec.structs.replace(figures.cells[0], arms=(*figures.cells[0].arms[:-1], gone))
    figures.cells = (first, figures.cells[1])
    aside = next(aside for aside in asides_of(figures) if "metrics" in aside.title)
    assert aside.rows[0][4] == aside.rows[1][3] == "-"


def test_points_of_the_series_have_the_numbers_of_their_rounds():
    run = run_of(rounds=8, cells=(floor(),))
    run.blocks = [block for block in run.blocks if (block.round, block.arm) != (2, "gateway")]
    figures = figures_of(run)
    assert figures.cells[0].turns == (0, 1, 3, 4, 5, 6, 7)
    drawn = "".join(series(figures.cells, {"gateway": "one", "hop": "two"}))
    assert re.findall(r'text-anchor="middle">(\d+)<', drawn) == ["1", "2", "4", "5", "6", "7", "8"]
    old = [msgspec.structs.replace(cell, turns=()) for cell in figures.cells]
    assert "Added median" in "".join(series(old, {"gateway": "one", "hop": "two"}))


def test_what_is_far_longer_does_not_flatten_the_others():
    ways = {**WAYS, Role.GATEWAY: Adds(600, stages_us={"a": 100})}
    run, slow = (
        run_of(cells=cells, ways={**ways, Role.GATEWAY: Adds(us, stages_us={"a": 100})})
        for cells, us in (((floor(), latency(10)), 600), ((latency(50),), 60_000))
    )
    plain = "".join(stack(figures_of(run).cells))
    both = "".join(stack((*figures_of(run).cells, *figures_of(slow).cells)))
    assert (plain.count("<svg"), both.count("<svg")) == (1, 2)
    assert "a scale of its own" in both
    assert "a scale of its own" not in plain
    widths = [re.findall(r'width="([\d.]+)"', drawn.partition("</svg>")[0]) for drawn in (plain, both)]
    assert widths[0] == widths[1]
