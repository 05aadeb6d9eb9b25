"""Where spans go, and which, as the file says it. Part of settings.py, in a file of its own."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, field

from gossamer.config.section import Duration, Section

CollectorUrl = Annotated[str, Meta(extra={"leaf": "collector"})]
Share = Annotated[float, Meta(ge=0, le=1, extra={"leaf": "share"})]
HeaderName = Annotated[str, Meta(extra={"leaf": "header_name"})]
SecretHeaderValue = Annotated[str, Meta(extra={"leaf": "secret_header_value"})]
"""Vendors name the header of their key as they like: none of these is shown."""


class TelemetrySettings(Section, frozen=True, kw_only=True):
    """Spans for an OpenTelemetry collector. Without it none are made, and traceparent passes as it came."""

    otlp: Annotated[
        CollectorUrl, Meta(description="Of a collector that takes OTLP over HTTP; spans go to /v1/traces below it.")
    ]
    headers: Annotated[
        Mapping[HeaderName, SecretHeaderValue], Meta(description="Sent with every batch, such as the collector's key.")
    ] = field(default_factory=dict)
    sample: Annotated[
        Share,
        Meta(description="Of the traces that begin here, the share that is told of. Else the caller's flag says."),
    ] = 1.0
    keep_errors: Annotated[bool, Meta(description="Requests that failed are told of, sampled or not.")] = True
    keep_slower_than_s: Annotated[
        Duration | None, Meta(description="So are those that took longer than this; null: none for that.")
    ] = field(name="keep_slower_than", default=30.0)

    def __repr__(self) -> str:
        """Without the headers, which may hold a key."""
        return f"TelemetrySettings(otlp={self.otlp!r}, sample={self.sample!r}, ...)"
