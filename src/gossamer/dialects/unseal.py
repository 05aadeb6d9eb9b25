"""Reasoning of other providers, taken out of a conversation that goes to a provider in the client's own dialect.

A client that got its last answer from a provider of another dialect sends that one's seals back, in our wrapping. Who
did not make them refuses them. Requests without the wrapping, which are nearly all, come out as the same bytes.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from gossamer.core.endpoints import Wire
from gossamer.dialects.losses import Losses
from gossamer.dialects.members import JsonObject
from gossamer.dialects.seals import MARK, unwrap

_WRAPPED: Final = b'"%b:' % MARK.encode()
_WHY: Final = "reasoning of another provider means nothing to this one"
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Members = dict[str, msgspec.Raw]

_decode_list: Final = msgspec.json.Decoder(list[Members]).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode


def unseal_messages(body: bytes, losses: Losses) -> bytes:
    """A request for an Anthropic message, its thinking blocks with seals of Anthropic's own only."""
    return _unsealed(body, "messages", _own_messages, losses)


def unseal_responses(body: bytes, losses: Losses) -> bytes:
    """A request for a response, its reasoning items with seals of OpenAI's own only."""
    return _unsealed(body, "input", lambda items, losses: _own(items, "input", "responses", losses), losses)


def _unsealed(
    body: bytes, member: str, own: Callable[[list[Members], Losses], Iterator[Members]], losses: Losses
) -> bytes:
    """What cannot be read is the provider's to refuse."""
    if _WRAPPED not in body:
        return body
    asked = JsonObject(body)
    try:
        entries = _decode_list(asked.members.get(member, b"[]"))
        return asked.replaced({member: _encode(list(own(entries, losses)))})
    except _UNREADABLE:
        return body


def _own_messages(messages: list[Members], losses: Losses) -> Iterator[Members]:
    """A message of which nothing is left is left out: Anthropic takes none that is empty."""
    for number, message in enumerate(messages):
        content = message.get("content", msgspec.Raw())
        if _WRAPPED in bytes(content) and bytes(content).startswith(b"["):
            blocks = list(_own(_decode_list(content), f"messages[{number}].content", "messages", losses))
            if blocks:
                yield {**message, "content": msgspec.Raw(_encode(blocks))}
        else:
            yield message


_SEALS: Final = {"thinking": "signature", "redacted_thinking": "data", "reasoning": "encrypted_content"}
"""Where each kind of block or item has its seal."""


def _own(entries: list[Members], at: str, native: Wire, losses: Losses) -> Iterator[Members]:
    for number, entry in enumerate(entries):
        member = _SEALS.get(_text(entry, "type"), "")
        sealed = _text(entry, member)
        seal = unwrap(sealed, native)
        if seal.origin != native:
            losses.hint(f"{at}[{number}]", _WHY)
        elif seal.data != sealed:
            yield {**entry, member: msgspec.Raw(_encode(seal.data))}
        else:
            yield entry


def _text(entry: Members, member: str) -> str:
    raw = bytes(entry.get(member, b""))
    return _decode_text(raw) if raw.startswith(b'"') else ""
