"""Which traces are kept: decided by the trace id alone, so that all who see a part of one come to the same.

As OpenTelemetry has it: a parent's word goes first, and without one the last seven bytes of the trace id are the draw.
"""

from typing import Final

from gossamer.core.trace_context import SAMPLED, flags_of

_DRAW_DIGITS: Final = 14
"""Seven bytes in hex: those that W3C wants drawn at random."""
_DRAWS: Final = 1 << 56


def is_drawn(trace_id: str, share: float) -> bool:
    return int(trace_id[-_DRAW_DIGITS:], 16) >= _DRAWS - round(share * _DRAWS)


def is_sampled(trace_id: str, trace: str | None, share: float) -> bool:
    """`trace` is what the caller said, where it said anything."""
    if trace is not None:
        return bool(flags_of(trace) & SAMPLED)
    return is_drawn(trace_id, share)
