"""What a call to a provider says of the trace that it belongs to: that its parent is our own span.

Only where telemetry is configured. Else what the caller says of its trace goes up as it came: nobody would ever tell
of a span of ours, and the trace would end there.
"""

from gossamer.core.exchange import Exchange
from gossamer.core.trace_context import attempt_part, span_id_of, trace_id_of
from gossamer.policy.headers import Field
from gossamer.policy.sampling import is_sampled


class TraceLines:
    """Of one provider. `sample`: of the traces that begin here, the share that is told of."""

    def __init__(self, sample: float) -> None:
        self._sample = sample

    def of(self, exchange: Exchange) -> bytes:
        """Of the attempt that goes out now."""
        trace = exchange.caller.trace
        trace_id = trace_id_of(exchange.id, trace)
        span_id = span_id_of(exchange.id, attempt_part(len(exchange.attempts)))
        flags = trace[-2:] if trace is not None else f"{is_sampled(trace_id, None, self._sample):02x}"
        return f"traceparent: 00-{trace_id}-{span_id}-{flags}\r\n".encode("ascii")


def without_trace(fields: list[Field], *, is_valid: bool) -> list[Field]:
    """The caller's own word is replaced. What vendors add to it stands and falls with it."""
    dropped = (b"traceparent",) if is_valid else (b"traceparent", b"tracestate")
    return [field for field in fields if field[0] not in dropped]
