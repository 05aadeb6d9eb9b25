"""Lines, however the stream is cut."""

from hypothesis import given
from hypothesis import strategies as st

from gossamer.feed.lines import Lines


@given(lines=st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line)), sizes=st.lists(st.integers(1, 9)))
def test_lines_come_out_whole_however_they_are_cut(lines: list[bytes], sizes: list[int]):
    stream = b"".join(line + b"\n" for line in lines) + b"rest"
    out: list[bytes] = []
    cutter, at = Lines(), 0
    for size in [*sizes, len(stream)]:
        out += cutter.feed(stream[at : at + size])
        at += size
    assert out == lines
