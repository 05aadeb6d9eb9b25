import msgspec
import pytest

from gossamer.journal.marks import (
    FOOTER_ROOM_BYTES,
    FORMAT,
    Footer,
    Header,
    SegmentName,
    parse_footer,
    parse_name,
    render_mark,
)


def test_a_name_reads_back_as_it_was_written() -> None:
    name = SegmentName(worker=3, life=0x6441B2C3D4E5F, number=7)
    assert str(name) == "w03-0006441b2c3d4e5f-00000007.ndjson"
    assert parse_name(str(name)) == name


@pytest.mark.parametrize(
    "text",
    ["", "w00", "w00-0006441b2c3d4e5f-00000007.ndjson.gz", "x00-0006441b2c3d4e5f-00000007.ndjson", "notes.ndjson"],
)
def test_what_is_no_name_is_none(text: str) -> None:
    assert parse_name(text) is None


def test_names_of_a_worker_sort_by_time_as_values_and_as_text() -> None:
    names = [SegmentName(0, 9, 99), SegmentName(0, 10, 0), SegmentName(0, 10, 11), SegmentName(0, 255, 2)]
    assert sorted(names) == names
    assert sorted(map(str, names)) == [str(name) for name in names]


def test_the_footer_fits_its_room_with_the_largest_numbers() -> None:
    largest = render_mark(Footer(FORMAT, 1.7976931348623157e308, 2**64 - 1))
    assert len(largest) <= FOOTER_ROOM_BYTES


def test_only_a_footer_is_a_footer() -> None:
    footer = Footer(FORMAT, 1.5, 12)
    assert parse_footer(render_mark(footer).strip()) == footer
    assert parse_footer(render_mark(Header(FORMAT, 0, 1, 1.5, "0.1.0")).strip()) is None
    assert parse_footer(b'{"id":"req_1"}') is None


def test_the_header_says_who_writes() -> None:
    header = msgspec.json.decode(render_mark(Header(FORMAT, 4, 1234, 1.5, "0.1.0", ("queue", "route"))))
    assert header == {
        "journal": 1,
        "worker": 4,
        "pid": 1234,
        "started": 1.5,
        "version": "0.1.0",
        "stages": ["queue", "route"],
    }
