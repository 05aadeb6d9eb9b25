"""From what a block's callers saw to the sample that is kept. Runs after the clock has stopped; pure.

Of an answer this reads the head (stamps of the provider, what the gateway says of itself) and, of streams, each event.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from gossamer.bench.blocks import OK, Taken
from gossamer.bench.cells import Cell, Dialect
from gossamer.bench.record import Sample, Spread, Streams
from gossamer.bench.statistics import quantile
from gossamer.http.heads import ResponseHead

SELF_HEADERS = (b"x-gossamer-overhead-ms", b"x-litellm-overhead-duration-ms")
"""What gateways say that they cost, in milliseconds; the first that is there."""
_RECEIVED, _SENT = b"x-mock-received-ns", b"x-mock-sent-ns"
_STAGE = re.compile(rb"([A-Za-z0-9_.-]+)[^,]*?;\s*dur=([0-9.]+)")
_STAMP = re.compile(rb'"mock_sent_ns"\s*:\s*([0-9]+)')
_ERROR = re.compile(
    rb'(?:^|data:)\s*\{\s*(?:"type"\s*:\s*"error"\s*,\s*)?"error"\s*:\s*[{"]|"type"\s*:\s*"response\.failed"'
)
_ERROR_READ_BYTES = 4096
"""An error stands at the beginning of an answer or of an event."""
_WORDS = {
    Dialect.CHAT: re.compile(rb'"content"\s*:\s*"[^"]'),
    Dialect.RESPONSES: re.compile(rb"output_text\.delta"),
    Dialect.MESSAGES: re.compile(rb"content_block_delta"),
}
_ENDS = {Dialect.CHAT: b"[DONE]", Dialect.RESPONSES: b"response.completed", Dialect.MESSAGES: b"message_stop"}
_LAST_PIECES = 4
"""The last stamp stands in one of these: behind it come at most the usage and the end."""
_APART_NS = 2_000_000
"""Events that were sent closer than this may come together without anybody's doing."""
_NS_IN_MS = 1e6
_REASONS = 5
"""Different reasons that are kept of a block."""


class Event(NamedTuple):
    """One event of a stream: when it was there, when it was sent (0: not told), and its bytes."""

    seen_ns: int
    sent_ns: int
    data: bytes


class Around(NamedTuple):
    """What the load process knows of the block besides its requests."""

    seconds: float
    loop_lag_ns: int
    refused: int
    self_headers: tuple[bytes, ...] = SELF_HEADERS


def read_sample(cell: Cell, kept: Sequence[Taken], answered: int, around: Around) -> Sample:
    """`kept` without what was thrown away at the beginning."""
    whole = [taken for taken in kept if taken.head is not None and not taken.reason]
    good = sorted(taken for taken in whole if taken.head is not None and taken.head.status == OK)
    if cell.fault:  # what the client got instead of an answer is what is asked after, and how long it took
        good = sorted(taken for taken in kept if taken.sent_ns)
    stamps = [(taken, stamps) for taken in good if (stamps := _stamps(taken.head)) is not None]
    is_stamped = bool(good) and len(stamps) == len(good)
    selves = [self_ns for taken in good if (self_ns := _self_ns(taken.head, around.self_headers)) is not None]
    return Sample(
        numbers=[taken.number for taken in good],
        took_ns=[taken.done_ns - (taken.due_ns or taken.sent_ns) for taken in good],
        first_ns=[
            (taken.first_ns if taken.head else taken.done_ns) - (taken.due_ns or taken.sent_ns) for taken in good
        ],
        service_ns=[sent - received for _, (received, sent) in stamps] if is_stamped else [],
        whole_service_ns=[_last_sent_ns(taken, sent) - got for taken, (got, sent) in stamps] if is_stamped else [],
        request_path_ns=spread(received - taken.sent_ns for taken, (received, _) in stamps),
        response_path_ns=spread(taken.first_ns - sent for taken, (_, sent) in stamps),
        statuses=dict(Counter(str(taken.head.status) for taken in kept if taken.head is not None)),
        failures=dict(Counter(taken.reason for taken in kept if taken.reason).most_common(_REASONS)),
        hidden_errors=sum(_has_error(taken) for taken in whole if taken.head is not None and taken.head.status == OK),
        refused=around.refused,
        self_ns=spread(selves),
        stages_ns=_stages([taken.head for taken in good if taken.head is not None]),
        streams=read_streams(cell.dialect, good) if cell.is_stream else None,
        send_lag_ns=spread(taken.sent_ns - taken.due_ns for taken in kept if taken.due_ns),
        loop_lag_ns=around.loop_lag_ns,
        seconds=around.seconds,
        answered=answered,
    )


def spread(times_ns: Iterable[int]) -> Spread | None:
    """None of nothing."""
    ordered = sorted(times_ns)
    if not ordered:
        return None
    return Spread(len(ordered), *(quantile(ordered, q) for q in (0.5, 0.9, 0.99, 1.0)))


# --- heads ---


def _stamps(head: ResponseHead | None) -> tuple[int, int] | None:
    received, sent = (head.get(name) for name in (_RECEIVED, _SENT)) if head is not None else (None, None)
    return None if received is None or sent is None else (int(received), int(sent))


def _last_sent_ns(taken: Taken, sent_ns: int) -> int:
    """The stamp on the last event that has one; a whole answer is sent when its head is."""
    found = [int(stamp) for _, data in taken.pieces[-_LAST_PIECES:] for stamp in _STAMP.findall(data)]
    return max(found, default=sent_ns)


def _self_ns(head: ResponseHead | None, names: Sequence[bytes]) -> int | None:
    for name in names:
        value = head.get(name) if head is not None else None
        if value is not None:
            try:
                return round(float(value) * _NS_IN_MS)
            except ValueError:
                return None
    return None


def _stages(heads: Iterable[ResponseHead]) -> dict[str, int]:
    """Medians, in the order of the first answer that names them."""
    found: dict[str, list[int]] = {}
    for head in heads:
        for name, duration in _STAGE.findall(head.get(b"server-timing") or b""):
            found.setdefault(name.decode("ascii"), []).append(round(float(duration) * _NS_IN_MS))
    return {name: quantile(sorted(times), 0.5) for name, times in found.items()}


# --- bodies ---


def _has_error(taken: Taken) -> bool:
    if len(taken.pieces) == 1:
        return _ERROR.search(taken.pieces[0][1][:_ERROR_READ_BYTES]) is not None
    return any(_ERROR.search(data[:_ERROR_READ_BYTES]) is not None for _, data in taken.pieces)


def read_streams(dialect: Dialect, good: Sequence[Taken]) -> Streams:
    """Events, gaps and delays of all streams of a block."""
    events = [events_of(taken.pieces) for taken in good]
    pairs = [pair for each in events for pair in _pairs_apart(each)]
    shrunk = sum(later.seen_ns - before.seen_ns < (later.sent_ns - before.sent_ns) / 2 for before, later in pairs)
    contents = [
        event.seen_ns - taken.sent_ns
        for taken, each in zip(good, events, strict=True)
        if (event := _first_with_words(dialect, each)) is not None
    ]
    return Streams(
        events=sum(map(len, events)),
        reads=sum(len(taken.pieces) for taken in good),
        events_of=[len(each) for each in events],
        unended=sum(not _is_ended(dialect, each) for each in events),
        gaps=len(pairs),
        shrunk=shrunk,
        first_content_ns=contents,
        delay_ns=spread(event.seen_ns - event.sent_ns for each in events for event in each if event.sent_ns),
    )


def events_of(pieces: Sequence[tuple[int, bytes]]) -> list[Event]:
    """An event is there when the last of its bytes is."""
    found: list[Event] = []
    begun = b""
    for seen_ns, data in pieces:
        *whole, begun = (begun + data).replace(b"\r\n", b"\n").split(b"\n\n")
        found += [Event(seen_ns, _sent_ns(event), event) for event in whole if event.strip()]
    return found


def _sent_ns(event: bytes) -> int:
    found = _STAMP.search(event)
    return int(found[1]) if found else 0


def _pairs_apart(events: Sequence[Event]) -> list[tuple[Event, Event]]:
    told = [event for event in events if event.sent_ns]
    return [(before, later) for before, later in pairwise(told) if later.sent_ns - before.sent_ns >= _APART_NS]


def _first_with_words(dialect: Dialect, events: Sequence[Event]) -> Event | None:
    return next((event for event in events if _WORDS[dialect].search(event.data)), None)


def _is_ended(dialect: Dialect, events: Sequence[Event]) -> bool:
    return any(_ENDS[dialect] in event.data for event in events[-2:])
