"""What of a request decides whether, and under which key, its answer is kept. Nothing is looked up here."""

from typing import Final

import msgspec

from gossamer.cache.rules import Terms, sharers
from gossamer.core.caller import Caller
from gossamer.core.endpoints import Dialect, Wire
from gossamer.core.exchange import Exchange
from gossamer.core.ports import AgentClaims, Claims
from gossamer.http.heads import RequestHead
from gossamer.policy.cache_key import MUTE, Members, key_of, lasts, prefix_of, read_members, told_by_names

_OF_A_DIALECT: Final = (b"anthropic-", b"openai-")
"""Versions and betas: they change answers."""
_TOOLS: Final = ("tools", "functions")
_USUAL_TEMPERATURE: Final = 1.0
"""Of an API that is told none."""
_NOTHING: Final = (b"[]", b"null")
_decode_number: Final = msgspec.json.Decoder(float).decode
WIRES: Final[dict[Dialect, Wire]] = {"chat": "chat", "messages": "messages", "responses": "responses"}
"""Dialects in which an answer can be told in the other form."""


class Question(msgspec.Struct, frozen=True, gc=False):
    """`key` is the same for both forms; what is kept has the form behind it."""

    key: bytes
    is_stream: bool
    wire: Wire | None
    """None: its answer cannot be told in another form."""
    own_key: bytes

    @property
    def other_key(self) -> bytes | None:
        return None if self.wire is None else self.key + (b"w" if self.is_stream else b"s")


class Said:
    """What the head of a request says to the cache. Kept with the head, as long as the settings are the same."""

    __slots__ = ("agent", "claims", "is_question", "label", "lines", "prefix", "terms", "vary", "wish")

    def __init__(self, vary: frozenset[bytes], wish: str, lines: bytes, *, is_question: bool) -> None:
        self.vary = vary
        self.is_question = is_question
        """Whether such a request has answers that could be kept, if it is no upload."""
        self.wish = wish
        """no-store, no-cache, or nothing."""
        self.lines = lines
        """The headers that change answers."""
        self.claims: Claims | None = None
        self.agent: AgentClaims | None = None
        self.label = ""
        self.terms: Terms | None = None
        self.prefix = b""
        """Of all of these, and whoever looks here first spares a call: all of the key but the body and its form."""

    def prefix_of(self, exchange: Exchange, terms: Terms, label: str) -> bytes:
        claims, agent = exchange.claims, exchange.agent
        if claims is not self.claims or agent is not self.agent or label != self.label or terms is not self.terms:
            assert claims is not None
            self.claims, self.agent, self.label, self.terms = claims, agent, label, terms
            whose = sharers(terms.share, claims, agent.agent_id if agent is not None else None)
            self.prefix = prefix_of((whose, label.encode(), exchange.request.head.target, self.lines))
        return self.prefix


def said_by(exchange: Exchange, vary: frozenset[bytes]) -> Said:
    caller = exchange.caller
    said = caller.caching
    if not isinstance(said, Said) or said.vary is not vary:
        head = exchange.request.head
        said = caller.caching = Said(vary, _wish_of(head), _lines_of(head, vary), is_question=_is_question(caller))
    return said


def read_question(exchange: Exchange, terms: Terms, said: Said, label: str) -> Question | None:
    """None where such an answer is never kept."""
    dialect = exchange.caller.endpoint.dialect
    members = read_members(exchange.body, exchange.compact)
    if members is None:
        return None
    told = told_by_names(members, dialect)
    if told.may_last and lasts(members):
        return None
    if (terms.temperature is not None or not terms.tools) and not _is_allowed(members, terms):
        return None
    prefix = said.prefix_of(exchange, terms, label)
    wire = WIRES.get(dialect)
    is_stream = exchange.is_stream
    if wire is None or told.is_of_one_form:
        wire = None
        prefix += b"stream" if is_stream else b"whole"
    key = key_of(members, told, prefix)
    return Question(key, is_stream, wire, key + (b"s" if is_stream else b"w"))


def _is_question(caller: Caller) -> bool:
    return caller.endpoint.dialect in MUTE and caller.method == "POST"


def _lines_of(head: RequestHead, vary: frozenset[bytes]) -> bytes:
    return b"\n".join(
        [b"%b:%b" % field for field in head.headers if field[0] in vary or field[0].startswith(_OF_A_DIALECT)]
    )


def _wish_of(head: RequestHead) -> str:
    said = b",".join([value for name, value in head.headers if name == b"cache-control"]).lower().split(b",")
    words = {word.strip() for word in said}
    return "no-store" if b"no-store" in words else "no-cache" if b"no-cache" in words else ""


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
