import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.journal.lines import BLOCK_BYTES, end_of_lines, is_written, unfinished_line, whole_lines

LINES = st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"").replace(b"\0", b"")), max_size=12)


@contextmanager
def file_of(content: bytes) -> Iterator[int]:
    with TemporaryFile(buffering=0) as file:
        file.write(content)
        yield file.fileno()


@pytest.mark.parametrize(
    ("content", "lines", "unfinished"),
    [
        (b"", [], b""),
        (b"\0\0\0", [], b""),
        (b"one\n", [b"one"], b""),
        (b"one\ntwo\n\0\0", [b"one", b"two"], b""),
        (b"one\ntw\0\0", [b"one"], b"tw"),
        (b"one\ntw", [b"one"], b"tw"),
        (b"one\ntw\0o\n\0", [b"one"], b"tw"),  # a copy may put a line's end before its middle
        (b"\n\none\n\0", [b"", b"", b"one"], b""),
    ],
)
def test_whatever_lies_before_the_first_nul_counts(content: bytes, lines: list[bytes], unfinished: bytes) -> None:
    with file_of(content) as fd:
        assert [line for _, line in whole_lines(fd, 0)] == lines
        assert end_of_lines(fd) == sum(len(line) + 1 for line in lines)
        assert unfinished_line(fd, end_of_lines(fd)) == unfinished


@pytest.mark.parametrize("length", [BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES])
def test_a_line_may_be_longer_than_a_block(length: int) -> None:
    with file_of(b"first\n" + b"x" * length + b"\nlast\n\0") as fd:
        assert [line for _, line in whole_lines(fd, 0)] == [b"first", b"x" * length, b"last"]
    with file_of(b"first\n" + b"x" * length + b"\0") as fd:
        assert unfinished_line(fd, 6) == b"x" * length


def test_a_byte_is_written_when_it_is_there_and_not_nul() -> None:
    with file_of(b"a\0") as fd:
        assert [is_written(fd, offset) for offset in (0, 1, 2)] == [True, False, False]


@settings(deadline=None)  # a busy machine is no failure
@given(LINES, st.data())
def test_reading_may_stop_and_go_on_behind_any_line(lines: list[bytes], data: st.DataObject) -> None:
    content = b"".join(line + b"\n" for line in lines)
    stop = data.draw(st.integers(0, len(lines)))
    with file_of(content + b"\0" * 10) as fd:
        first = list(whole_lines(fd, 0))[:stop]
        offset = first[-1][0] if first else 0
        assert [line for _, line in [*first, *whole_lines(fd, offset)]] == lines


@settings(deadline=None)  # a busy machine is no failure
@given(LINES, st.lists(st.integers(0, 500), max_size=8))
def test_lines_that_grow_in_any_pieces_are_the_same_lines(lines: list[bytes], cuts: list[int]) -> None:
    content = b"".join(line + b"\n" for line in lines)
    seen: list[bytes] = []
    offset = 0
    with file_of(b"\0" * (len(content) + 10)) as fd:
        written = 0
        for cut in [*sorted(min(cut, len(content)) for cut in cuts), len(content)]:
            os.pwrite(fd, content[written:cut], written)
            written = cut
            new = list(whole_lines(fd, offset))
            offset = new[-1][0] if new else offset
            seen += [line for _, line in new]
    assert seen == lines
