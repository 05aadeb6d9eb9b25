"""`gossamer bench peers` with whole processes: a peer that stands, one that ends at once, one that is not there."""

import argparse
import os
import shutil
import sys
from pathlib import Path

import pytest

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.groups import group_cpu_ns, own_group, remove_groups
from gossamer.bench.kernel import cpu_ns
from gossamer.bench.peers.environment import environment_of
from gossamer.bench.peers.manifest import Manifest, read_manifests
from gossamer.bench.peers.standing import Peer
from gossamer.bench.peers.table import write_peers
from gossamer.bench.placement import Place
from gossamer.bench.processes import Process
from gossamer.bench.profiles import Profile, latency
from gossamer.bench.record import Role, Run
from gossamer.bench.session import Wish, take_run
from gossamer.cli.bench import add_commands
from tests.house.pages import ROOT

pytestmark = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="takes two cores")
OURS = ROOT / "benchmarks" / "peers"
ODD = f'"{{python}}", "{ROOT / "tests/system/odd_proxies.py"}"'


def manifest(name: str, kind: str, more: str = "") -> str:
    return f"""
name = "{name}"
about = "a proxy of the tests"
{more}
[install]
from = "here"
[start]
command = [{ODD}, "{kind}", "{{port}}", "{{upstream_port}}"]
within_s = 20.0
"""


def peers_of(folder: Path) -> tuple[list[Manifest], list[Peer]]:
    manifests = read_manifests(folder)
    return manifests, [Peer(each, environment_of(each, folder, folder, print), "of the tests") for each in manifests]


def taken(folder: Path) -> tuple[list[Manifest], Run]:
    manifests, peers = peers_of(folder)
    cells = (latency(10, each=2), Cell(Lane.FLOOR, 1, 20))
    run = take_run(Wish(Profile("tiny", cells, 2), 2, 1, peers=peers), lambda _: None, lambda *_: None, lambda _: None)
    return manifests, run


@pytest.mark.skipif(
    not (shutil.which("wrk") and shutil.which("nginx")), reason="takes wrk and nginx (apt-get install wrk nginx-light)"
)
def test_all_that_stand_are_measured_together_and_the_others_are_named(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("gossamer.bench.peers.speed.SECONDS", 1)
    monkeypatch.setattr("gossamer.bench.peers.speed.SLOW_SECONDS", 1)
    monkeypatch.setattr("gossamer.bench.peers.speed.ROUNDS", 2)
    shutil.copy(OURS / "nginx.toml", tmp_path)
    shutil.copy(OURS / "gossamer.toml", tmp_path)
    (tmp_path / "good.toml").write_text(manifest("Good", "good"))
    (tmp_path / "gone.toml").write_text(manifest("Gone", "good").replace("odd_proxies.py", "nobody.py"))
    manifests, run = taken(tmp_path)
    assert {arm.name for arm in run.arms} == {"direct", "nginx", "direct again", "Gossamer", "Good"}
    assert next(arm.name for arm in run.arms if arm.role is Role.HOP) == "nginx"
    assert "Gone ended with code 2" in run.absent["Gone"]
    assert {(speed.arm, speed.reason) for speed in run.speeds} == {
        (name, "") for name in ("direct", "nginx", "Gossamer", "Good")
    }
    figures = figures_of(run)
    assert [cell.missing for cell in figures.cells] == [{}, {}]
    table = write_peers(run, figures, manifests, "gossamer bench peers")
    assert "| Gone | not measured: Gone ended with code 2" in table


def test_a_peer_that_cannot_be_installed_ends_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    text = manifest("Nowhere", "good").replace('from = "here"', 'from = "path"\nprogram = "no-such"\nhint = "Get it."')
    (tmp_path / "nowhere.toml").write_text(text)
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    args = parser.parse_args(["bench", "peers", "--manifests", str(tmp_path), "--install-only"])
    assert args.run(args) == 2
    assert "Nowhere: NOT INSTALLED: no-such is not on the path. Get it." in capsys.readouterr().err


def test_a_group_counts_what_ended_children_used(tmp_path: Path):
    """The parent hardly works; its child did, and has ended without being waited for by us."""
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    code = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {burn!r}]); print(1); time.sleep(60)"
    command = [sys.executable, "-uc", code]
    process = Process("parent", command, Place(min(os.sched_getaffinity(0))), tmp_path / "words", is_counted=True)
    try:
        while "1" not in process.last_words():
            process.check()
        used_ns = group_cpu_ns(process.pid)
        if used_ns is None:
            pytest.skip("this kernel or user makes no control groups: CPU is read from the processes' own clocks")
        assert used_ns > 300_000_000 > cpu_ns(process.pid)
        assert group_cpu_ns(os.getpid()) is None, "we ourselves are back where we were"
    finally:
        process.stop()
        remove_groups()


def test_where_no_group_can_be_made_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("gossamer.bench.groups.MOUNTS", tmp_path / "none")
    with own_group("x"):
        assert group_cpu_ns(os.getpid()) is None
