"""Values where nobody expects them, in what providers and clients send: refused by name, or told in whole JSON.

The transcripts of the other tests, each with one value replaced by an odd one.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.core.errors import InvalidRequest, ProviderUnavailable
from gossamer.dialects.stream import StreamTranslator
from gossamer.dialects.translate import translate_answer, translate_request
from gossamer.http.sse import event_data, split_events
from tests.unit.dialects.transcripts import ECHO, NOW_S, Case, cases

Path = tuple[str | int, ...]
ODD: list[Any] = [
    None, "", "\0", 'a"b', "x" * 300, 0, -1, 1.5, 10**30, True, [], {}, [[]], [{}], [None], ["x"], {"type": "x"},
    {"type": None}, "image", "tool", "developer", "data:;base64,", {"type": "text", "text": None},
]  # fmt: skip
MANY = settings(max_examples=400)


def places(value: Any, way: Path = ()) -> Iterator[Path]:
    if way:
        yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inner:
        yield from places(member, (*way, name))


def changed(document: Any, at: float, odd: Any) -> bytes:
    """The document as JSON, with the value at a place replaced; `at` is from 0 to 1 over all its places."""
    ways = list(places(document))
    if not ways:
        return msgspec.json.encode(document)
    *outer, name = ways[min(int(at * len(ways)), len(ways) - 1)]
    holder = document
    for step in outer:
        holder = holder[step]
    holder[name] = odd
    return msgspec.json.encode(document)


def read(case: Case) -> Any:
    return msgspec.json.decode(case.path.read_bytes())


@MANY
@given(case=st.sampled_from(cases("requests")), at=st.floats(0, 1), odd=st.sampled_from(ODD))
def test_an_odd_request_is_translated_or_refused(case: Case, at: float, odd: Any):
    try:
        told = translate_request(changed(read(case), at, odd), case.source, case.target)
    except InvalidRequest:
        return
    msgspec.json.decode(told.body)


@MANY
@given(case=st.sampled_from(cases("answers")), at=st.floats(0, 1), odd=st.sampled_from(ODD))
def test_an_odd_answer_is_translated_or_is_none(case: Case, at: float, odd: Any):
    try:
        told = translate_answer(changed(read(case), at, odd), case.target, case.source, ECHO, NOW_S)
    except ProviderUnavailable:
        return
    msgspec.json.decode(told)


@MANY
@given(case=st.sampled_from(cases("streams")), which=st.floats(0, 1), at=st.floats(0, 1), odd=st.sampled_from(ODD))
def test_an_odd_event_of_a_stream_is_told_as_whole_json_or_ends_it(case: Case, which: float, at: float, odd: Any):
    events = split_events(case.path.read_bytes().replace(b"\r\n", b"\n"))
    place = min(int(which * len(events)), len(events) - 1)
    data = event_data(events[place])
    if data is not None and data.startswith(b"{"):
        events[place] = events[place].replace(data, changed(msgspec.json.decode(data), at, odd))
    odd_one = StreamTranslator(case.target, case.source, ECHO, NOW_S)
    told = b"".join(map(odd_one.feed, events)) + odd_one.end()
    for event in split_events(told):
        said = event_data(event)
        if said is not None and not said.startswith(b"[DONE]"):
            msgspec.json.decode(said)
    assert odd_one.is_finished != (odd_one.failure is not None)
