"""Whole runs of the yardstick: tiny ones, against good gateways and deliberately bad ones.

What is asked for here holds on a busy machine: that things are found and named, never how large they are.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.arms import Outside
from gossamer.bench.cells import Cell, Dialect, Lane
from gossamer.bench.errors import RigBroken
from gossamer.bench.page import write_page
from gossamer.bench.placement import Place
from gossamer.bench.processes import Process, free_port, wait_for_port
from gossamer.bench.profiles import Profile, floor, latency, latency_stream
from gossamer.bench.record import Role, Run, read_run, write_run
from gossamer.bench.schedule import Visit
from gossamer.bench.session import Wish, slowed_env, take_run
from gossamer.bench.stages import grown_stages
from gossamer.bench.subject import Subject
from tests.house.pages import ROOT

needs_linux_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="takes two cores")
pytestmark = needs_linux_cores
ODD = f"{sys.executable} {ROOT / 'tests/system/odd_proxies.py'}"
SLOW_US = 20_000
"""Far more than a stage or a hop takes on a machine that is held up: that it is named is tested, not the sharp eye."""
SLOW_CELL = Cell(Lane.FLOOR, 1, 30)
SLOWED_STAGE = f"gossamer.stages.authenticate:authenticate:{SLOW_US}"


def taken(cells: tuple[Cell, ...], rounds: int, subject: Subject, base: str | None = None) -> Run:
    wish = Wish(Profile("tiny", cells, rounds), rounds, 1, subject, base=base)
    return take_run(wish, lambda _: None, lambda *_: None, lambda _: None)


def named(cells: tuple[Cell, ...], subject: Subject, rounds: int = 2) -> dict[str, str]:
    figures = figures_of(taken(cells, rounds, subject))
    return {finding.kind: finding.text for finding in figures.findings if finding.arm == "gateway"}


def test_a_tiny_run_of_everything():
    cells = (
        latency(4, each=2),
        *(latency_stream(2, dialect=dialect) for dialect in (Dialect.CHAT, Dialect.RESPONSES)),
        Cell(Lane.FLOOR, 1, 40),
        Cell(Lane.CAPACITY, 8, 100),
        Cell(Lane.CAPACITY, 8, 40, rate_per_s=200),
        Cell(Lane.ERRORS, 1, 3, fault="429-always"),
        Cell(Lane.ERRORS, 1, 2, is_stream=True, fault="cut"),
    )
    run = taken(cells, 2, Subject())
    assert run.is_complete
    assert [block.reason for block in run.blocks if block.reason] == []
    figures = figures_of(run)
    for cell in figures.cells:
        assert {arm.role for arm in cell.arms} == set(Role) - {Role.BASE}, cell.missing
        gateway = cell.arm(Role.GATEWAY)
        assert gateway is not None
        assert gateway.cpu_us is not None
        if cell.cell.lane is not Lane.ERRORS:
            assert set(gateway.statuses) == {"200"}
            assert gateway.account is not None
            assert "authenticate" in gateway.account.stages_us
            assert 0 < gateway.metrics_us["gossamer_proxy_request_duration"] < 1e6
        if cell.cell.is_stream and not cell.cell.fault:
            assert gateway.flow is not None
            assert gateway.flow.is_stamped
            assert gateway.flow.events == gateway.flow.expected > 0
    assert "<svg" in write_page(figures)


@pytest.mark.parametrize(
    ("kind", "finding", "told"),
    [
        ("buffering", "buffering", "holds streams back"),
        ("dropping", "lost-events", "events of streams are missing"),
    ],
)
def test_a_proxy_that_spoils_streams_is_named(kind: str, finding: str, told: str):
    found = named((latency_stream(50),), Subject(f"{ODD} {kind} {{port}} {{upstream_port}}"), 3)
    assert told in found[finding]


def test_a_proxy_that_answers_200_with_an_error_inside_is_named():
    found = named((Cell(Lane.FLOOR, 1, 60),), Subject(f"{ODD} lying {{port}} {{upstream_port}}"))
    assert "say 200 and have an error inside" in found["error-inside-200"]


def test_a_proxy_that_does_nothing_odd_is_not_accused():
    found = named((latency_stream(10), floor()), Subject(f"{ODD} good {{port}} {{upstream_port}}"))
    assert set(found) <= {"rig"}


def test_a_slow_stage_is_named_and_called_grown_beside_the_gateway_as_it_is():
    """Beside itself in one run: whatever else holds the machine up holds both up."""
    wish = Wish(Profile("tiny", (SLOW_CELL,), 7), 7, 1, slowed=SLOWED_STAGE)
    run = take_run(wish, lambda _: None, lambda *_: None, lambda _: None)
    slow = [finding.text for finding in figures_of(run).findings if finding.kind == "slow-stage"]
    assert len(slow) == 1
    assert "`authenticate`" in slow[0]
    grown = [finding.text for finding in grown_stages(run)]
    assert "`authenticate`" in grown[0]


def test_a_stage_that_has_grown_since_a_revision_is_named():
    if subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, check=False).returncode:
        pytest.skip("these sources are in no git repository: there is no revision to compare with")
    subject = Subject(env=slowed_env(SLOWED_STAGE))
    run = taken((SLOW_CELL,), 7, subject, base="HEAD")
    assert [block.reason for block in run.blocks if block.reason] == []
    assert "`authenticate`" in grown_stages(run)[0].text


def told_in_the_end(subject: Subject) -> Run:
    return taken((Cell(Lane.FLOOR, 1, 20),), 2, subject)


def test_a_gateway_that_dies_in_the_run_is_named_and_the_others_have_their_figures():
    """One more request than it takes to stand: it is gone in its first block."""
    run = told_in_the_end(Subject(f"{ODD} dying {{port}} {{upstream_port}}"))
    figures = figures_of(run)
    assert {"hop", "direct"} <= {arm.arm for arm in figures.cells[0].arms}
    (finding,) = (finding for finding in figures.findings if finding.kind == "no-figures")
    assert finding.arm == "gateway"
    assert any("gateway ended with code 7" in note for note in run.notes)


@contextmanager
def standing(kind: str, port: int, upstream_port: int, folder: Path) -> Iterator[str]:
    """A gateway that somebody else started."""
    command = [sys.executable, str(ROOT / "tests/system/odd_proxies.py"), kind, str(port), str(upstream_port)]
    process = Process("proxy", command, Place(min(os.sched_getaffinity(0))), folder / f"words-{port}")
    try:
        wait_for_port(process, port, 20)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.stop()


def asked(outside: Outside, provider_port: int) -> Run:
    cells = (Cell(Lane.FLOOR, 1, 20),)
    wish = Wish(Profile("tiny", cells, 2), 2, 1, outside=(outside,), provider_port=provider_port)
    return take_run(wish, lambda _: None, lambda *_: None, lambda _: None)


def test_a_gateway_that_runs_already_is_measured_and_its_processes_are_found(tmp_path: Path):
    provider_port = free_port()
    with standing("good", free_port(), provider_port, tmp_path) as url:
        figures = figures_of(asked(Outside("mine", url, "t"), provider_port))
    (arm,) = (arm for arm in figures.cells[0].arms if arm.arm == "mine")
    assert arm.statuses == {"200": 40}
    assert arm.cpu_us is not None


def test_a_target_that_cannot_be_measured_is_told_of_before_the_run(tmp_path: Path):
    provider_port, other = free_port(), free_port()
    with (
        standing("good", free_port(), other, tmp_path) as astray,
        pytest.raises(RigBroken, match="mine gives no answer"),
    ):
        asked(Outside("mine", astray, "t"), provider_port)
    with (
        standing("alone", free_port(), provider_port, tmp_path) as alone,
        pytest.raises(RigBroken, match="not from the mock: its provider must be"),
    ):
        asked(Outside("mine", alone, "t"), provider_port)
    with pytest.raises(RigBroken, match="write it like https://"):
        asked(Outside("mine", "127.0.0.1:80", "t"), provider_port)


def test_whoever_has_the_mocks_port_is_not_taken_for_the_mock():
    with socket.create_server(("127.0.0.1", 0)) as taken_port, pytest.raises(RigBroken, match="cannot be had"):
        asked(Outside("mine", "http://127.0.0.1:1/v1", "t"), taken_port.getsockname()[1])


def test_an_interrupted_run_is_kept_and_goes_on_where_it_stopped(tmp_path: Path):
    cells, file = (Cell(Lane.FLOOR, 1, 20),), tmp_path / "run.json"
    wish = Wish(Profile("tiny", cells, 3), 3, 1, Subject())

    def interrupt_in(turn: int) -> Callable[[Run, Visit, int], None]:
        def progress(_run: Run, visit: Visit, _position: int) -> None:
            if visit.round == turn:
                raise KeyboardInterrupt

        return progress

    def keep(run: Run) -> None:
        write_run(run, file)

    first = take_run(wish, lambda _: None, interrupt_in(1), keep)
    assert not first.is_complete
    kept = read_run(file)
    assert {block.round for block in kept.blocks} == {0}
    resumed = take_run(wish, lambda _: None, lambda *_: None, keep, kept)
    assert resumed.is_complete
    assert len({(block.round, block.arm) for block in resumed.blocks}) == len(resumed.blocks) == 3 * 4
    with pytest.raises(RigBroken, match="its rounds were others"):
        take_run(replace(wish, rounds=4), lambda _: None, lambda *_: None, keep, read_run(file))
