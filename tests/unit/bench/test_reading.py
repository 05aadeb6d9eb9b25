"""From what was seen on the wire to the sample that is kept."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.bench.blocks import Taken
from gossamer.bench.cells import Cell, Dialect, Lane
from gossamer.bench.reading import Around, events_of, read_sample, read_streams, spread
from gossamer.bench.record import Spread
from gossamer.http.heads import ResponseHead, parse_response_head

CELL = Cell(Lane.LATENCY, 1, 2)
AROUND = Around(1.0, 0, 0)
STREAM = b"data: a\n\ndata: b\ndata: c\n\n: note\n\ndata: [DONE]\n\n"


def head(*lines: str, status: int = 200) -> ResponseHead:
    return parse_response_head("".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} x", *lines, "")).encode())


def whole(number: int, answer: ResponseHead, body: bytes = b"{}", sent: int = 100, done: int = 900) -> Taken:
    return Taken(number, 0, sent, done, done, answer, [(done, body)])


def test_the_provider_and_the_gateway_are_read_from_the_head():
    told = head("x-mock-received-ns: 200", "x-mock-sent-ns: 700", "x-gossamer-overhead-ms: 0.0003",
                "server-timing: queue;dur=0.0001, provider;desc=up;dur=0.0005, total;dur=0.0008")  # fmt: skip
    sample = read_sample(CELL, [whole(0, told)], 1, AROUND)
    assert (sample.took_ns, sample.service_ns) == ([800], [500])
    assert sample.request_path_ns == Spread(1, 100, 100, 100, 100)
    assert sample.response_path_ns == Spread(1, 200, 200, 200, 200)
    assert sample.self_ns == Spread(1, 300, 300, 300, 300)
    assert sample.stages_ns == {"queue": 100, "provider": 500, "total": 800}


def test_a_service_time_that_some_answers_hide_is_not_used_at_all():
    stamped = head("x-mock-received-ns: 200", "x-mock-sent-ns: 700")
    assert read_sample(CELL, [whole(0, stamped), whole(1, head())], 2, AROUND).service_ns == []


def test_an_open_loop_counts_from_the_intended_time():
    late = Taken(0, 100, 400, 900, 900, head(), [(900, b"")])
    sample = read_sample(Cell(Lane.CAPACITY, 1, 1, rate_per_s=10), [late], 1, AROUND)
    assert (sample.took_ns, sample.send_lag_ns) == ([800], Spread(1, 300, 300, 300, 300))


def test_what_is_no_answer_of_200_is_counted_and_not_timed():
    gone = Taken(2, 0, 1, 0, 9, None, [], "closed")
    sample = read_sample(CELL, [whole(0, head()), whole(1, head(status=500)), gone], 2, AROUND)
    assert sample.numbers == [0]
    assert sample.statuses == {"200": 1, "500": 1}
    assert sample.failures == {"closed": 1}


def test_where_faults_are_asked_for_what_came_instead_is_timed():
    cut = Taken(0, 0, 100, 0, 700, None, [], "closed")
    silent = Taken(1, 0, 0, 0, 0, None, [], "no whole answer within 30 s")
    sample = read_sample(Cell(Lane.ERRORS, 1, 2, fault="cut"), [cut, silent], 0, AROUND)
    assert (sample.numbers, sample.took_ns, sample.first_ns) == ([0], [600], [600])
    assert sum(sample.failures.values()) == 2


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        (b'{"error": {"message": "no"}}', 1),
        (b'{"error":"no"}', 1),
        (b'{"type":"error","error":{"message":"no"}}', 1),
        (b'{"id":"x","error":null,"choices":[]}', 0),
        (b'{"choices":[{"message":{"content":"\\"error\\":{"}}]}', 0),
    ],
)
def test_an_error_inside_a_200_is_seen(body: bytes, hidden: int):
    assert read_sample(CELL, [whole(0, head(), body)], 1, AROUND).hidden_errors == hidden


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_events_are_found_however_they_are_cut(cuts: list[int]):
    pieces = [(at, STREAM[start:end]) for at, (start, end) in enumerate(pairwise([0, *sorted(cuts), len(STREAM)]))]
    assert [event.data for event in events_of(pieces)] == STREAM.removesuffix(b"\n\n").split(b"\n\n")


def token(sent: int) -> bytes:
    return b'data: {"choices":[{"delta":{"content":"a"}}],"mock_sent_ns":%d}\n\n' % sent


MS = 1_000_000
DONE = b"data: [DONE]\n\n"


def stream(*pieces: tuple[int, bytes]) -> Taken:
    return Taken(0, 0, 0, pieces[0][0], pieces[-1][0], head(), list(pieces))


def test_a_stream_that_comes_as_it_was_sent():
    pieces = [(10 * MS * i + 100, token(10 * MS * i)) for i in range(1, 6)]
    found = read_streams(Dialect.CHAT, [stream(*pieces, (50 * MS + 200, DONE))])
    assert (found.events, found.reads, found.unended, found.gaps, found.shrunk) == (6, 6, 0, 4, 0)
    assert found.first_content_ns == [10 * MS + 100]
    assert found.delay_ns == Spread(5, 100, 100, 100, 100)


def test_a_stream_that_was_held_back_is_seen_by_its_gaps():
    tokens = [token(10 * MS * i) for i in range(1, 6)]
    found = read_streams(Dialect.CHAT, [stream((50 * MS, b"".join(tokens)), (51 * MS, DONE))])
    assert (found.reads, found.gaps, found.shrunk) == (2, 4, 4)
    assert found.delay_ns is not None
    assert found.delay_ns.top == 40 * MS


def test_a_stream_without_its_end_is_seen():
    assert read_streams(Dialect.CHAT, [stream((1, token(1)))]).unended == 1


def test_nothing_has_no_spread():
    assert spread([]) is None
