"""What the page shows that no record tells."""

from pathlib import Path

from prometheus_client.core import Metric

from gossamer.process.link import Gauges, Seat
from gossamer.recorder.metrics.boards import Board, CrewBoard, DiskBoard


def shown(board: Board) -> dict[tuple[str, str], float]:
    """By the name of a sample, and the value of its label."""
    families: list[Metric] = list(board.collect())
    return {(each.name, "".join(each.labels.values())): each.value for one in families for each in one.samples}


def test_each_worker_is_shown_and_a_dead_one_only_by_its_restarts():
    board = CrewBoard()
    assert shown(board) == {}
    board.seats = (Seat(0, 0, Gauges(3, 0.25)), Seat(1, 2))
    assert shown(board) == {
        ("gossamer_worker_in_flight", "0"): 3,
        ("gossamer_worker_loop_lag_seconds", "0"): 0.25,
        ("gossamer_responses_unkept_total", "0"): 0,
        ("gossamer_worker_restarts_total", "0"): 0,
        ("gossamer_worker_restarts_total", "1"): 2,
    }


def test_a_target_is_shown_as_the_worker_sees_it_that_sees_it_worst():
    board = CrewBoard()
    board.seats = (
        Seat(0, 0, Gauges(circuits={"a/x": False, "a/y": True})),
        Seat(1, 0, Gauges(circuits={"a/x": False, "a/y": False, "b/z": False})),
    )
    name = "gossamer_breaker_open"
    found = shown(board)
    assert {target: found[name, target] for target in ("a/x", "a/y", "b/z")} == {"a/x": 0, "a/y": 1, "b/z": 0}


def test_the_journals_disk(tmp_path: Path):
    (tmp_path / "one").write_bytes(b"x" * 100)
    (tmp_path / "two").write_bytes(b"x" * 50)
    found = shown(DiskBoard(tmp_path, 1000))
    assert found["gossamer_journal_size_bytes", ""] == 150
    assert found["gossamer_journal_max_size_bytes", ""] == 1000
    assert found["gossamer_journal_disk_free_bytes", ""] > 0


def test_without_a_journal_there_is_no_size(tmp_path: Path):
    assert shown(DiskBoard(tmp_path / "none", 1000)) == {("gossamer_journal_max_size_bytes", ""): 1000}
