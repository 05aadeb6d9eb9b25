"""How a chat completion ends: its finish reason, and its usage. OpenAI's counts of what was read include the cached."""

from typing import Any, Final

import msgspec

from gossamer.dialects.answer import Counts, Stop
from gossamer.dialects.details import ReadTokens, WrittenTokens


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: ReadTokens | None = None
    completion_tokens_details: WrittenTokens | None = None
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's."""


_decode: Final = msgspec.json.Decoder(_Usage | None).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)

STOPS: Final[dict[str, Stop]] = {
    "stop": "end",
    "length": "length",
    "tool_calls": "tools",
    "function_call": "tools",
    "content_filter": "filter",
}
_REASONS: Final[dict[Stop, str]] = {
    "end": "stop",
    "length": "length",
    "tools": "tool_calls",
    "sequence": "stop",
    "filter": "content_filter",
    "pause": "stop",
}
_TIERS: Final = {"standard": "default", "batch": "default"}


def stop_of(reason: str, *, has_calls: bool, is_refused: bool) -> Stop:
    """Some say "stop" behind a call; what counts is that something must be called. New words mean a plain end."""
    stop = STOPS.get(reason, "end")
    if stop == "end" and has_calls:
        return "tools"
    return "filter" if stop == "end" and is_refused else stop


def reason_of(stop: Stop, *, is_refused: bool = False) -> str:
    """A refusal in words is a plain end, by OpenAI's own custom."""
    return "stop" if is_refused and stop == "filter" else _REASONS[stop]


def counts_of(raw: msgspec.Raw) -> Counts | None:
    """None where nothing was counted, or nonsense."""
    if not len(raw):
        return None
    try:
        said = _decode(raw)
    except _UNREADABLE:
        return None
    if said is None:
        return None
    read, written = said.prompt_tokens_details or ReadTokens(), said.completion_tokens_details or WrittenTokens()
    return Counts(
        said.prompt_tokens or 0,
        read.cached_tokens or said.prompt_cache_hit_tokens or 0,
        read.cache_write_tokens or 0,
        said.completion_tokens or 0,
        written.reasoning_tokens or 0,
    )


def usage_of(counts: Counts) -> dict[str, Any]:
    return {
        "prompt_tokens": counts.read,
        "completion_tokens": counts.written,
        "total_tokens": counts.read + counts.written,
        "prompt_tokens_details": {"cached_tokens": counts.cached, "cache_write_tokens": counts.cache_written},
        "completion_tokens_details": {"reasoning_tokens": counts.reasoning},
    }


def tier_of(tier: str) -> str:
    return _TIERS.get(tier, tier)
