import errno
import fcntl
import os
from pathlib import Path

import pytest

from gossamer.journal.marks import FOOTER_ROOM_BYTES
from gossamer.journal.segment import WINDOW_BYTES, Segment, hold

FOOTER = b'{"journal":1,"sealed":1.5,"records":0}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "segment"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def put(segment: Segment, line: bytes) -> None:
    assert segment.make_room(len(line))
    segment.write(line)


def test_a_new_segment_is_allocated_locked_and_nul(path: Path) -> None:
    segment = Segment.create(path, 128 * 1024)
    assert path.stat().st_size == 128 * 1024
    assert path.stat().st_blocks * 512 >= 128 * 1024
    assert path.read_bytes() == bytes(128 * 1024)
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open("rb") as file:
        assert not hold(file.fileno())
    segment.discard()
    assert not path.exists()


def test_what_is_written_is_in_the_file_at_once(path: Path) -> None:
    segment = Segment.create(path, 8192)
    segment.write(b"one\n")
    segment.write(b"two\n")
    assert path.read_bytes()[:10] == b"one\ntwo\n\0\0"
    assert segment.position == 8
    segment.discard()


def test_a_window_takes_no_more_than_it_has_and_then_moves(path: Path) -> None:
    segment = Segment.create(path, 4 * WINDOW_BYTES)
    line = b"x" * 999 + b"\n"
    written = 0
    while written < 3 * WINDOW_BYTES:
        try:
            segment.write(line)
        except ValueError:
            assert segment.make_room(len(line))
            segment.write(line)
        written += len(line)
    assert segment.position == written
    assert path.read_bytes()[: written + 1] == line * (written // len(line)) + b"\0"
    segment.discard()


def test_the_mapping_does_not_grow_with_the_segment(path: Path) -> None:
    segment = Segment.create(path, 8 * WINDOW_BYTES)
    sizes = set()
    for _ in range(7 * WINDOW_BYTES // 8192):
        put(segment, b"x" * 8191 + b"\n")
        sizes.add(mapped_bytes(path))
    segment.discard()
    assert sizes == {WINDOW_BYTES}


def mapped_bytes(path: Path) -> int:
    ranges = [line.split()[0] for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(str(path))]
    return sum(int(end, 16) - int(start, 16) for start, end in (text.split("-") for text in ranges))


def test_a_line_larger_than_the_window_gets_a_larger_window(path: Path) -> None:
    segment = Segment.create(path, 8 * WINDOW_BYTES)
    large = b"y" * (3 * WINDOW_BYTES) + b"\n"
    put(segment, b"before\n")
    put(segment, large)
    put(segment, b"after\n")
    segment.seal(FOOTER)
    assert path.read_bytes() == b"before\n" + large + b"after\n" + FOOTER


def test_a_full_segment_says_so_and_keeps_room_for_its_footer(path: Path) -> None:
    segment = Segment.create(path, 4096)
    room = 4096 - FOOTER_ROOM_BYTES
    assert not segment.make_room(room + 1)
    put(segment, b"z" * room)
    assert not segment.make_room(1)
    with pytest.raises(ValueError, match="range"):
        segment.write(b"z")
    segment.seal(FOOTER)
    assert path.read_bytes() == b"z" * room + FOOTER


def test_a_segment_can_be_extended_for_a_line_that_none_could_hold(path: Path) -> None:
    segment = Segment.create(path, 4096)
    put(segment, b"before\n")
    segment.extend(100_000)
    put(segment, b"w" * 99_999 + b"\n")
    assert not segment.make_room(1)
    segment.seal(FOOTER)
    assert path.read_bytes() == b"before\n" + b"w" * 99_999 + b"\n" + FOOTER


def test_sealing_cuts_the_tail_and_frees_the_lock(path: Path) -> None:
    segment = Segment.create(path, 8192)
    segment.write(b"one\n")
    segment.seal(FOOTER)
    assert path.read_bytes() == b"one\n" + FOOTER
    with path.open("rb") as file:
        assert hold(file.fileno())


def test_a_disk_without_room_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, offset: int, length: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    descriptors = open_files()
    with pytest.raises(OSError, match="No space"):
        Segment.create(path, 8192)
    assert not path.exists()
    assert open_files() == descriptors


def test_an_existing_file_is_never_taken_over(path: Path) -> None:
    path.write_bytes(b"precious\n")
    with pytest.raises(FileExistsError):
        Segment.create(path, 8192)
    assert path.read_bytes() == b"precious\n"


def test_a_lock_is_held_once(path: Path) -> None:
    path.touch()
    with path.open("rb") as one, path.open("rb") as other:
        assert hold(one.fileno())
        assert not hold(other.fileno())
        fcntl.flock(one, fcntl.LOCK_UN)
        assert hold(other.fileno())
