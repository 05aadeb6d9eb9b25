"""What an agent adds to a request that is made in its name: its model, where none is named, and its directive.

A part of read_body, and no stage of its own: who has no agent pays nothing for those who have one.
"""

from typing import Final
from urllib.parse import parse_qsl

import msgspec

from gossamer.core.clock import now_ns
from gossamer.core.directives import Directive
from gossamer.core.endpoints import Dialect
from gossamer.core.errors import InvalidRequest
from gossamer.core.exchange import Exchange
from gossamer.core.ports import AgentClaims
from gossamer.core.record import Directed
from gossamer.dialects.ask import default_model
from gossamer.dialects.injection import HAVE_A_PLACE, Changes, inject
from gossamer.dialects.members import JsonObject, Members
from gossamer.policy.template import VALUE_CHARS, prompt_of

_NONE: Final[Changes] = {}
_MOST_NAMES: Final = 50
"""In one header: more than any prompt has places."""


def ask_for_agent(exchange: Exchange, agent: AgentClaims, asked: JsonObject) -> Members:
    """What the body says of the model and of streams, with what the agent adds; that is the body from here on."""
    members, changes = asked.members, _NONE
    if agent.default_model is not None:
        named = default_model(asked, agent.default_model)
        if named:
            members, changes = {**members, "model": msgspec.Raw(named["model"])}, dict(named)
    directive, caller = agent.directive, exchange.caller
    if directive is not None and caller.run is None:  # else what began the run has it already
        dialect = caller.endpoint.dialect
        if dialect in HAVE_A_PLACE:
            added = _direct(exchange, directive, asked, dialect)
            changes = {**changes, **added} if changes else added
    if changes:
        exchange.body = asked.replaced(changes)
    return members


def _direct(exchange: Exchange, directive: Directive, asked: JsonObject, dialect: Dialect) -> Changes:
    began = now_ns()
    prompt = directive.prompt or prompt_of(directive, read_metadata(exchange.caller.metadata))
    resolved = now_ns()
    changes = inject(asked, dialect, prompt)
    injected = now_ns()
    exchange.directed = Directed(directive.id, directive.number, resolved - began, injected - resolved)
    return changes


def read_metadata(raw: bytes | None) -> dict[str, str]:
    """`tone=formal&place=Z%C3%BCrich`. Raises InvalidRequest."""
    if raw is None:
        return {}
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_NAMES,
        )
    except ValueError:
        raise _unreadable() from None
    found = dict(pairs)
    if len(found) < len(pairs) or any(len(value) > VALUE_CHARS for value in found.values()):
        raise _unreadable()
    return found


def _unreadable() -> InvalidRequest:
    return InvalidRequest(
        "X-Gossamer-Metadata must be written as tone=formal&place=Z%C3%BCrich: each name once, percent-encoded UTF-8, "
        f"at most {_MOST_NAMES} names and {VALUE_CHARS} characters a value.",
        param="X-Gossamer-Metadata",
    )
