"""From a plan and rendered bytes to a script: which pieces go out when, and how it ends. Here faults meet bytes.

Pure: a script says what shall happen, player.py makes it happen.
"""

from collections.abc import Sequence
from enum import Enum
from itertools import accumulate, groupby
from operator import itemgetter

import msgspec

from gossamer.mock.faults import Kind
from gossamer.mock.plan import Plan
from gossamer.mock.render.template import Stream, slots

JSON_HEADERS = b"content-type: application/json\r\n"
SSE_HEADERS = b"content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
BYTES_HEADERS = b"content-type: application/octet-stream\r\n"

Timed = tuple[int, bytes]
"""Nanoseconds since the request was whole, and what goes out then."""


class Ending(Enum):
    """What comes after the last piece."""

    END = "a clean end"
    CUT = "the connection is closed with the answer unfinished"
    RESET = "the connection is torn down"
    HANG = "nothing, until the client leaves"


class Script(msgspec.Struct, frozen=True):
    """`length` is the body's where it is known, None for a stream."""

    status: int
    headers: bytes
    pieces: tuple[bytes, ...]
    due_ns: tuple[int, ...]
    """When each piece goes out, counted from the whole request."""
    ends_ns: int
    """When an unclean ending comes."""
    ending: Ending = Ending.END
    length: int | None = None

    @property
    def is_stream(self) -> bool:
        return self.length is None and bool(self.pieces)

    @property
    def is_at_once(self) -> bool:
        """Whether one write, now, is all there is to do."""
        return self.ending is Ending.END and len(self.pieces) == 1 and not self.due_ns[0]


def whole_script(plan: Plan, body: bytes, headers: bytes = JSON_HEADERS, status: int = 200) -> Script:
    """An answer in one piece, with the fault that strikes it."""
    kind, first = plan.kind, plan.first_ns
    half = body[: len(body) // 2]
    if kind is Kind.CUT:
        return Script(status, headers, (half,), (first,), first, Ending.CUT, len(body))
    if kind is Kind.STALL:
        rest = body[len(half) :]
        due_ns = (first, first + plan.stall_ns)
        return Script(status, headers, (half, rest), due_ns, first, Ending.END, len(body))
    if kind is Kind.MALFORMED:
        body = half
    return Script(status, headers, (body,), (first,), first, Ending.END, len(body))


def silent_script(plan: Plan) -> Script:
    """A reset or a hang: no byte goes out."""
    ending = Ending.RESET if plan.kind is Kind.RESET else Ending.HANG
    return Script(0, b"", (), (), plan.first_ns, ending)


def stream_script(plan: Plan, stream: Stream, *, is_apart: bool) -> Script:
    """A stream of events. Pieces that are due together become one write, unless they must be kept `is_apart`."""
    values = slots(plan.id, plan.prompt_tokens, plan.total_tokens)
    if not is_apart and plan.fault is None:
        return _timed_script(plan, [(plan.first_ns, stream.joined % values)])
    timed = _struck(plan, stream.filled(values))
    if not is_apart:
        groups = groupby(timed, key=itemgetter(0))
        timed = [(due, b"".join(piece for _, piece in group)) for due, group in groups]
    return _timed_script(plan, timed)


def fixed_stream_script(plan: Plan, pieces: Sequence[bytes]) -> Script:
    """A stream whose bytes are given; each piece is a write of its own."""
    return _timed_script(plan, [(plan.first_ns + plan.gap_ns * at, piece) for at, piece in enumerate(pieces)])


def _timed_script(plan: Plan, timed: list[Timed]) -> Script:
    due_ns = tuple(due for due, _ in timed)
    ending = Ending.CUT if plan.kind is Kind.CUT else Ending.END
    ends_ns = due_ns[-1] if due_ns else plan.first_ns
    return Script(200, SSE_HEADERS, tuple(piece for _, piece in timed), due_ns, ends_ns, ending)


def _struck(plan: Plan, stream: Stream) -> list[Timed]:
    """The events with their times, after the fault has had its way."""
    kind, at = plan.kind, plan.strikes_at
    due = _token_times(plan, len(stream.tokens))
    tokens = list(zip(due, stream.tokens, strict=True))
    opening = [(plan.first_ns, piece) for piece in stream.opening]
    closing = [(due[-1], piece) for piece in stream.closing]
    if kind is Kind.CUT:
        return opening + tokens[:at]
    if kind is Kind.ERROR_EVENT:
        return [*opening, *tokens[:at], (due[at], stream.broken)]
    if kind is Kind.STALL:
        late = [(when + plan.stall_ns, piece) for when, piece in tokens[at:] + closing]
        return opening + tokens[:at] + late
    if kind is Kind.MALFORMED:
        tokens[at] = (due[at], _halved(stream.tokens[at]))
    if kind is Kind.NO_DONE:
        closing.pop()
    return opening + tokens + closing


def _token_times(plan: Plan, tokens: int) -> list[int]:
    if not plan.gaps_ns:
        return [plan.first_ns] * tokens
    return list(accumulate(plan.gaps_ns, initial=plan.first_ns))


def _halved(event: bytes) -> bytes:
    """An event whose data is half of what it was, ended as if it were whole."""
    start = event.index(b"data: ") + len(b"data: ")
    return event[: (start + len(event)) // 2] + b"\n\n"
