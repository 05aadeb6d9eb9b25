import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from gossamer.core.record import Record
from gossamer.journal.reader import read_header
from gossamer.journal.segment import WINDOW_BYTES, hold
from gossamer.journal.supply import RETRY_NS
from gossamer.journal.writer import JournalWriter

Records = Callable[..., Record]
Writers = Callable[..., JournalWriter]
Reading = Callable[[], list[Record]]


def files(directory: Path) -> list[Path]:
    return sorted(directory.iterdir())


def used_bytes(directory: Path) -> int:
    total = 0
    for path in directory.iterdir():
        with suppress(FileNotFoundError):  # the writer's thread removes as we look
            total += path.stat().st_size
    return total


def test_records_come_back_as_they_went(writer: Writers, record: Records, read_all: Reading) -> None:
    written = [record(seq, model='with "quotes"\n and \0 and ü') for seq in range(100)]
    journal = writer()
    for one in written:
        journal.append(one)
        assert read_all()[-1] == one
    journal.close()
    assert read_all() == written


def test_the_first_line_names_the_writer_and_the_last_counts(tmp_path: Path, writer: Writers, record: Records) -> None:
    journal = writer(worker=3, stages=("queue", "route"))
    journal.append(record(1))
    journal.append(record(2))
    journal.close()
    header = read_header(files(tmp_path)[0])
    assert header is not None
    assert (header.worker, header.pid, header.stages) == (3, os.getpid(), ("queue", "route"))
    assert files(tmp_path)[0].read_bytes().endswith(b'"records":2}\n')


def test_nothing_is_left_where_nothing_was_written(tmp_path: Path, writer: Writers) -> None:
    writer().close()
    assert files(tmp_path) == []


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    JournalWriter(tmp_path / "data" / "journal", 0, 4096, 65536, print).close()
    assert (tmp_path / "data" / "journal").stat().st_mode & 0o777 == 0o700


def test_lines_cross_windows_and_segments_whole(
    writer: Writers, record: Records, read_all: Reading, tmp_path: Path
) -> None:
    journal = writer(segment_bytes=2 * WINDOW_BYTES, max_bytes=100 * WINDOW_BYTES)
    written = [record(seq, error="e" * (seq * 7919 % 5000)) for seq in range(1000)]
    for one in written:
        journal.append(one)
    journal.close()
    assert len(files(tmp_path)) > 3
    assert read_all() == written


@pytest.mark.parametrize("length", [WINDOW_BYTES, 5 * WINDOW_BYTES])
def test_a_record_larger_than_window_or_segment_is_written(
    writer: Writers, record: Records, read_all: Reading, length: int
) -> None:
    journal = writer(segment_bytes=2 * WINDOW_BYTES, max_bytes=100 * WINDOW_BYTES)
    written = [record(1), record(2, error="e" * length), record(3), record(4, error="f" * length), record(5)]
    for one in written:
        journal.append(one)
    assert read_all() == written
    assert journal.dropped_records == 0


def test_the_journal_keeps_within_its_bound_and_counts_what_goes(
    tmp_path: Path,
    writer: Writers,
    record: Records,
    read_all: Reading,
    troubles: list[str],
) -> None:
    journal = writer(segment_bytes=16 * 1024, max_bytes=64 * 1024)
    for seq in range(2000):
        journal.append(record(seq))
        if seq % 100 == 0:
            assert used_bytes(tmp_path) <= 64 * 1024
    journal.close()
    kept = read_all()
    assert [one.seq for one in kept] == list(range(2000 - len(kept), 2000))
    assert journal.dropped_records == 2000 - len(kept) > 0
    assert journal.dropped_segments == len(troubles) > 0
    assert "reached its bound of 65536 bytes" in troubles[0]


def test_the_bound_holds_for_each_worker_alone(tmp_path: Path, writer: Writers, record: Records) -> None:
    quiet, busy = writer(worker=0, segment_bytes=8192, max_bytes=32768), writer(1, 8192, 32768)
    quiet.append(record(0))
    for seq in range(200):
        busy.append(record(seq))
    busy.close()
    quiet.close()
    assert quiet.dropped_records == 0
    assert [path.name[:3] for path in files(tmp_path)].count("w00") == 1


@pytest.mark.parametrize(("segment_bytes", "max_bytes"), [(4095, 1 << 20), (65536, 3 * 65536 - 1)])
def test_a_journal_too_small_to_work_is_refused(tmp_path: Path, segment_bytes: int, max_bytes: int) -> None:
    with pytest.raises(ValueError, match="too small"):
        JournalWriter(tmp_path, 0, segment_bytes, max_bytes, print)


def test_what_is_appended_after_the_end_is_counted_as_lost(
    writer: Writers, record: Records, read_all: Reading, troubles: list[str]
) -> None:
    journal = writer()
    journal.append(record(1))
    journal.close()
    journal.append(record(2))
    journal.close()
    assert [one.seq for one in read_all()] == [1]
    assert journal.dropped_records == 1
    assert "it is closed" in troubles[0]


def test_a_new_process_completes_what_a_dead_one_left(
    tmp_path: Path,
    writer: Writers,
    record: Records,
    read_all: Reading,
    troubles: list[str],
) -> None:
    for seq in range(3):
        die_after_appending(tmp_path, record(seq))
    assert any(b"}\n" + bytes(100) in path.read_bytes() for path in files(tmp_path))
    journal = writer()
    assert [one.seq for one in read_all()] == [0, 1, 2]
    journal.append(record(3))
    journal.close()
    assert [one.seq for one in read_all()] == [0, 1, 2, 3]
    assert used_bytes(tmp_path) < 10_000
    assert troubles == []


def die_after_appending(directory: Path, record: Record) -> None:
    """In a process that ends without a word, as a killed one does."""
    script = """
import os, sys
from pathlib import Path
import msgspec
from gossamer.core.record import Record
from gossamer.journal.writer import JournalWriter

journal = JournalWriter(Path(sys.argv[1]), 0, 64 * 1024, 1024 * 1024, print)
journal.append(msgspec.json.decode(sys.argv[2], type=Record))
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script, directory, msgspec.json.encode(record)], check=True)


def test_two_living_writers_of_one_slot_leave_each_other_alone(
    tmp_path: Path, writer: Writers, record: Records, read_all: Reading
) -> None:
    draining = writer()
    draining.append(record(1))
    serving = writer()
    serving.append(record(2))
    draining.append(record(3))
    draining.close()
    serving.append(record(4))
    serving.close()
    assert sorted(one.seq for one in read_all()) == [1, 2, 3, 4]
    assert len(files(tmp_path)) == 2


# --- a full disk ---


class Disk:
    """Stands in for posix_fallocate: refuses while it is full."""

    def __init__(self) -> None:
        self.is_full = False
        self.tries = 0
        self._allocate = os.posix_fallocate

    def __call__(self, fd: int, offset: int, length: int) -> None:
        self.tries += 1
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._allocate(fd, offset, length)


class Hand:
    """A clock that stands until it is moved."""

    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(os, "posix_fallocate", disk)
    return disk


def test_a_disk_that_fills_up_loses_records_and_no_request(
    writer: Writers,
    record: Records,
    read_all: Reading,
    troubles: list[str],
    disk: Disk,
) -> None:
    clock = Hand()
    journal = writer(segment_bytes=16 * 1024, clock=clock)
    disk.is_full = True
    for seq in range(500):
        journal.append(record(seq))
    lost = journal.dropped_records
    assert [one.seq for one in read_all()] == list(range(500 - lost))
    assert 0 < lost < 500
    assert len(troubles) == 1
    assert "No space left on device" in troubles[0]

    tries = disk.tries
    clock.now_ns += RETRY_NS - 1
    journal.append(record(500))
    assert disk.tries == tries
    clock.now_ns += 1
    journal.append(record(501))
    journal.append(record(502))
    assert disk.tries == tries + 1

    disk.is_full = False
    clock.now_ns += RETRY_NS
    journal.append(record(503))
    assert read_all()[-1].seq == 503
    assert journal.dropped_records == lost + 3
    assert troubles[1:] == [f"the journal is written again; {lost + 3} records were lost"]


def test_a_record_too_large_for_the_disk_is_lost_alone(
    writer: Writers, record: Records, read_all: Reading, disk: Disk
) -> None:
    journal = writer()
    journal.append(record(1))
    assert journal._supply.failure() is None  # the next segment is ready
    disk.is_full = True
    journal.append(record(2, error="e" * 200_000))
    assert journal._segment is not None
    assert journal._write == journal._segment.write  # and not into the full one, which is being cut
    journal.append(record(3))
    journal.close()
    assert [one.seq for one in read_all()] == [1, 3]
    assert journal.dropped_records == 1


def test_a_full_disk_at_the_start_is_told_and_waited_for(
    tmp_path: Path,
    writer: Writers,
    record: Records,
    read_all: Reading,
    troubles: list[str],
    disk: Disk,
) -> None:
    disk.is_full = True
    clock = Hand()
    journal = writer(clock=clock)
    assert "No space left on device" in troubles[0]
    assert files(tmp_path) == []
    journal.append(record(1))
    disk.is_full = False
    clock.now_ns += RETRY_NS
    journal.append(record(2))
    assert [one.seq for one in read_all()] == [2]


def test_any_other_trouble_at_the_start_is_the_operators_to_mend(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the directory should be")
    with pytest.raises(FileExistsError):
        JournalWriter(tmp_path / "journal", 0, 4096, 65536, print)


def test_a_lasting_full_disk_does_not_gather_tracebacks(
    writer: Writers, record: Records, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.is_full = True
    journal = writer(clock=Hand())
    for seq in range(50):
        journal.append(record(seq))
    failure = journal._supply.failure()
    assert failure is not None
    depth = 0
    traceback = failure.__traceback__
    while traceback is not None:
        depth, traceback = depth + 1, traceback.tb_next
    assert depth < 10


def test_the_thread_ends_with_the_writer(writer: Writers, record: Records) -> None:
    before = set(threading.enumerate())
    journal = writer()
    journal.append(record(1))
    assert set(threading.enumerate()) - before
    journal.close()
    assert not set(threading.enumerate()) - before


def test_no_lock_outlives_the_writer(tmp_path: Path, writer: Writers, record: Records) -> None:
    journal = writer()
    journal.append(record(1))
    journal.close()
    with files(tmp_path)[0].open("rb") as file:
        assert hold(file.fileno())
