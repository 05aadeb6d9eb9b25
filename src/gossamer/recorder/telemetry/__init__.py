"""Finished requests as spans, for an OpenTelemetry collector. A sink like any other: drawn from the journal."""
