"""Whose spans these are. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say more, as they do everywhere."""

from collections.abc import Mapping
from urllib.parse import unquote

from gossamer import __version__
from gossamer.recorder.telemetry import conventions as names
from gossamer.recorder.telemetry.otlp import Resource, attributes


def resource_of(environ: Mapping[str, str], host: str) -> Resource:
    known = {
        names.SERVICE_NAME: "gossamer",
        names.SERVICE_VERSION: __version__,
        names.SERVICE_INSTANCE: host,
        names.HOST_NAME: host,
    }
    said = dict(_pairs(environ.get("OTEL_RESOURCE_ATTRIBUTES", "")))
    if name := environ.get("OTEL_SERVICE_NAME"):
        said[names.SERVICE_NAME] = name
    return Resource(attributes({**known, **said}))


def _pairs(text: str) -> list[tuple[str, str]]:
    """`a=1,b=2`, with %XX for what has a meaning here. What is no pair is passed over."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    return [(unquote(name.strip()), unquote(value.strip())) for name, equals, value in pairs if equals and name.strip()]
