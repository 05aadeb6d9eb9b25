"""What the tests of telemetry share: records as they come from the journal, and spans as a collector reads them."""

import base64
from typing import Any

import msgspec
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from gossamer.recorder.batch import Kept
from tests.unit.recorder.conftest import STAGES, record_of

AT_NS = 1_800_000_001_000_000_000
"""The arrival of record 1."""
PROVIDERS = {"openai": "openai", "azure": "azure.ai.openai"}
_IDS = ("traceId", "spanId", "parentSpanId")


def kept_of(seq: int = 1, **changes: object) -> Kept:
    return Kept(record_of(seq, **changes), b"", STAGES, "0-1")


def parsed(body: bytes) -> Any:
    """By OpenTelemetry's own protobufs; a member that they do not know is an error.

    OTLP writes ids in hex, where the mapping of protobuf has base64: that alone is changed before.
    """
    document = msgspec.json.decode(body)
    for span in (span for rs in document["resourceSpans"] for ss in rs["scopeSpans"] for span in ss["spans"]):
        for name in _IDS:
            if name in span:
                span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return ParseDict(document, ExportTraceServiceRequest())


def attributes(pairs: Any) -> dict[str, object]:
    return {pair.key: _value(pair) for pair in pairs}


def _value(pair: KeyValue) -> object:
    return getattr(pair.value, str(pair.value.WhichOneof("value")))
