"""How an Anthropic message ends: its stop reason, and its usage. Its input tokens are those that no cache knows."""

from typing import Any, Final

import msgspec

from gossamer.dialects.answer import Counts, Stop


class Details(msgspec.Struct):
    thinking_tokens: int | None = None


class Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: Details | None = None
    service_tier: str | None = None


decode_usage: Final = msgspec.json.Decoder(Usage | None).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)

STOPS: Final[dict[str, Stop]] = {
    "end_turn": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tools",
    "stop_sequence": "sequence",
    "refusal": "filter",
    "pause_turn": "pause",
}
_REASONS: Final[dict[Stop, str]] = {
    "end": "end_turn",
    "length": "max_tokens",
    "tools": "tool_use",
    "sequence": "stop_sequence",
    "filter": "refusal",
    "pause": "pause_turn",
}
_TIERS: Final = {"default": "standard", "standard": "standard", "priority": "priority", "batch": "batch"}


def usage_in(raw: msgspec.Raw) -> Usage:
    """Nonsense counts as nothing."""
    try:
        return (decode_usage(raw) if len(raw) else None) or Usage()
    except _UNREADABLE:
        return Usage()


def counts_of(usage: Usage) -> Counts:
    cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    details = usage.output_tokens_details or Details()
    return Counts(
        (usage.input_tokens or 0) + cached + written,
        cached,
        written,
        usage.output_tokens or 0,
        details.thinking_tokens or 0,
    )


def later(before: Usage, now: Usage) -> Usage:
    """Counts of a stream are totals: a later one replaces an earlier one."""
    return Usage(
        before.input_tokens if now.input_tokens is None else now.input_tokens,
        before.output_tokens if now.output_tokens is None else now.output_tokens,
        before.cache_read_input_tokens if now.cache_read_input_tokens is None else now.cache_read_input_tokens,
        before.cache_creation_input_tokens
        if now.cache_creation_input_tokens is None
        else now.cache_creation_input_tokens,
        now.output_tokens_details or before.output_tokens_details,
    )


def usage_of(counts: Counts) -> dict[str, Any]:
    """Never below zero, whatever a provider counts as cached."""
    usage: dict[str, Any] = {
        "input_tokens": max(counts.read - counts.cached - counts.cache_written, 0),
        "cache_creation_input_tokens": counts.cache_written,
        "cache_read_input_tokens": counts.cached,
        "output_tokens": counts.written,
    }
    if counts.reasoning:
        usage["output_tokens_details"] = {"thinking_tokens": counts.reasoning}
    return usage


def ending_of(stop: Stop, sequence: str, explanation: str) -> dict[str, Any]:
    """`stop_reason` and what stands beside it."""
    ending: dict[str, Any] = {"stop_reason": _REASONS[stop], "stop_sequence": sequence or None}
    if stop == "filter":
        ending["stop_details"] = {"type": "refusal", "category": None, "explanation": explanation or None}
    return ending


def tier_of(tier: str) -> str | None:
    return _TIERS.get(tier)
