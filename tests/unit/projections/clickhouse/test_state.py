"""What the sink knows of itself, over restarts."""

from pathlib import Path

from gossamer.projections.clickhouse.state import new_pending, new_state, read_state, write_state
from tests.unit.recorder.conftest import record_of


def test_it_is_read_as_it_was_written(tmp_path: Path):
    state = new_state("db/llm")
    state.positions = {"a": 7}
    state.pending = new_pending([("0-a", record_of(3)), ("0-a", record_of(4)), ("1-b", record_of(9))], 5.0)
    write_state(tmp_path / "state", state)
    assert read_state(tmp_path / "state", "db/llm") == state
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600


def test_another_database_begins_anew_and_the_node_stays_the_same(tmp_path: Path):
    state = new_state("db/llm")
    state.positions, state.is_unsure = {"a": 7}, False
    write_state(tmp_path / "state", state)
    other = read_state(tmp_path / "state", "db/other")
    assert (other.node, other.positions, other.is_unsure) == (state.node, {}, True)


def test_what_cannot_be_read_begins_anew_and_is_not_sure_of_anything(tmp_path: Path):
    (tmp_path / "state").write_bytes(b"\xc1nonsense")
    for name in ("state", "none"):
        state = read_state(tmp_path / name, "db/llm")
        assert (state.positions, state.pending, state.is_unsure) == ({}, None, True)


def test_a_pending_insert_is_told_by_the_last_record_of_each_life():
    pending = new_pending([("0-a", record_of(3)), ("0-a", record_of(4)), ("1-b", record_of(9))], 5.0)
    assert pending.count == 3
    assert pending.takes("0-a", 4)
    assert not pending.takes("0-a", 5)
    assert not pending.takes("0-c", 0)
