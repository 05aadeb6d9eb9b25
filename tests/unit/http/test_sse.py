"""Where events end, for every way in which the bytes may be cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.http.sse import EventSplitter, event_data, field_lines, is_ended, split_events

CHUNK = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'

wire = st.lists(
    st.sampled_from(
        [b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\r", b"a", b"data: x", b"event: e", b":", b"data"]
    ),
    max_size=16,
).map(b"".join)
unhurried = settings(deadline=None, max_examples=300)


@st.composite
def cut_wire(draw: st.DrawFn) -> list[bytes]:
    stream = draw(wire)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def read_by_the_standard(stream: bytes) -> list[bytes]:
    """The data of all dispatched events, read byte by byte as WHATWG HTML 9.2.6 says."""
    events: list[bytes] = []
    data: list[bytes] = []
    line = previous = b""
    for byte in (stream[i : i + 1] for i in range(len(stream))):
        if byte == b"\n" and previous == b"\r":
            pass
        elif byte in b"\r\n":
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif line == b"data":
                data.append(b"")
            elif not line and data:
                events.append(b"\n".join(data))
                data = []
            line = b""
        else:
            line += byte
        previous = byte
    return events


# --- EventSplitter ---


@pytest.mark.parametrize(
    ("fed", "passed"),
    [
        ([b"a\n\n"], [b"a\n\n"]),
        ([b"a\n", b"\nb"], [b"", b"a\n\n"]),
        ([b"a\n\nb", b"\n\n"], [b"a\n\n", b"b\n\n"]),
        ([b"a\r\n\r\n"], [b"a\r\n\r\n"]),
        ([b"a\r", b"\n", b"\r\n"], [b"", b"", b"a\r\n\r\n"]),
        ([b"a\r", b"\nb"], [b"", b""]),
        ([b"a\r\n", b"\r\nb"], [b"", b"a\r\n\r\n"]),
        ([b"a\r\n\r", b"\nb\r\n\r\n"], [b"", b"a\r\n\r\nb\r\n\r\n"]),
        ([b"a\r\n\r", b"\nb"], [b"", b"a\r\n\r\n"]),
        ([b"a\r\n\r", b"b"], [b"", b"a\r\n\r"]),
        ([b"a\n\nb\n\r"], [b"a\n\n"]),
        ([b"a\n", b"\r", b"\n"], [b"", b"", b"a\n\r\n"]),
        ([b"a\r", b"\r"], [b"", b"a\r\r"]),
        ([b"a\r\rb"], [b"a\r\r"]),
        ([b"a\n\r\nb"], [b"a\n\r\n"]),
        ([b"a\n", b"\r\nb"], [b"", b"a\n\r\n"]),
        ([b"a\r\n\nb"], [b"a\r\n\n"]),
        ([b"a\r\r\nb"], [b"a\r\r\n"]),
        ([b"a\n\nb\n\nc"], [b"a\n\nb\n\n"]),
        ([b"a\n\nb\r\n\r\nc"], [b"a\n\nb\r\n\r\n"]),
        ([b"a\r\n\r\nb\n\nc"], [b"a\r\n\r\nb\n\n"]),
        ([b"", b"a\n", b"", b"\n"], [b"", b"", b"", b"a\n\n"]),
    ],
)
def test_only_whole_events_pass(fed, passed):
    splitter = EventSplitter()

    assert [splitter.feed(data) for data in fed] == passed


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_whole_events_pass_as_the_same_object(end):
    data = b"data: x" + end

    assert EventSplitter().feed(data) is data


def test_what_was_kept_comes_out_before_what_follows():
    splitter = EventSplitter()

    assert splitter.feed(CHUNK + CHUNK[:20]) == CHUNK
    assert splitter.feed(CHUNK[20:]) == CHUNK
    assert splitter.feed(CHUNK) is CHUNK
    assert splitter.rest() == b""


def test_the_rest_is_the_unfinished_event_and_comes_once():
    splitter = EventSplitter()
    splitter.feed(b"a\n\ndata: half")

    assert splitter.rest() == b"data: half"
    assert splitter.rest() == b""


@given(cut_wire())
@unhurried
def test_bytes_never_change(pieces):
    splitter = EventSplitter()

    assert b"".join([*map(splitter.feed, pieces), splitter.rest()]) == b"".join(pieces)


@given(cut_wire(), st.integers(0, 12))
@unhurried
def test_bytes_never_change_and_are_bounded_with_a_limit(pieces, limit_bytes):
    splitter = EventSplitter(limit_bytes)
    fed = passed = b""
    for piece in pieces:
        fed += piece
        passed += splitter.feed(piece)

        assert fed.startswith(passed)
        assert len(fed) - len(passed) <= limit_bytes

    assert passed + splitter.rest() == fed


@given(cut_wire())
@unhurried
def test_every_event_passes_as_soon_as_it_has_ended_and_never_in_part(pieces):
    splitter = EventSplitter()
    fed = passed = b""
    for piece in pieces:
        fed += piece
        block = splitter.feed(piece)
        passed += block

        waits = fed.endswith(b"\n\r")  # for the LF that makes it CRLF
        assert read_by_the_standard(passed) == read_by_the_standard(fed.removesuffix(b"\r") if waits else fed)
        assert not block or is_ended(passed)


def test_an_event_beyond_the_limit_is_let_through_in_pieces():
    splitter = EventSplitter(limit_bytes=10)

    assert splitter.feed(b"data: 1234") == b""
    assert splitter.feed(b"5") == b"data: 12345"
    assert splitter.feed(b"67890") == b""
    assert splitter.feed(b"\n\nb") == b"67890\n\n"
    assert splitter.rest() == b"b"


def test_an_event_beyond_the_limit_may_end_across_two_pieces():
    splitter = EventSplitter(limit_bytes=3)

    assert splitter.feed(b"data\n") == b"data\n"
    assert splitter.feed(b"\nb") == b"\n"


# --- split_events ---


@pytest.mark.parametrize(
    ("block", "events"),
    [
        (b"", []),
        (b"a\n\n", [b"a\n\n"]),
        (b"a\n\nb\n\n", [b"a\n\n", b"b\n\n"]),
        (b"a\n\nb", [b"a\n\n", b"b"]),
        (b"a\r\n\r\nb\r\n\r\n", [b"a\r\n\r\n", b"b\r\n\r\n"]),
        (b"a\r\rb\n\n", [b"a\r\r", b"b\n\n"]),
        (b"a\r\nb\r\n\r\n", [b"a\r\nb\r\n\r\n"]),
        (b"\na\r\n\r\n", [b"\na\r\n\r\n"]),
        (b"a\r\n\r\n\r\nb", [b"a\r\n\r\n", b"\r\nb"]),
        (b"a\rb", [b"a\rb"]),
    ],
)
def test_a_block_falls_into_its_events(block, events):
    assert split_events(block) == events


@given(wire)
@unhurried
def test_events_together_are_the_block_and_say_what_the_standard_reads(block):
    events = split_events(block)

    assert b"".join(events) == block
    assert all(events)
    assert [event_data(event) for event in events if is_ended(event) and event_data(event) is not None] == (
        read_by_the_standard(block)
    )


# --- event_data ---


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: x\n\n", b"x"),
        (b"data:x\n\n", b"x"),
        (b"data:  x\n\n", b" x"),
        (b"data: x\r\n\r\n", b"x"),
        (b"data: x\r\r", b"x"),
        (b"data: x\ry\n\n", b"x"),
        (b"data: x\ndata: y\n\n", b"x\ny"),
        (b"data:  x \ndata:\ty\n\n", b" x \n\ty"),
        (b"data: x\ndata\ndata:\n\n", b"x\n\n"),
        (b"event: e\nid: 1\ndata: x\nretry: 5\n\n", b"x"),
        (b": comment\ndata: x\n\n", b"x"),
        (b"data: x\n: data: y\n\n", b"x"),
        (b"data: a: b\n\n", b"a: b"),
        (b": ping\n\n", None),
        (b"event: e\n\n", None),
        (b"Data: x\n\n", None),
        (b"data : x\n\n", None),
        (b"database: x\n\n", None),
        (b"data\n\n", b""),
        (b"data: \n\n", b""),
        (b"data: x", b"x"),
        (b"data: x\n", b"x"),
        (b"\n\n", None),
        (b"", None),
    ],
)
def test_data_is_what_the_standard_says(event, data):
    assert event_data(event) == data


def test_other_fields_are_read_the_same_way():
    assert field_lines(b"event: response.created\nevent:error\ndata: x\n\n", b"event") == [
        b"response.created",
        b"error",
    ]


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\n\n", b"\r\r\n", b"\r\n\r"])
def test_an_event_has_ended_with_its_empty_line(end):
    assert is_ended(b"data: x" + end)
    assert not is_ended(b"data: x" + end.removesuffix(b"\n")[:1])
