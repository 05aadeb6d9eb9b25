import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.config.units import (
    DURATION_FORM,
    SIZE_FORM,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10.0),
        ("5m", 300.0),
        ("250ms", 0.25),
        ("1.5h", 5400.0),
        ("2d", 172800.0),
        ("30", 30.0),
        ("0.5", 0.5),
        ("10 s", 10.0),
        ("0", 0.0),
        ("3ms", 0.003),
    ],
)
def test_a_duration(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "10x", "-1s", "1m30s", "5M", "1e3", "1:30", "inf", "nan", "10s\n", ".5s", "1_0"]
)
def test_no_duration(text):
    with pytest.raises(ValueError, match=rf"^{re.escape(text)}\Z"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("32MiB", 32 * 1024 * 1024),
        ("64KB", 64_000),
        ("64 kb", 64_000),
        ("1.5KiB", 1536),
        ("1GiB", 1 << 30),
        ("2TB", 2 * 10**12),
        ("100", 100),
        ("100B", 100),
    ],
)
def test_a_size(text, size_bytes):
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "MiB", "3 potatoes", "-1", "1.5", "0.0001KB", "1e6", "32M", "32MiB\n", "1_000"])
def test_no_size(text):
    with pytest.raises(ValueError, match=rf"^{re.escape(text)}\Z"):
        parse_size(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (10.0, "10s"),
        (0.25, "250ms"),
        (60.0, "1m"),
        (90.0, "90s"),
        (86400.0, "1d"),
        (0.0, "0s"),
        (1.5, "1500ms"),
        (0.0001, "0.0001s"),
    ],
)
def test_the_shortest_words_for_a_duration(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(1 << 30, "1GiB"), (64_000, "64KB"), (1024, "1KiB"), (1001, "1001B"), (0, "0B"), (10**9, "1GB")],
)
def test_the_shortest_words_for_a_size(size_bytes, text):
    assert format_size(size_bytes) == text


@given(st.integers(0, 10**9))
def test_milliseconds_survive_being_written_and_read(ms):
    assert parse_duration(format_duration(ms / 1000)) == ms / 1000


@given(st.integers(0, 2**50))
def test_bytes_survive_being_written_and_read(size_bytes):
    assert parse_size(format_size(size_bytes)) == size_bytes


@given(st.integers(0, 10**9), st.integers(0, 2**50))
def test_what_is_written_has_the_form_that_editors_check(ms, size_bytes):
    assert re.search(DURATION_FORM, format_duration(ms / 1000))
    assert re.search(SIZE_FORM, format_size(size_bytes))
