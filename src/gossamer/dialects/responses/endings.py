"""How a response ends: its status and why, and its usage. OpenAI's counts of what was read include the cached."""

from typing import Any, Final

import msgspec

from gossamer.dialects.answer import Counts, Stop
from gossamer.dialects.details import ReadTokens, WrittenTokens


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: ReadTokens | None = None
    output_tokens_details: WrittenTokens | None = None


_decode: Final = msgspec.json.Decoder(_Usage | None).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)
_CUT: Final[dict[str, Stop]] = {"max_output_tokens": "length", "content_filter": "filter"}
_REASONS: Final[dict[Stop, str]] = {"length": "max_output_tokens", "filter": "content_filter"}
_TIERS: Final = {"standard": "default", "batch": "default"}


def stop_of(reason: str, *, has_calls: bool, is_refused: bool) -> Stop:
    if reason:
        return _CUT.get(reason, "length")
    if has_calls:
        return "tools"
    return "filter" if is_refused else "end"


def ending_of(stop: Stop, *, is_refused: bool) -> tuple[str, dict[str, Any] | None]:
    """Status and `incomplete_details`. A refusal in words is a complete answer, by OpenAI's own custom."""
    reason = _REASONS.get(stop)
    if reason is None or (stop == "filter" and is_refused):
        return "completed", None
    return "incomplete", {"reason": reason}


def counts_of(raw: msgspec.Raw) -> Counts | None:
    """None where nothing was counted, or nonsense."""
    try:
        said = _decode(raw) if len(raw) else None
    except _UNREADABLE:
        return None
    if said is None:
        return None
    read, written = said.input_tokens_details or ReadTokens(), said.output_tokens_details or WrittenTokens()
    return Counts(
        said.input_tokens or 0,
        read.cached_tokens or 0,
        read.cache_write_tokens or 0,
        said.output_tokens or 0,
        written.reasoning_tokens or 0,
    )


def usage_of(counts: Counts) -> dict[str, Any]:
    return {
        "input_tokens": counts.read,
        "input_tokens_details": {"cached_tokens": counts.cached, "cache_write_tokens": counts.cache_written},
        "output_tokens": counts.written,
        "output_tokens_details": {"reasoning_tokens": counts.reasoning},
        "total_tokens": counts.read + counts.written,
    }


def tier_of(tier: str) -> str:
    return _TIERS.get(tier, tier)
