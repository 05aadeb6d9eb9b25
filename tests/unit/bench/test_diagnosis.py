"""Each odd thing is named for what it is, and a good gateway has nothing said of it."""

import re

import msgspec
import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.markdown import write_markdown
from gossamer.bench.page import write_page
from gossamer.bench.profiles import floor, latency, latency_stream
from gossamer.bench.record import Block, Role, Spread, Streams
from tests.unit.bench.made_up import WAYS, Adds, run_of

STREAM = latency_stream(10)
SPREAD = Spread(400, 50_000, 60_000, 90_000, 100_000)
LATE = Spread(400, 40_000_000, 60_000_000, 90_000_000, 100_000_000)


def streams(per_stream: int = 22, reads: int = 440, shrunk: int = 1, unended: int = 0, delay: Spread | None = SPREAD):
    count = STREAM.requests
    return Streams(
        per_stream * count, reads, [per_stream] * count, unended, 400 if delay else 0, shrunk, [1] * count, delay
    )


GOOD = {role: Adds(adds.us, cpu_us=adds.cpu_us, streams=streams()) for role, adds in WAYS.items()}


def kinds(cell: Cell, odd: Adds) -> dict[str, str]:
    run = run_of(cells=(cell,), ways={**GOOD, Role.GATEWAY: odd})
    return {finding.kind: finding.text for finding in figures_of(run).findings}


def test_nothing_is_said_of_a_good_gateway():
    assert figures_of(run_of(cells=(STREAM, floor()), ways=GOOD)).findings == ()


@pytest.mark.parametrize(
    ("cell", "odd", "kind", "told"),
    [
        (floor(), Adds(300, stages_us={"a": 10, "limit": 150}), "slow-stage", "the stage `limit` takes 15"),
        (STREAM, Adds(300, streams=streams(shrunk=380, delay=LATE)), "buffering", "95% of the gaps"),
        (STREAM, Adds(300, streams=streams(reads=20, shrunk=0, delay=None)), "buffering", "22.0 events come at once"),
        (STREAM, Adds(300, streams=streams(per_stream=21)), "lost-events", "about one in 22"),
        (STREAM, Adds(300, streams=streams(unended=3)), "unended-streams", "30 streams end without"),
        (floor(), Adds(300, hidden=5), "error-inside-200", "50 of 2500 answers say 200"),
        (floor(), Adds(300, status="429"), "refusals", "2500 x 429"),
        (floor(), Adds(300, reached=0.5), "answered-without-provider", "is a cache on?"),
        (Cell(Lane.CAPACITY, 64, 100), Adds(0.0), "rig", "RIG-BOUND"),
        (latency(10), Adds(300, load_share=0.9), "rig", "RIG-BOUND"),
    ],
)
def test_it_is_named(cell: Cell, odd: Adds, kind: str, told: str):
    found = kinds(cell, odd)
    assert list(found) == [kind]
    assert told in found[kind]


def test_where_all_stages_are_long_none_is_called_slow():
    assert kinds(floor(), Adds(300, stages_us={"read_body": 80, "forward": 150})) == {}


def test_a_stage_of_streams_is_held_against_the_hops_first_byte():
    """It is told in the head. What came behind may have gone faster through the hop than its head did."""
    odd = Adds(300, streams=streams(), stages_us={"a": 10, "forward": 150})
    run = run_of(cells=(STREAM,), ways={**GOOD, Role.GATEWAY: odd})
    assert [finding.kind for finding in figures_of(run).findings] == ["slow-stage"]
    run.blocks = [slow_to_begin(block) if block.arm == "hop" else block for block in run.blocks]
    assert figures_of(run).findings == ()


def slow_to_begin(block: Block) -> Block:
    assert block.sample is not None
    first_ns = [ns + 100_000 for ns in block.sample.first_ns]
    return msgspec.structs.replace(block, sample=msgspec.structs.replace(block.sample, first_ns=first_ns))


def test_a_way_without_figures_is_told_of_with_its_reason():
    """A gateway that refuses everything has no times, and must not pass for one of which nothing is to be said."""
    run = run_of(cells=(floor(), Cell(Lane.CAPACITY, 64, 20, rate_per_s=500)))
    run.blocks = [emptied(block) if block.arm == "gateway" else block for block in run.blocks]
    figures = figures_of(run)
    (finding,) = figures.findings
    assert (finding.kind, finding.arm, finding.cell) == ("no-figures", "gateway", floor().name)
    assert finding.text.endswith("not one good answer: 2500 x 500")
    assert "not one good answer" in write_markdown(figures)
    assert "not one good answer" in write_page(figures)
    assert "Nothing odd" not in write_markdown(figures)


def emptied(block: Block) -> Block:
    assert block.sample is not None
    count = len(block.sample.numbers)
    nothing = msgspec.structs.replace(
        block.sample, numbers=[], took_ns=[], first_ns=[], statuses={"500": count}, self_ns=None
    )
    return msgspec.structs.replace(block, sample=nothing)


def test_of_a_run_without_a_whole_round_nothing_good_is_said():
    run = run_of(cells=(floor(),))
    run.blocks = run.blocks[:1]
    figures = figures_of(run)
    for told in (write_markdown(figures), write_page(figures)):
        assert "Nothing odd" not in told


def test_the_same_in_many_cells_is_told_once():
    run = run_of(cells=(floor(), latency(10)), ways={**WAYS, Role.GATEWAY: Adds(300, hidden=5)})
    (finding,) = figures_of(run).findings
    assert finding.text.endswith("; and in 1 other cell")


HUNDRED = Cell(Lane.LATENCY, 100, 150)


def test_what_is_over_a_limit_comes_first_with_what_the_gateway_tells_of_it():
    odd = Adds(30_000, stages_us={"a": 2_000}, hidden=5)
    run = run_of(cells=(floor(), HUNDRED), ways={**WAYS, Role.GATEWAY: odd})
    finding = figures_of(run).findings[0]
    assert (finding.kind, finding.arm, finding.cell) == ("over-limit", "gateway", HUNDRED.name)
    assert finding.text.startswith("its added p99 is 30.0 ms, the limit is 20 ms; of the 30.0 ms that it adds")
    assert finding.text.endswith("its own answers tell 2.0 ms, and do not account for 28.0 ms")


def test_what_is_within_its_limit_or_tells_nothing_of_itself():
    assert kinds(HUNDRED, Adds(10_000, streams=None)) == {}
    assert kinds(HUNDRED, Adds(30_000))["over-limit"].endswith("its answers do not tell what they cost")


@pytest.mark.parametrize(
    ("cell", "adds_us", "told_us", "is_named"),
    [
        (latency(10), 3_000, 200, True),
        (floor(), 3_000, 200, True),
        (latency(10), 900, 80, False),  # less than a millisecond
        (latency(10), 5_000, 3_000, False),  # most of it is told
        (latency(50), 3_000, 200, False),  # waiting for each other is in it
    ],
)
def test_what_no_stage_tells_is_named(cell: Cell, adds_us: float, told_us: float, is_named: bool):
    stages = dict.fromkeys("abcd", told_us / 4)
    found = kinds(cell, Adds(adds_us, stages_us=stages))
    assert list(found) == (["unexplained"] if is_named else [])
    if is_named:
        assert "its own answers tell 0.2 ms: what takes the other 2.8 ms" in found["unexplained"]


def test_of_streams_it_is_the_time_until_the_first_byte():
    odd = Adds(3_000, streams=streams(), stages_us=dict.fromkeys("abcd", 50.0))
    assert "ms that it adds at the median until the first byte its own" in kinds(STREAM, odd)["unexplained"]


def test_a_gateway_without_a_core_left_is_named():
    found = kinds(latency(10), Adds(300, cpu_us=7_000))
    assert list(found) == ["saturated"]
    assert re.search(
        r"with 10 at once it keeps 1\d\d% of a core busy and gives 100% of the answers", found["saturated"]
    )


def test_streams_of_a_provider_that_cuts_them_have_no_end_and_nobody_is_blamed():
    cut = Cell(Lane.ERRORS, 1, STREAM.requests, is_stream=True, fault="cut")
    ways = {role: Adds(adds.us, streams=streams(unended=3)) for role, adds in WAYS.items()}
    assert figures_of(run_of(cells=(cut,), ways=ways)).findings == ()
    late = Cell(Lane.ERRORS, 1, STREAM.requests, is_stream=True, fault="slow-first:1")
    assert {finding.kind for finding in figures_of(run_of(cells=(late,), ways=ways)).findings} == {"unended-streams"}
