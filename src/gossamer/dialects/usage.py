"""How many tokens a provider says an answer took, in whichever of the public shapes it says so.

An answer that says nothing of the kind, or nonsense, has no usage; it is never an error.
"""

import re
from typing import Annotated, Final

import msgspec

from gossamer.core.record import Usage

_MOST_TOKENS: Final = 10**12
"""No answer has a trillion tokens; a larger count would only break the sums of those who believe it."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=_MOST_TOKENS)] | None


class _InputDetails(msgspec.Struct, gc=False):
    cached_tokens: _Count = None
    cache_write_tokens: _Count = None
    audio_tokens: _Count = None
    image_tokens: _Count = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: _Count = None
    thinking_tokens: _Count = None
    """The word of messages for the same."""
    audio_tokens: _Count = None
    image_tokens: _Count = None


class _CacheCreation(msgspec.Struct, gc=False):
    """What messages put into the cache, by how long it is kept there."""

    ephemeral_5m_input_tokens: _Count = None
    ephemeral_1h_input_tokens: _Count = None


_NO_INPUT_DETAILS: Final = _InputDetails()
_NO_OUTPUT_DETAILS: Final = _OutputDetails()


class Counts(msgspec.Struct, gc=False):
    """The names of chat, completions and embeddings; of responses and messages; and what messages count apart.

    The cache counts of messages come on top of their input tokens; those of the others are part of them.
    """

    prompt_tokens: _Count = None
    completion_tokens: _Count = None
    total_tokens: _Count = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    input_tokens: _Count = None
    output_tokens: _Count = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None
    cache_read_input_tokens: _Count = None
    cache_creation_input_tokens: _Count = None
    cache_creation: _CacheCreation | None = None
    prompt_cache_hit_tokens: _Count = None
    """DeepSeek's word for cached tokens."""


_decode_usage: Final = msgspec.json.Decoder(Counts).decode
_BACKSLASH: Final = 0x5C
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# Before the quote that opens a name in valid JSON stands no backslash, and after one that closes a string stands no
# text: so this finds names, at any depth, and never a mention inside a string. Usage objects are two deep, some three.
_STRING: Final = rb'"(?:[^"\\]|\\.)*+"'
_FLAT: Final = rb'\{(?:[^{}"]|' + _STRING + rb")*+\}"
_DEEP: Final = rb'\{(?:[^{}"]|' + _STRING + b"|" + _FLAT + rb")*+\}"
_DEEPER: Final = rb'\{(?:[^{}"]|' + _STRING + b"|" + _DEEP + rb")*+\}"
_USAGE_MEMBER: Final = re.compile(rb'"usage"\s*+:\s*+(' + _DEEPER + b")", re.DOTALL)


def usage_of(raw: bytes | msgspec.Raw) -> Usage | None:
    """The usage that one JSON object is."""
    try:
        return told(_decode_usage(raw))
    except _UNREADABLE:
        return None


def usage_in_tail(tail: bytes) -> Usage | None:
    """The last usage in the final bytes of an answer that was too large to keep."""
    for found in reversed(list(_USAGE_MEMBER.finditer(tail))):
        at = found.start()
        usage = usage_of(found[1]) if at and tail[at - 1] != _BACKSLASH else None
        if usage is not None:
            return usage
    return None


def told(said: Counts) -> Usage | None:
    """What the counts come to; None where nothing was counted."""
    read, written, total = said.prompt_tokens, said.completion_tokens, said.total_tokens
    if read is None:
        return _told_otherwise(said)
    details, thoughts, thought = said.prompt_tokens_details, said.completion_tokens_details, 0
    if total is not None and written and total > read + written:
        # Gemini and xAI leave what was thought out of the tokens of a completion, and have it in their total.
        thought = total - read - written
        written = total - read
    if details is None and thoughts is None and said.prompt_cache_hit_tokens is None:
        return Usage(read, written or 0, 0, thought)
    details, thoughts = details or _NO_INPUT_DETAILS, thoughts or _NO_OUTPUT_DETAILS
    return Usage(
        read,
        written or 0,
        details.cached_tokens or said.prompt_cache_hit_tokens or 0,
        thoughts.reasoning_tokens or thought,
        details.cache_write_tokens or 0,
        0,
        details.audio_tokens or 0,
        thoughts.audio_tokens or 0,
    )


def _told_otherwise(said: Counts) -> Usage | None:
    """By responses, images and messages."""
    read, written = said.input_tokens, said.output_tokens
    if read is None and written is None:
        # Somebody counts what was written, and not what was read.
        return None if said.completion_tokens is None else Usage(0, said.completion_tokens)
    thoughts = said.output_tokens_details or _NO_OUTPUT_DETAILS
    reasoning = thoughts.reasoning_tokens or thoughts.thinking_tokens or 0
    details = said.input_tokens_details
    if details is None:
        return _told_apart(said, read or 0, written or 0, reasoning)
    return Usage(
        read or 0,
        written or 0,
        details.cached_tokens or 0,
        reasoning,
        details.cache_write_tokens or 0,
        0,
        details.audio_tokens or 0,
        thoughts.audio_tokens or 0,
        details.image_tokens or 0,
        thoughts.image_tokens or 0,
    )


def _told_apart(said: Counts, read: int, written: int, reasoning: int) -> Usage:
    """As messages count: what the cache had, and what it was given, come on top of what was read."""
    cached, kept = said.cache_read_input_tokens or 0, said.cache_creation_input_tokens or 0
    hour = 0
    if kept and said.cache_creation is not None:
        hour = min(said.cache_creation.ephemeral_1h_input_tokens or 0, kept)
    return Usage(read + cached + kept, written, cached, reasoning, kept - hour, hour)


def later(before: Usage | None, now: Usage | None) -> Usage | None:
    """Counts only grow: a stream tells them bit by bit, or all at once at its end."""
    if before is None or now is None:
        return now or before
    # A stream of messages tells for how long its cache is kept at its begin only: at its end it is one sum.
    hour = max(before.cache_write_1h, now.cache_write_1h)
    kept = max(before.cache_write + before.cache_write_1h, now.cache_write + now.cache_write_1h)
    return Usage(
        max(before.input, now.input),
        max(before.output, now.output),
        max(before.cached, now.cached),
        max(before.reasoning, now.reasoning),
        kept - hour,
        hour,
        max(before.audio_input, now.audio_input),
        max(before.audio_output, now.audio_output),
        max(before.image_input, now.image_input),
        max(before.image_output, now.image_output),
    )
