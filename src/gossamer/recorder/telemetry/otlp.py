"""OTLP's traces as JSON: the members that we use, by the names of its protobuf, and what a collector answers.

Ids are hex, and 64-bit numbers are text, as OTLP's mapping to JSON has it. Knows no record.
"""

from functools import lru_cache
from typing import Final

import msgspec

SERVER: Final = 2
CLIENT: Final = 3
INTERNAL: Final = 1
ERROR: Final = 2

Plain = str | int | float | bool


class Value(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """One of them is set."""

    string_value: str | None = None
    int_value: str | None = None
    double_value: float | None = None
    bool_value: bool | None = None


class Attribute(msgspec.Struct, frozen=True, gc=False):
    key: str
    value: Value


class Status(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A code is only said of an error: whether all was well is the reader's to judge."""

    message: str = ""
    code: int = 0


class Span(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    trace_id: str
    span_id: str
    name: str
    kind: int
    start_time_unix_nano: str
    end_time_unix_nano: str
    parent_span_id: str = ""
    flags: int = 0
    attributes: tuple[Attribute, ...] = ()
    status: Status = Status()


class Scope(msgspec.Struct, frozen=True):
    name: str
    version: str


class ScopeSpans(msgspec.Struct, frozen=True, rename="camel"):
    scope: Scope
    spans: list[Span]
    schema_url: str


class Resource(msgspec.Struct, frozen=True):
    attributes: tuple[Attribute, ...]


class ResourceSpans(msgspec.Struct, frozen=True, rename="camel"):
    resource: Resource
    scope_spans: tuple[ScopeSpans, ...]
    schema_url: str


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """ExportTraceServiceRequest."""

    resource_spans: tuple[ResourceSpans, ...]


class PartialSuccess(msgspec.Struct, frozen=True, rename="camel"):
    rejected_spans: int = 0
    error_message: str = ""


class Response(msgspec.Struct, frozen=True, rename="camel"):
    """ExportTraceServiceResponse."""

    partial_success: PartialSuccess = PartialSuccess()


class Refusal(msgspec.Struct, frozen=True):
    """A google.rpc.Status: what a collector says beside a 4xx."""

    message: str = ""


encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=4096, typed=True)  # most say the same of every request; typed, since 1 is True to a dictionary
def attribute(key: str, value: Plain) -> Attribute:
    if isinstance(value, str):
        return Attribute(key, Value(value))
    if isinstance(value, bool):
        return Attribute(key, Value(bool_value=value))
    if isinstance(value, int):
        return Attribute(key, Value(int_value=str(value)))
    return Attribute(key, Value(double_value=value))


def attributes(members: dict[str, Plain | None]) -> tuple[Attribute, ...]:
    """Those that are known."""
    return tuple(attribute(key, value) for key, value in members.items() if value is not None)


def read_response(body: bytes) -> Response:
    """What cannot be read complains of nothing."""
    try:
        return msgspec.json.decode(body, type=Response, strict=False)  # 64-bit numbers come as text
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Response()


def read_refusal(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=Refusal).message
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return body[:200].decode("utf-8", "replace")
