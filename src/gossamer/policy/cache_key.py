"""What a request is kept under: equal keys get each other's answers, so whatever may change an answer is part of them.

The digest is taken of the body as the stages left it, its members in order and without the space between them, and of
the circumstances that the caller hands in. Values in, bytes out.

    members in another order, other space     the same entry
    what MUTE lists                            the same entry: no answer depends on it
    another spelling (1 and 1.0, \\u00e9 and é)  an entry of its own: a provider may read it otherwise
    another order inside of a member           an entry of its own: schemas, tools and messages are read in their order
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec

from gossamer.core.endpoints import Dialect

Members = dict[str, msgspec.Raw]

_decode: Final = msgspec.json.Decoder(Members).decode
_encode: Final = msgspec.json.Encoder().encode
_compact: Final = msgspec.json.format
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_SAID_OTHERWISE: Final = frozenset({"model", "stream", "stream_options"})
"""The target is a circumstance; whole or streamed, an answer is the same."""
_OF_THE_CALLER: Final = frozenset({"metadata", "safety_identifier", "user"})
MUTE: Final[Mapping[Dialect, frozenset[str]]] = {
    "chat": _SAID_OTHERWISE | _OF_THE_CALLER,
    "completions": _SAID_OTHERWISE | _OF_THE_CALLER,
    "embeddings": _SAID_OTHERWISE | _OF_THE_CALLER,
    "messages": _SAID_OTHERWISE | _OF_THE_CALLER,
    "responses": _SAID_OTHERWISE,
}
"""Members that change no answer, by dialect. A response repeats who asked, and its metadata: there they do."""

LASTING: Final[Mapping[str, tuple[bytes, ...]]] = {
    "background": (b"false", b"null"),
    "conversation": (b"null",),
    "store": (b"false", b"null"),
}
"""Members that leave something behind at the provider, unless they have one of these values: such a request is made."""

_MOST_TOLD: Final = 256
_LONGEST_TOLD: Final = 1024
"""Characters of all the names of a body: what is remembered is 256 KiB, whatever anybody sends."""


class Told(NamedTuple):
    """What follows from the names of a body alone. Whoever asks mostly sends the same ones as the last time."""

    names: bytes
    """Those that count, in their order, as JSON."""
    values: Callable[[Members], Iterable[msgspec.Raw]]
    """Theirs."""
    may_last: bool
    """Whether one of them may leave something behind at the provider."""
    is_of_one_form: bool


_told: Final[dict[tuple[str, ...], Told]] = {}
"""By the dialect and the names of a body."""

OF_ONE_FORM: Final = frozenset({"audio", "logprobs", "modalities", "n", "top_logprobs"})
"""With these, an answer says more than can be told again in another form: whole and streamed are two entries then."""


def read_members(body: bytes, known: Members | None = None) -> Members | None:
    """The members of a body, without the space in between; None for what is no JSON object.

    `known`: its members, where they were read already. Nearly all bodies have no space in between.
    """
    try:
        compact = _compact(body, indent=-1)
        return known if known is not None and compact == body else _decode(compact)
    except _UNREADABLE:
        return None


def lasts(members: Members) -> bool:
    """Whether the request does more than get an answer."""
    return any(name in members and bytes(members[name]) not in harmless for name, harmless in LASTING.items())


def prefix_of(circumstances: Iterable[bytes]) -> bytes:
    """Each part with its length, so that no two lists of parts look alike, and an end that is no length."""
    return b"".join([b"%d:%b" % (len(part), part) for part in circumstances]) + b";"


def told_by_names(members: Members, dialect: Dialect) -> Told:
    return _told.get((dialect, *members)) or _tell(members, dialect)


def key_of(members: Members, told: Told, prefix: bytes) -> bytes:
    """32 bytes. The names that count, as JSON, then their values: JSON too, so nothing else looks like them either."""
    return sha256(b"".join((prefix, told.names, b",".join(told.values(members))))).digest()


def _tell(members: Members, dialect: Dialect) -> Told:
    mute = MUTE[dialect]
    names = sorted(name for name in members if name not in mute)
    if len(_told) >= _MOST_TOLD:
        _told.clear()
    known = Told(
        _encode(names),
        _values_of(names),
        not LASTING.keys().isdisjoint(members),
        not OF_ONE_FORM.isdisjoint(members),
    )
    if sum(map(len, members)) <= _LONGEST_TOLD:
        _told[(dialect, *members)] = known
    return known


def _values_of(names: list[str]) -> Callable[[Members], Iterable[msgspec.Raw]]:
    """An itemgetter of one name gives its value alone, and of none there is no such thing."""
    return itemgetter(*names) if len(names) > 1 else lambda members: [members[name] for name in names]
