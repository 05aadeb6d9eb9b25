"""From one record to its spans: the request as the gateway served it, below it each call to a provider, and each stage
in which it stayed for long. Ids are those that the worker told the providers.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from gossamer.core.endpoints import ENDPOINTS
from gossamer.core.record import Record
from gossamer.core.trace_context import attempt_part, flags_of, parent_of, span_id_of, trace_id_of
from gossamer.recorder.batch import Kept
from gossamer.recorder.metrics.project import route_label
from gossamer.recorder.telemetry import conventions as names
from gossamer.recorder.telemetry.otlp import (
    CLIENT,
    ERROR,
    INTERNAL,
    SERVER,
    Plain,
    Span,
    Status,
    attributes,
)
from gossamer.recorder.telemetry.selection import FAILED, has_failed
from gossamer.recorder.telemetry.timeline import Call, Stay, arrival_ns, calls_of, stays_of

LONG_STAY_NS: Final = 1_000_000
"""A stage takes microseconds; one that takes a millisecond has waited for something, and that is worth a span."""
_NS_PER_S: Final = 1e9
_REFUSED: Final = 400
_KNOWS_PARENT: Final = 0x100
_IS_REMOTE: Final = 0x200
"""Flags of OTLP: whether the parent was another process's."""
_NOT_WELL: Final = Status(code=ERROR)


def spans_of(kept: Kept, providers: Mapping[str, str]) -> Iterator[Span]:
    """`providers`: what each is to the conventions, by its name in the settings."""
    record = kept.record
    trace_id = trace_id_of(record.id, record.trace)
    parent_id = span_id_of(record.id)
    yield _of_request(record, trace_id, parent_id)
    for number, call in enumerate(calls_of(kept)):
        yield _of_call(record, call, number, trace_id, parent_id, providers)
    for stay in stays_of(kept):
        if stay.ended_ns - stay.began_ns >= LONG_STAY_NS:
            yield _of_stay(record, stay, trace_id, parent_id)


def _of_request(record: Record, trace_id: str, span_id: str) -> Span:
    route = record.path if route_label(record.path) == record.path else None
    trace = record.trace
    began_ns = arrival_ns(record)
    return Span(
        trace_id,
        span_id,
        f"{_verb(record)} {route}" if route is not None else _verb(record),
        SERVER,
        str(began_ns),
        str(began_ns + record.total_ns),
        parent_of(trace) if trace is not None else "",
        _KNOWS_PARENT | (_IS_REMOTE | flags_of(trace) if trace is not None else 0),
        attributes(_about_request(record, route)),
        _NOT_WELL if has_failed(record) else Status(),
    )


def _verb(record: Record) -> str:
    """For the name of a span: a caller can send any word as a method."""
    return record.method if record.method in names.METHODS else "HTTP"


def _about_request(record: Record, route: str | None) -> dict[str, Plain | None]:
    cost_nanos = record.cost_nanos
    return {
        names.HTTP_METHOD: record.method if record.method in names.METHODS else names.OTHER,
        names.HTTP_ROUTE: route,
        names.URL_PATH: record.path,
        names.HTTP_STATUS: record.status,
        names.HTTP_REQUEST_BYTES: record.request_bytes,
        names.HTTP_RESPONSE_BYTES: record.response_bytes,
        names.CLIENT_ADDRESS: record.peer.rpartition(":")[0] or None,
        names.ERROR_TYPE: _error_type(record),
        names.USER_ID: record.user,
        names.AGENT_ID: record.agent,
        names.REQUEST_ID: record.request_id or record.id,
        names.OUTCOME: record.outcome,
        names.ERROR: record.error,
        names.OVERHEAD: record.overhead_ns / _NS_PER_S,
        names.KEY_ID: record.key,
        names.TARGET: record.target,
        names.WORKER: record.worker,
        names.COST: cost_nanos / _NS_PER_S if cost_nanos is not None else None,
    }


def _error_type(record: Record) -> str | None:
    """One of a few words: the code of a refusal of ours, else how it ended, else the status."""
    if not has_failed(record):
        return None
    if record.outcome == "refused" and record.error:
        return record.error
    return str(record.status) if record.status >= FAILED else record.outcome


def _of_call(
    record: Record, call: Call, number: int, trace_id: str, parent_id: str, providers: Mapping[str, str]
) -> Span:
    endpoint = ENDPOINTS.get(record.path)
    operation = names.OPERATIONS.get(endpoint.dialect) if endpoint is not None else None
    provider, _, model = call.attempt.target.partition("/")
    about = _about_call(record, call, number)
    about[names.PROVIDER] = providers.get(provider, provider)
    if operation is not None:
        about |= {names.OPERATION: operation, names.REQUEST_MODEL: model or None}
        about |= _about_use(record, call) if call.is_answer else {}
    is_well = about[names.ERROR_TYPE] is None
    return Span(
        trace_id,
        span_id_of(record.id, attempt_part(number)),
        f"{operation} {model}" if operation is not None else f"{_verb(record)} {provider}",
        CLIENT,
        str(call.began_ns),
        str(call.ended_ns),
        parent_id,
        _KNOWS_PARENT,
        attributes(about),
        Status() if is_well else Status(call.attempt.error or "", ERROR),
    )


def _about_call(record: Record, call: Call, number: int) -> dict[str, Plain | None]:
    attempt = call.attempt
    return {
        names.HTTP_STATUS: attempt.status or None,
        names.ERROR_TYPE: _error_of_call(record, call),
        names.ATTEMPT: number,
        names.TARGET: attempt.target,
    }


def _error_of_call(record: Record, call: Call) -> str | None:
    status = call.attempt.status
    if status >= _REFUSED:
        return str(status)
    if call.is_answer:
        return "stream_broken" if record.outcome == "stream_broken" else None
    return None if record.outcome == "client_gone" else names.OTHER


def _about_use(record: Record, call: Call) -> dict[str, Plain | None]:
    about: dict[str, Plain | None] = {}
    if record.stream:
        about[names.REQUEST_STREAM] = True
        about[names.FIRST_CHUNK] = call.waited_ns / _NS_PER_S
    usage = record.usage
    if usage is not None:
        about[names.INPUT_TOKENS] = usage.input
        about[names.OUTPUT_TOKENS] = usage.output
        about[names.CACHE_READ_TOKENS] = usage.cached or None
        about[names.CACHE_WRITE_TOKENS] = usage.cache_write + usage.cache_write_1h or None
        about[names.REASONING_TOKENS] = usage.reasoning or None
    return about


def _of_stay(record: Record, stay: Stay, trace_id: str, parent_id: str) -> Span:
    return Span(
        trace_id,
        span_id_of(record.id, stay.name),
        stay.name,
        INTERNAL,
        str(stay.began_ns),
        str(stay.ended_ns),
        parent_id,
        _KNOWS_PARENT,
    )
