"""Whatever JSON a client writes, and however it writes it: the provider gets the same bytes, but for an alias."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.system.gateway import Gateway
from tests.system.raw import Raw

OURS = ("model", "stream", "stream_options")
"""Members that the gateway reads; all others may say what they like."""
BOUNDED = settings(max_examples=100, deadline=None)

# --- the ways to write one text as JSON ---

_SHORT = {'"': b'\\"', "\\": b"\\\\", "/": b"\\/", "\b": b"\\b", "\f": b"\\f", "\n": b"\\n", "\r": b"\\r", "\t": b"\\t"}


def plain(char: str) -> bytes:
    return escaped(char) if char < " " or char in '"\\' else char.encode()


def escaped(char: str) -> bytes:
    units = char.encode("utf-16-be").hex()
    return b"".join(b"\\u%b" % units[at : at + 4].encode() for at in range(0, len(units), 4))


def escaped_in_capitals(char: str) -> bytes:
    return escaped(char).upper().replace(b"\\U", b"\\u")


def short(char: str) -> bytes:
    return _SHORT.get(char) or plain(char)


def spelled(text: str, ways: tuple[Callable[[str], bytes], ...]) -> bytes:
    """The ways take turns."""
    return b'"%b"' % b"".join(ways[at % len(ways)](char) for at, char in enumerate(text))


# --- JSON in all its forms ---

Pair = tuple[bytes, bytes]

spaces = st.text(" \t\r\n", max_size=2).map(str.encode)
ways = st.lists(st.sampled_from([plain, escaped, escaped_in_capitals, short]), min_size=1, max_size=2).map(tuple)
strings = st.builds(spelled, st.text(max_size=12), ways)
numbers = st.from_regex(rb"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
words = st.sampled_from([b"true", b"false", b"null", b"[]", b"{}", b'""'])


def spelled_as(text: str) -> SearchStrategy[bytes]:
    return st.builds(spelled, st.just(text), ways)


def listed(values: list[bytes], space: bytes) -> bytes:
    return b"[%b]" % (space + b",").join(values)


def braced(pairs: list[Pair], before: bytes, after: bytes) -> bytes:
    members = [b"".join((before, name, after, b":", before, value)) for name, value in pairs]
    return b"{%b}" % (after + b",").join(members)


def containers(values: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    """A name may be there twice: below the first level nobody looks."""
    pairs = st.lists(st.tuples(strings, values), max_size=4)
    return st.builds(listed, st.lists(values, max_size=4), spaces) | st.builds(braced, pairs, spaces, spaces)


json_values = st.recursive(words | numbers | strings, containers, max_leaves=8)
others = st.lists(
    st.tuples(st.text(max_size=8).filter(lambda name: name not in OURS), ways, json_values),
    unique_by=lambda member: member[0],
    max_size=5,
).map(lambda members: [(spelled(name, ways), value) for name, ways, value in members])


def asking(rest: list[Pair], at: int, model: tuple[bytes, bytes], before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """A body that asks for `house`, and what must arrive: the same, asking for `mock`."""
    name, house = model
    asked, sent = (
        after + braced([*rest[:at], (name, value), *rest[at:]], before, after) + before for value in (house, b'"mock"')
    )
    return asked, sent


bodies = st.builds(
    asking, others, st.integers(0, 5), st.tuples(spelled_as("model"), spelled_as("house")), spaces, spaces
)


@pytest.fixture(scope="module")
def kept(served: Gateway) -> Iterator[Raw]:
    """One connection for all of them."""
    with Raw(served) as raw:
        yield raw


@BOUNDED
@given(body=bodies)
def test_any_body_arrives_byte_for_byte(kept: Raw, body: tuple[bytes, bytes]):
    asked, sent = body
    msgspec.json.decode(asked, type=dict[str, msgspec.Raw])
    for written in (sent, asked):  # by the provider's own name first: then nothing changes at all
        answer = kept.post("/v1/chat/completions", written, x_mock_echo="1")
        assert (answer.status, answer.body) == (200, sent), asked


@BOUNDED
@given(value=json_values)
def test_any_json_goes_through_where_no_model_is_needed(kept: Raw, value: bytes):
    body = b"[%b]" % value  # by itself, an object with a name twice would be refused
    answer = kept.post("/v1/echo", body)
    assert (answer.status, answer.body) == (200, body)
