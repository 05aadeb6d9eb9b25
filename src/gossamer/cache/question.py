"""What of a request decides whether, and under which key, its answer is kept. Nothing is looked up here."""

from typing import Final

import msgspec

from gossamer.cache.rules import Terms, sharers
from gossamer.core.endpoints import Dialect, Wire
from gossamer.core.exchange import Exchange
from gossamer.http.heads import RequestHead
from gossamer.policy.cache_key import MUTE, OF_ONE_FORM, Members, key_of, lasts, read_members

_OF_A_DIALECT: Final = (b"anthropic-", b"openai-")
"""Versions and betas: they change answers."""
_TOOLS: Final = ("tools", "functions")
_USUAL_TEMPERATURE: Final = 1.0
"""Of an API that is told none."""
_NOTHING: Final = (b"[]", b"null")
_decode_number: Final = msgspec.json.Decoder(float).decode
WIRES: Final[dict[Dialect, Wire]] = {"chat": "chat", "messages": "messages", "responses": "responses"}
"""Dialects in which an answer can be told in the other form."""


class Question(msgspec.Struct, frozen=True):
    """`key` is the same for both forms; what is kept has the form behind it."""

    key: bytes
    is_stream: bool
    wire: Wire | None
    """None: its answer cannot be told in another form."""

    @property
    def own_key(self) -> bytes:
        return self.key + (b"s" if self.is_stream else b"w")

    @property
    def other_key(self) -> bytes | None:
        return None if self.wire is None else self.key + (b"w" if self.is_stream else b"s")


def read_question(exchange: Exchange, terms: Terms, vary: frozenset[bytes], label: str) -> Question | None:
    """None where such an answer is never kept."""
    dialect = exchange.caller.endpoint.dialect
    members = read_members(exchange.body)
    if members is None or lasts(members) or not _is_allowed(members, terms):
        return None
    wire = WIRES.get(dialect)
    if wire is not None and not OF_ONE_FORM.isdisjoint(members):
        wire = None
    claims, agent = exchange.claims, exchange.agent
    assert claims is not None
    circumstances = (
        sharers(terms.share, claims, agent.agent_id if agent is not None else None),
        label.encode(),
        exchange.request.head.target,
        _said_in(exchange.request.head, vary),
        b"" if wire is not None else b"stream" if exchange.is_stream else b"whole",
    )
    return Question(key_of(members, dialect, circumstances), exchange.is_stream, wire)


def is_question(exchange: Exchange) -> bool:
    """Whether such a request has answers that could be kept."""
    caller = exchange.caller
    return caller.endpoint.dialect in MUTE and caller.method == "POST" and not exchange.is_upload


def _said_in(head: RequestHead, vary: frozenset[bytes]) -> bytes:
    return b"\n".join(
        [b"%b:%b" % field for field in head.headers if field[0] in vary or field[0].startswith(_OF_A_DIALECT)]
    )


def _is_allowed(members: Members, terms: Terms) -> bool:
    if not terms.tools and any(name in members and bytes(members[name]) not in _NOTHING for name in _TOOLS):
        return False
    return terms.temperature is None or _temperature_of(members) <= terms.temperature


def _temperature_of(members: Members) -> float:
    raw = members.get("temperature")
    if raw is None:
        return _USUAL_TEMPERATURE
    try:
        return _decode_number(raw)
    except msgspec.DecodeError:
        return _USUAL_TEMPERATURE
