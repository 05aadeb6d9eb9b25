"""What a traceparent says, by the letter of W3C's Trace Context; and the ids of our own spans."""

import pytest

from gossamer.core.trace_context import (
    SPAN_ID_DIGITS,
    TRACE_ID_DIGITS,
    attempt_part,
    flags_of,
    parent_of,
    read_traceparent,
    span_id_of,
    trace_id_of,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        (f"00-{TRACE}-{SPAN}-01", 1),
        (f"00-{TRACE}-{SPAN}-00", 0),
        (f"00-{TRACE}-{SPAN}-03", 3),
        (f"00-{TRACE}-{SPAN}-ff", 3),  # of flags that nobody knows nothing is passed on
        (f"cc-{TRACE}-{SPAN}-01", 1),  # a later version begins like ours
        (f"cc-{TRACE}-{SPAN}-01-what-comes-then", 1),
    ],
)
def test_what_is_valid_is_read(value: str, flags: int):
    trace = read_traceparent(value.encode())
    assert trace is not None
    assert (trace_id_of("req_1", trace), parent_of(trace), flags_of(trace)) == (TRACE, SPAN, flags)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01-",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"ff-{TRACE}-{SPAN}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0G",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
    ],
)
def test_what_is_not_to_the_letter_is_nothing(value: str):
    assert read_traceparent(value.encode()) is None


def test_our_ids_follow_from_the_request_and_differ_by_part():
    parts = ["", attempt_part(0), attempt_part(1)]
    found = [span_id_of(request, part) for request in ("req_1", "req_2") for part in parts]
    assert len(set(found)) == len(found)
    assert found == [span_id_of(request, part) for request in ("req_1", "req_2") for part in parts]
    assert {len(each) for each in found} == {SPAN_ID_DIGITS}


def test_a_trace_that_begins_here_has_an_id_of_its_own():
    first, second = trace_id_of("req_1", None), trace_id_of("req_2", None)
    assert first != second
    assert first == trace_id_of("req_1", None)
    assert len(first) == TRACE_ID_DIGITS
    assert read_traceparent(f"00-{first}-{span_id_of('req_1')}-01".encode()) is not None
