"""A conversation as a request for an Anthropic message.

Anthropic wants system turns apart, a limit of tokens, objects as arguments and no empty text; what a family of Claude
does not take is in `efforts`.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import msgspec

from gossamer.dialects.conversation import Conversation, Part, Text, ToolCall, Turn
from gossamer.dialects.efforts import Family, family_of
from gossamer.dialects.losses import Losses
from gossamer.dialects.messages.block_writer import write_blocks
from gossamer.dialects.messages.request_settings import settings_of
from gossamer.dialects.terms import Terms
from gossamer.dialects.tools import is_said

Value = dict[str, Any]

_encode: Final = msgspec.json.Encoder().encode
_JSON_ONLY: Final = "Answer with one JSON object and nothing else: no words around it and no code fence."
"""Anthropic has no mode for JSON without a schema."""


def write_request(conversation: Conversation, terms: Terms, losses: Losses) -> bytes:
    family = family_of(conversation.model)
    early, late = _parted(conversation.turns)
    system = [block for turn in early for block in _system_blocks(turn, losses)]
    if conversation.output is not None and not is_said(conversation.output.schema):
        called = losses.name("response_format")
        how = f'"{called}" was put into words: Anthropic has no mode for JSON without a schema.'
        losses.change("response_format", how)
        system.append({"type": "text", "text": _JSON_ONLY})
    request: Value = {"model": conversation.model, "messages": list(_messages(late, family, losses))}
    if system:
        request["system"] = _plain(system)
    return _encode(request | settings_of(conversation, family, terms, losses))


def _parted(turns: tuple[Turn, ...]) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    """The system's turns that open the conversation, and the rest."""
    first = next((at for at, turn in enumerate(turns) if turn.role not in ("system", "developer")), len(turns))
    return turns[:first], turns[first:]


def _messages(turns: tuple[Turn, ...], family: Family, losses: Losses) -> Iterator[Value]:
    """Neighbours are one message: results of parallel calls must come together."""
    for is_assistant, found in groupby(turns, lambda turn: turn.role == "assistant"):
        run = tuple(found)
        if is_assistant:
            yield from _message("assistant", [block for turn in run for block in _blocks(turn, losses)])
        else:
            yield from _asked(run, family, losses)


def _asked(run: tuple[Turn, ...], family: Family, losses: Losses) -> Iterator[Value]:
    """What stands between two answers. A system's turn is taken there behind a user's only, and before an answer."""
    has_user = any(turn.role == "user" for turn in run)
    asked: list[Value] = []
    ordered: list[Value] = []
    for turn in run:
        if turn.role == "user":
            asked += _blocks(turn, losses)
        elif family.takes_late_system and has_user:
            ordered += _system_blocks(turn, losses)
        else:
            losses.change(turn.at, f"\"{turn.at}\": a system's turn is not taken there; it was sent as the user's.")
            asked += _system_blocks(turn, losses)
    yield from _message("user", asked)
    yield from _message("system", ordered)


def _message(role: str, blocks: list[Value]) -> Iterator[Value]:
    if blocks:
        yield {"role": role, "content": _plain(blocks)}


def _blocks(turn: Turn, losses: Losses) -> Iterator[Value]:
    if turn.name:
        losses.hint(f"{turn.at}.name", "there is no word for it there")
    yield from write_blocks(_in_order(turn.parts), turn, losses)


def _in_order(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Calls come last: what an assistant says behind them, Anthropic takes for a new turn."""
    if not any(isinstance(part, ToolCall) for part in parts):
        return parts
    return tuple(sorted(parts, key=lambda part: isinstance(part, ToolCall)))


def _system_blocks(turn: Turn, losses: Losses) -> Iterator[Value]:
    texts = tuple(part for part in turn.parts if isinstance(part, Text))
    if len(texts) < len(turn.parts):
        losses.lose(turn.at, "there a system says text only", "Put it into a user's message.")
    yield from write_blocks(texts, turn, losses)


def _plain(blocks: list[Value]) -> str | list[Value]:
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return str(blocks[0]["text"])
    return blocks
