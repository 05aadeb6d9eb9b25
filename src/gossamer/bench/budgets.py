"""What the gateway may cost. Ratios are to nginx in the same run, so they carry from machine to machine."""

from types import MappingProxyType

from gossamer.bench.verdict import Budget

BUDGETS = MappingProxyType(
    {
        "request-cpu": Budget(2.0, "x nginx"),
        "node-cpu": Budget(5.0, "x nginx"),
        "chunk-cpu": Budget(1.3, "x nginx"),
        "added-p99": Budget(2.0, "ms"),
        "start": Budget(2.0, "s"),
        "rss-idle": Budget(60.0, "MB"),
    }
)
"""MB are 10^6 bytes."""
