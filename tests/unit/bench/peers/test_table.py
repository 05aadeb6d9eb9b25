"""The table of peers: each figure in its place, and none without its mark or its reason."""

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell
from gossamer.bench.peers.manifest import Install, Manifest, Start
from gossamer.bench.peers.table import paces_of, write_peers
from gossamer.bench.profiles import PEERS, latency
from gossamer.bench.record import Arm, Role, Run, Speed
from tests.unit.bench.made_up import ARMS, WAYS, Adds, run_of

HOP = Arm("nginx", Role.HOP, "http://localhost/hop", "the hop")
GOSSAMER = Arm("Gossamer", Role.GATEWAY, "http://localhost/g", "ours")
ARMS_OF = (ARMS[0], HOP, ARMS[2], GOSSAMER)
MANIFESTS = [
    Manifest("Gossamer", "ours", Install("here"), Start(("x",)), on=("key check",), off=("cache",)),
    Manifest("Gone", "theirs", Install("here"), Start(("x",))),
    Manifest("nginx", "C", Install("here"), Start(("x",)), role="hop"),
]
PER_S = {"direct": 40_000, "nginx": 39_000, "Gossamer": 10_000}


def speeds(per_s: dict[str, int] = PER_S) -> list[Speed]:
    costs_us = {"direct": 0, "nginx": 20, "Gossamer": 40}
    return [
        Speed(turn, arm, each * 2, 2.0, costs_us[arm] * 1000 * each * 2, 50_000_000, each * 2)
        for turn in range(6)
        for arm, each in per_s.items()
    ]


def taken(gateway: Adds = WAYS[Role.GATEWAY]) -> Run:
    cells = tuple(smaller(cell) for cell in PEERS.cells)
    run = run_of(cells=cells, arms=ARMS_OF, ways={**WAYS, Role.GATEWAY: gateway})
    run.speeds, run.absent = speeds(), {"Gone": "it ended | with code 1"}
    return run


def smaller(cell: Cell) -> Cell:
    """Bootstraps of many requests are slow."""
    return cell if cell.is_stream else latency(cell.concurrency, each=4)


def row(run: Run, name: str) -> list[str]:
    lines = write_peers(run, figures_of(run), MANIFESTS, "gossamer bench peers").splitlines()
    line = next(line for line in lines if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_hop_comes_first_then_ours_then_the_others():
    run = taken()
    lines = write_peers(run, figures_of(run), MANIFESTS, "x").splitlines()
    names = [line.split("|")[1].strip() for line in lines if line.startswith("| ") and "---" not in line]
    assert names[1:4] == ["nginx", "Gossamer", "Gone"]


def test_speed_cost_and_its_ratio_to_the_hop():
    found = row(taken(), "Gossamer")
    assert found[5:9] == ["40", "2.0 x", "50", "10,000"]


def test_a_speed_that_the_rig_bounds_never_stands_without_its_mark():
    assert row(taken(), "nginx")[8] == "39,000 RIG-BOUND"


def test_a_speed_that_the_rig_nearly_bounds_has_a_mark_that_is_explained():
    run = taken()
    run.speeds = speeds({**PER_S, "Gossamer": 25_000})
    assert row(run, "Gossamer")[8] == "25,000 (little)"
    assert "- (little): it goes more than half as fast" in write_peers(run, figures_of(run), MANIFESTS, "x")


def test_a_latency_that_the_rig_bounds_never_stands_without_its_mark():
    found = row(taken(Adds(300, cpu_us=40, load_share=0.95, stages_us={"a": 50})), "Gossamer")
    for column in (1, 2, 3, 4, 10):
        assert found[column].endswith("RIG-BOUND"), found[column]


def test_a_gateway_without_a_core_left_is_called_saturated():
    # 20 requests in half a second, 30 ms of CPU each: 1.2 cores
    assert "SATURATED" in row(taken(Adds(300, cpu_us=30_000)), "Gossamer")[1]
    assert "SATURATED" not in row(taken(), "Gossamer")[1]


def test_what_it_says_and_the_gap():
    found = row(taken(Adds(300, cpu_us=40, stages_us={"a": 50})), "Gossamer")
    assert found[9] == "50"
    assert 200 < float(found[10]) < 300
    assert row(taken(), "nginx")[9:] == ["nothing", "-"]


def test_a_peer_that_does_not_stand_has_its_reason():
    assert row(taken(), "Gone")[1] == "not measured: it ended / with code 1"


def test_a_peer_that_fails_at_full_speed_has_its_reason_and_no_figure():
    run = taken()
    run.speeds[2] = Speed(0, "Gossamer", reason="refused")
    assert "Gossamer" not in paces_of(run)
    assert row(run, "Gossamer")[8] == "-"
    assert row(run, "Gossamer at full speed")[1] == "not measured: refused"


def test_what_is_on_and_how_it_was_taken():
    run = taken()
    run.notes.append("a note")
    page = write_peers(run, figures_of(run), MANIFESTS, "gossamer bench peers --seed 1")
    assert "- **Gossamer**: ours; on: key check; off: cache" in page
    assert "- `gossamer bench peers --seed 1`" in page
    assert "a cpu, 2 cores, kernel 6.1" in page
    assert "- a note" in page
