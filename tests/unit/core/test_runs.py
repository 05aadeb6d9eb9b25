"""The mark of a run: nobody makes one without the secret, and nothing that looks like one is believed."""

import pytest

from gossamer.core.runs import RunMark, read_mark, write_mark

SECRET = "s3cret"


def test_what_is_written_is_read():
    mark = RunMark("run_abc-1", 3)
    assert read_mark(SECRET, write_mark(SECRET, mark).encode()) == mark


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"s3cret",
        b"wrong run_a 1",
        b"s3cret req_a 1",
        b"s3cret run_a 10",
        b"s3cret run_a -1",
        b"s3cret run_a 1 2",
        b"\xff",
    ],
)
def test_anything_else_is_no_mark(value: bytes):
    assert read_mark(SECRET, value) is None


def test_without_a_secret_there_are_no_marks():
    assert read_mark("", b" run_a 1") is None
