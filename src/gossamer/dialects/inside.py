"""Errors that come as answers: with a 200, as the whole body or as the first that a stream says.

What such an error means for other targets is told by a status: the one that it has where it comes with its own.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from gossamer.dialects.faults import STATUS_OF_KIND, fault_in
from gossamer.dialects.tally import StreamTally
from gossamer.http.sse import event_data, split_events

_MARK: Final = b"error"
_BEFORE_ALL: Final = frozenset({"ping", "message_start", "response.created", "response.queued", "response.in_progress"})
"""Events behind which nothing has been answered yet."""
_ANSWERS: Final = frozenset({"choices", "content", "output", "data"})
"""What has one of these is an answer, whatever else it says: a response that failed is one too."""
_ERRORS: Final = range(400, 600)
_ERRORS_IN_WORDS: Final = frozenset(map(str, _ERRORS))
_UNSAID: Final = 500
_decode: Final = msgspec.json.Decoder().decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Told(NamedTuple):
    """An error, as if it had come with its status."""

    status: int
    words: str


def told_by_body(body: bytes) -> Told | None:
    """Of what should be a whole answer, and may be an error."""
    if _MARK not in body:
        return None
    said = _members_of(body)
    is_error = bool(said.get("error")) or said.get("type") == "error"
    return _told(body) if is_error and _ANSWERS.isdisjoint(said) else None


def told_by_first(events: bytes) -> Told | None:
    """Of whole events, the first of a stream: the error that comes before anything else is said."""
    if _MARK not in events:
        return None
    for event in split_events(events):
        data = event_data(event)
        if data is None:
            continue  # a comment, which keeps the connection
        tally = StreamTally("other")
        tally.see(event)
        if tally.error is not None:
            return _told(data)
        if _members_of(data).get("type") not in _BEFORE_ALL:
            return None
    return None


def _told(body: bytes) -> Told:
    return Told(_status_of(_members_of(body)), fault_in(body).message)


def _status_of(said: Mapping[str, Any]) -> int:
    """Some say it in numbers, most by a kind, and none of them everywhere in the same member."""
    response = said.get("response")
    inner = said.get("error") or (response.get("error") if isinstance(response, dict) else None)
    error = inner if isinstance(inner, dict) else said
    known = (_known(error.get(name)) for name in ("code", "status", "type"))
    return next((status for status in known if status), _UNSAID)


def _known(word: Any) -> int:
    """0 where it names no status."""
    if isinstance(word, str):
        return int(word) if word in _ERRORS_IN_WORDS else STATUS_OF_KIND.get(word, 0)
    return word if isinstance(word, int) and word in _ERRORS else 0


def _members_of(body: bytes) -> dict[str, Any]:
    try:
        said = _decode(body)
    except _UNREADABLE:
        return {}
    return said if isinstance(said, dict) else {}
