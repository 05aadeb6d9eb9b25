"""What sinks share: each piece of the journal is decoded once, and nobody gets anything else for it."""

import os
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from gossamer.core.record import Record
from gossamer.journal.lines import BLOCK_BYTES
from gossamer.journal.writer import JournalWriter
from gossamer.recorder import chunks as chunks_module
from gossamer.recorder.chunks import Chunks
from gossamer.recorder.source import Source
from tests.unit.recorder.conftest import STAGES, Journal, record_of

MANY = 500
"""More than a block."""


class LargeFiles(Journal):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.writer = JournalWriter(directory, 1, 1024 * 1024, 8 * 1024 * 1024, pytest.fail, stages=STAGES)


@pytest.fixture
def large(tmp_path: Path):
    made = LargeFiles(tmp_path / "journal")
    yield made
    made.writer.close()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every line that is decoded."""
    lines: list[bytes] = []
    decode = chunks_module._DECODE

    def note(line: bytes) -> Record:
        lines.append(line)
        return decode(line)

    monkeypatch.setattr(chunks_module, "_DECODE", note)
    return lines


def numbers(source: Source) -> list[int]:
    found: list[int] = []
    while batch := source.next():
        found += [each.record.seq for each in batch.kept]
    return found


def records(decoded: list[bytes]) -> int:
    return sum(line.startswith(b'{"id"') for line in decoded)


def test_what_several_read_is_decoded_once(large: LargeFiles, decoded: list[bytes]):
    chunks = Chunks(large.directory)
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(Source(large.directory, {}, chunks))) for _ in range(3)]
        for count in (MANY, 3, 1, MANY):
            decoded.clear()
            large.write(count)
            expected = list(range(large.seq - count, large.seq))
            assert [numbers(source) for source in sources] == [expected] * 3
            assert records(decoded) <= count + 200, "but for the piece in which the file's first line stands"
    assert not chunks._chunks, "all have had all of it"
    assert chunks._bytes == 0


def test_one_that_began_elsewhere_falls_into_step_at_the_next_block(large: LargeFiles, decoded: list[bytes]):
    large.write(7)
    chunks = Chunks(large.directory)
    with closing(Source(large.directory, {}, chunks)) as first, ExitStack() as stack:
        numbers(first)
        large.write(MANY)
        second = stack.enter_context(closing(Source(large.directory, {}, chunks)))
        decoded.clear()
        assert numbers(first) == list(range(7, 7 + MANY))
        assert numbers(second) == list(range(7 + MANY))
        a_block = BLOCK_BYTES // len(decoded[-1])
        assert records(decoded) < MANY + a_block


def test_what_nobody_fetches_is_bounded(large: LargeFiles):
    chunks = Chunks(large.directory, most_bytes=2 * BLOCK_BYTES)
    with closing(Source(large.directory, {}, chunks)) as quick, closing(Source(large.directory, {}, chunks)) as slow:
        large.write(MANY)
        assert len(numbers(quick)) == MANY
        assert chunks._bytes <= 2 * BLOCK_BYTES
        assert len(numbers(slow)) == MANY


def test_a_line_longer_than_a_block_is_whole(large: LargeFiles):
    large.write(3)
    large.write(error="x" * (3 * BLOCK_BYTES))
    large.write(3)
    with closing(Source(large.directory, {})) as source:
        assert numbers(source) == list(range(7))


def test_a_piece_that_is_too_much_is_cut_and_the_rest_comes(large: LargeFiles):
    large.write(300)
    found: list[int] = []
    with closing(Source(large.directory, {}, Chunks(large.directory))) as source:
        for most in (1, 1, 50, 2, 100, 1000):
            batch = source.next(most)
            found += [each.record.seq for each in batch.kept]
            assert len(batch) <= most
    assert found == list(range(300))


def test_what_is_no_record_comes_apart_wherever_it_stands(large: LargeFiles):
    large.write(2)
    large.writer._segment.write(b'{"id":7}\nhalf a li\n')  # type: ignore[union-attr]
    large.write(2)
    for most in (1, 2, 1000):
        kept, garbled = [], []
        with closing(Source(large.directory, {})) as source:
            while batch := source.next(most):
                kept += [each.record for each in batch.kept]
                garbled += [each.data for each in batch.garbled]
        assert kept == [record_of(number) for number in range(4)]
        assert garbled == [b'{"id":7}', b"half a li"]


def test_a_line_that_is_just_being_blanked_is_read_again_and_is_a_record(
    large: LargeFiles, monkeypatch: pytest.MonkeyPatch
):
    """Half of it is white space already, and the rest is no UTF-8 any more."""
    large.write(3, error="\u00e9" * 50)
    (path,) = (each for each in large.directory.glob("w*") if b'"req_0"' in each.read_bytes())
    whole = path.read_bytes()
    at = whole.index(b"\xc3\xa9")
    path_fd = os.open(path, os.O_RDWR)
    os.pwrite(path_fd, b" ", at)
    looks: list[float] = []

    def finishes(pause_s: float) -> None:
        looks.append(pause_s)
        os.pwrite(path_fd, whole[at : at + 1], at)

    monkeypatch.setattr("gossamer.recorder.chunks.sleep", finishes)
    source = Source(large.directory, {})
    batch = source.next()
    assert ([each.record.seq for each in batch.kept], batch.garbled) == ([0, 1, 2], [])
    assert len(looks) == 1
    source.close()
    os.close(path_fd)


def test_what_stays_as_it_is_is_garbled(large: LargeFiles, monkeypatch: pytest.MonkeyPatch):
    large.write(3, error="\u00e9" * 50)
    (path,) = (each for each in large.directory.glob("w*") if b'"req_0"' in each.read_bytes())
    fd = os.open(path, os.O_RDWR)
    os.pwrite(fd, b" ", path.read_bytes().index(b"\xc3\xa9"))
    os.close(fd)
    monkeypatch.setattr("gossamer.recorder.chunks.sleep", lambda _: large.write(1))
    source = Source(large.directory, {})
    batch = source.next()
    assert ([each.record.seq for each in batch.kept][:2], len(batch.garbled)) == ([1, 2], 1)
    source.close()
