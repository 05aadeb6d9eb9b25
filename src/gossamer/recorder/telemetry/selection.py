"""Which requests a collector is told of: those that are sampled, and beside them what failed and what was slow.

The first was decided when the request went on its way, and providers were told so; the rest is known at its end.
"""

from gossamer.config.telemetry import TelemetrySettings
from gossamer.core.record import Record
from gossamer.core.trace_context import trace_id_of
from gossamer.policy.sampling import is_sampled

_NS_PER_S = 1_000_000_000
FAILED = 500


def is_told(record: Record, settings: TelemetrySettings) -> bool:
    if is_sampled(trace_id_of(record.id, record.trace), record.trace, settings.sample):
        return True
    if settings.keep_errors and (has_failed(record) or any(attempt.error for attempt in record.attempts)):
        return True
    slow_s = settings.keep_slower_than_s
    return slow_s is not None and record.total_ns > slow_s * _NS_PER_S


def has_failed(record: Record) -> bool:
    """By the gateway or a provider. What the caller has to mend is no failure, nor is a client that left."""
    return record.status >= FAILED or record.outcome in ("provider_failed", "stream_broken")
