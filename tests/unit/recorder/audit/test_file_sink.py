"""Audit events in files: each once, wherever whoever writes them dies, fails or begins anew."""

import errno
import os
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.projections.audit import file as file_module
from gossamer.projections.audit import place as place_module
from gossamer.projections.audit.event import ChangeEvent
from gossamer.projections.audit.file import AuditFiles, FileName, audit_files, parse_name
from gossamer.projections.audit.place import Hold
from gossamer.projections.audit.reading import FileReading
from gossamer.recorder.audit.file_sink import WRITE_EVERY_S, AuditFileSink
from gossamer.recorder.batch import Source
from gossamer.recorder.sink import SinkAway
from tests.unit.recorder.conftest import Journal


class Died(BaseException):
    """Nothing that would be caught: as with kill -9, nothing more is done by this one."""


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Changes:
    """As the control process hands them out: those behind the number that is put away."""

    def __init__(self) -> None:
        self.all: list[ChangeEvent] = []

    def make(self) -> None:
        number = len(self.all) + 1
        self.all.append(ChangeEvent(f"chg_{number}", 1.0, "n", "changes", number, "operator", "key.create"))

    def next(self, taken: int) -> list[ChangeEvent]:
        return [change for change in self.all if change.seq > taken]

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "audit"


def a_sink(directory: Path, changes: Changes, clock: Clock, max_bytes: int = 3000) -> AuditFileSink:
    """Keeps all: the dates of files are those of the real clock."""
    files = AuditFiles(directory, max_bytes, 3600.0)
    return AuditFileSink(files, changes, "n", clock.now, clock)  # type: ignore[arg-type]


def draw(journal: Journal, sink: AuditFileSink, clock: Clock) -> None:
    """What a pump does, a few records at a time, each time in another second."""
    try:
        with closing(Source(journal.directory, sink.open())) as source:
            while batch := source.next(4):
                clock.now += WRITE_EVERY_S
                sink.take(batch)
        clock.now += WRITE_EVERY_S
        sink.rest()
    finally:
        sink.close()


def ids(directory: Path) -> list[str]:
    with closing(FileReading(directory)) as reading:
        return [msgspec.json.decode(line)["id"] for line in reading.poll()]


def expected(journal: Journal, changes: Changes) -> Counter[str]:
    return Counter([f"req_{number}" for number in range(journal.seq)] + [change.id for change in changes.all])


def test_each_record_and_each_change_is_there_once(journal, directory, changes, clock):
    for count in (1, 30, 5):
        journal.write(count)
        changes.make()
        draw(journal, a_sink(directory, changes, clock), clock)
    assert Counter(ids(directory)) == expected(journal, changes)
    assert len(audit_files(directory)) > 1, "or no file was ever closed"


def test_changes_come_without_any_request(journal, directory, changes, clock):
    changes.make()
    draw(journal, a_sink(directory, changes, clock), clock)
    assert ids(directory) == ["chg_1"]


class Deadly:
    """Stands for `os` and `Path.replace` in the modules that write, and dies at one of the calls that change a file."""

    CHANGES = frozenset({"open", "write", "fdatasync", "fsync", "ftruncate"})

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path, at: int, *, is_behind: bool) -> None:
        self.calls = 0
        self._directory = directory
        self._at = at
        self._is_behind = is_behind
        monkeypatch.setattr(file_module, "os", self)
        monkeypatch.setattr(place_module, "os", self)
        for name in ("replace", "unlink"):
            monkeypatch.setattr(Path, name, self._of_path(getattr(Path, name)))

    def __getattr__(self, name: str) -> Any:
        return self._deadly(getattr(os, name)) if name in self.CHANGES else getattr(os, name)

    def _of_path(self, act: Any) -> Any:
        def call(path: Path, *args: Any, **named: Any) -> Any:
            is_ours = path.parent == self._directory
            return (self._deadly(act) if is_ours else act)(path, *args, **named)

        return call

    def _deadly(self, act: Any) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            mine, self.calls = self.calls, self.calls + 1
            if mine > self._at or (mine == self._at and not self._is_behind):
                raise Died  # dead is dead: what is tidied up on the way out is not done either
            result = act(*args, **named)
            if mine == self._at:
                raise Died
            return result

        return call


@pytest.mark.parametrize("is_behind", [False, True], ids=["before", "behind"])
def test_whoever_dies_at_any_call_leaves_nothing_out_and_nothing_twice(
    tmp_path, journal, changes, clock, monkeypatch, is_behind
):
    journal.write(9)
    changes.make()
    deaths = 0
    while True:
        directory = tmp_path / f"audit-{deaths}"
        with monkeypatch.context() as patched:
            deadly = Deadly(patched, directory, deaths, is_behind=is_behind)
            with suppress(Died):
                draw(journal, a_sink(directory, changes, clock, max_bytes=1500), clock)
            has_survived = deadly.calls <= deaths
        release(directory)
        draw(journal, a_sink(directory, changes, clock, max_bytes=1500), clock)
        assert Counter(ids(directory)) == expected(journal, changes), f"died at call {deaths}"
        if has_survived:
            break
        deaths += 1
    assert deaths > 20, "or the calls are not those that count any more"


def release(directory: Path) -> None:
    """What the kernel does for a process that is gone: its locks are free. Here it still lives, so another inode."""
    (directory / "lock").unlink(missing_ok=True)


@pytest.mark.parametrize("at", range(1, 6))
def test_where_there_is_no_room_it_is_away_and_goes_on_where_it_was(
    journal, directory, changes, clock, monkeypatch, at
):
    journal.write(20)
    calls = 0

    def full(fd: int, data: Any, write: Any = os.write) -> int:
        nonlocal calls
        calls += 1
        if calls == at:
            return int(write(fd, bytes(data)[: len(data) // 2]))  # a part of it fits
        if calls == at + 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(write(fd, data))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(SinkAway, match="No space left"):
            draw(journal, a_sink(directory, changes, clock), clock)
    draw(journal, a_sink(directory, changes, clock), clock)
    assert Counter(ids(directory)) == expected(journal, changes)


def test_lines_wait_for_a_second_and_go_together(journal, directory, changes, clock):
    journal.write(3)
    sink = a_sink(directory, changes, clock)
    with closing(Source(journal.directory, sink.open())) as source:
        sink.take(source.next())
        journal.write(1)
        sink.take(source.next())
        assert ids(directory) == ["req_0", "req_1", "req_2"]
        sink.rest()
        assert ids(directory) == ["req_0", "req_1", "req_2"]
        clock.now += WRITE_EVERY_S
        sink.rest()
        assert ids(directory) == ["req_0", "req_1", "req_2", "req_3"]
    sink.close()


def test_a_file_is_closed_by_its_age_and_removed_by_it(journal, directory, changes, clock):
    sink = a_sink(directory, changes, clock, max_bytes=1 << 20)
    sink.open()
    for _ in range(3):
        changes.make()
        clock.now += 3600.0
        sink.rest()
    names = [path.name for path in audit_files(directory)]
    assert [name.partition("-2027")[0] for name in names] == ["audit-00000001", "audit-00000002", "audit-00000003"]
    for path in audit_files(directory):
        os.utime(path, (clock.now, clock.now))
    sink.keep_s = 10.0
    clock.now += 70.0
    sink.rest()
    changes.make()
    clock.now += 70.0
    sink.rest()
    assert ids(directory) == ["chg_3", "chg_4"], "the one that is written stays"
    sink.close()


def test_only_its_owner_can_read_any_of_it(journal, directory, changes, clock):
    journal.write(1)
    draw(journal, a_sink(directory, changes, clock), clock)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_while_another_process_writes_it_is_away(directory, changes, clock):
    hold = Hold(directory / "lock")
    hold.take()
    sink = a_sink(directory, changes, clock)
    with pytest.raises(SinkAway, match="drains"):
        sink.open()
    sink.close()
    hold.let_go()
    sink.open()
    sink.close()


def test_a_damaged_place_is_told_and_nothing_is_written(journal, directory, changes, clock):
    journal.write(5)
    draw(journal, a_sink(directory, changes, clock), clock)
    (directory / "place.json").write_bytes(b"")
    sink = a_sink(directory, changes, clock)
    with pytest.raises(SinkAway, match=r"place\.json is damaged"):
        sink.open()
    sink.close()
    assert len(ids(directory)) == 5


def test_a_file_that_somebody_cut_or_took_away_does_not_stop_the_rest(journal, directory, changes, clock):
    journal.write(2)
    draw(journal, a_sink(directory, changes, clock), clock)
    (path,) = audit_files(directory)
    path.write_bytes(b"")
    journal.write(1)
    draw(journal, a_sink(directory, changes, clock), clock)
    assert ids(directory) == ["req_2"]
    path.unlink()
    journal.write(1)
    draw(journal, a_sink(directory, changes, clock), clock)
    assert ids(directory) == ["req_3"]


def test_names_are_read_as_they_are_written():
    name = FileName(7, 1_900_000_000.0)
    assert str(name) == "audit-00000007-20300317T174640Z.ndjson"
    assert parse_name(str(name)) == name
    assert parse_name("audit-00000007-20300231T174640Z.ndjson") is None
    assert parse_name("audit-7.ndjson") is None


def test_a_reading_goes_on_from_file_to_file_and_may_begin_at_the_end(journal, directory, changes, clock):
    journal.write(1)
    draw(journal, a_sink(directory, changes, clock), clock)
    with closing(FileReading(directory, from_end=True)) as late, closing(FileReading(directory)) as early:
        assert len(list(early.poll())) == 1
        journal.write(30)
        draw(journal, a_sink(directory, changes, clock, max_bytes=2000), clock)
        assert len(audit_files(directory)) > 2
        assert len(list(late.poll())) == 30
        assert len(list(early.poll())) == 30
        assert list(late.poll()) == []
