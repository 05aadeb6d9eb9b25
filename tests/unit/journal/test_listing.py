"""Names of segments: listed anew when the directory has changed, also twice within one tick of its clock."""

import os
from pathlib import Path

import pytest

from gossamer.journal import listing as listing_module
from gossamer.journal.listing import Listing
from gossamer.journal.marks import SegmentName

LONG_AGO = (1_000, 1_000)


def touch(directory: Path, number: int) -> SegmentName:
    name = SegmentName(0, 7, number)
    (directory / str(name)).touch()
    return name


def test_no_directory_has_no_names_until_there_is_one(tmp_path: Path):
    listing = Listing(tmp_path / "journal")
    assert listing.names() == []
    (tmp_path / "journal").mkdir()
    name = touch(tmp_path / "journal", 1)
    assert listing.names() == [name]


def test_what_comes_and_goes_is_seen(tmp_path: Path):
    listing = Listing(tmp_path)
    first = touch(tmp_path, 1)
    os.utime(tmp_path, LONG_AGO)
    assert listing.names() == [first]
    second = touch(tmp_path, 2)
    assert listing.names() == [first, second]
    (tmp_path / str(first)).unlink()
    assert listing.names() == [second]


def test_a_second_change_within_one_tick_is_seen(tmp_path: Path):
    listing = Listing(tmp_path)
    first = touch(tmp_path, 1)
    found = tmp_path.stat()
    assert listing.names() == [first]
    second = touch(tmp_path, 2)
    os.utime(tmp_path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert listing.names() == [first, second]


def test_what_has_not_changed_for_long_is_not_listed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    listing = Listing(tmp_path)
    first = touch(tmp_path, 1)
    os.utime(tmp_path, LONG_AGO)
    assert listing.names() == [first]
    monkeypatch.setattr(listing_module, "segment_names", pytest.fail)
    assert listing.names() == [first]
