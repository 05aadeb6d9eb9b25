"""What becomes of a record: its spans, as OpenTelemetry's own protobufs read them."""

from typing import Any

import pytest

from gossamer.core.record import Attempt, Usage
from gossamer.core.trace_context import attempt_part, span_id_of, trace_id_of
from gossamer.recorder.telemetry import otlp
from gossamer.recorder.telemetry.spans import LONG_STAY_NS, spans_of
from tests.unit.recorder.telemetry.conftest import AT_NS, PROVIDERS, attributes, kept_of, parsed

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
ERROR, UNSET = 2, 0
SERVER, CLIENT, INTERNAL = 2, 3, 1
BEFORE_NS = 36_000
"""All stages until the provider is asked."""


def spans(**changes: Any) -> list[Any]:
    made = list(spans_of(kept_of(**changes), PROVIDERS))
    scope = otlp.ScopeSpans(otlp.Scope("gossamer", "1"), made, "")
    body = otlp.encode(otlp.Request((otlp.ResourceSpans(otlp.Resource(()), (scope,), ""),)))
    return list(parsed(body).resource_spans[0].scope_spans[0].spans)


def test_a_request_and_its_call():
    request, call = spans(
        stream=True,
        user="usr_1",
        agent="agt_1",
        key="key_1",
        peer="10.0.0.1:5000",
        usage=Usage(input=10, output=5, cached=4, reasoning=2, cache_write=1, cache_write_1h=2),
    )
    assert (request.name, request.kind, request.status.code) == ("POST /v1/chat/completions", SERVER, UNSET)
    assert (call.name, call.kind, call.status.code) == ("chat small", CLIENT, UNSET)
    assert request.trace_id.hex() == call.trace_id.hex() == trace_id_of("req_1", None)
    assert request.parent_span_id == b""
    assert call.parent_span_id == request.span_id == bytes.fromhex(span_id_of("req_1"))
    assert call.span_id.hex() == span_id_of("req_1", attempt_part(0))
    assert (request.start_time_unix_nano, request.end_time_unix_nano) == (AT_NS, AT_NS + 1_000_040_000)
    assert (call.start_time_unix_nano, call.end_time_unix_nano) == (AT_NS + BEFORE_NS, AT_NS + 1_000_040_000)
    assert attributes(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/chat/completions",
        "url.path": "/v1/chat/completions",
        "http.response.status_code": 200,
        "http.request.body.size": 0,
        "http.response.body.size": 0,
        "client.address": "10.0.0.1",
        "user.id": "usr_1",
        "gen_ai.agent.id": "agt_1",
        "gossamer.request.id": "req_1",
        "gossamer.outcome": "completed",
        "gossamer.overhead": 40e-6,
        "gossamer.key.id": "key_1",
        "gossamer.target": "openai/small",
        "gossamer.worker": 0,
        "gossamer.cost": 2.5e-6,
    }
    assert attributes(call.attributes) == {
        "http.response.status_code": 200,
        "gossamer.attempt": 0,
        "gossamer.target": "openai/small",
        "gen_ai.provider.name": "openai",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "small",
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.9,
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.cache_creation.input_tokens": 3,
        "gen_ai.usage.reasoning.output_tokens": 2,
    }


def test_it_is_a_part_of_the_callers_trace():
    request, call = spans(trace=f"{TRACE}-{SPAN}-01")
    assert {request.trace_id.hex(), call.trace_id.hex()} == {TRACE}
    assert request.parent_span_id.hex() == SPAN
    assert request.flags == 0x301


def test_every_attempt_has_a_span():
    attempts = (
        Attempt("azure/small", 500, 100_000_000, "refused"),
        Attempt("azure/small", 0, 200_000_000, "no answer within 0.2 s (first_byte)"),
        Attempt("openai/small", 200, 300_000_000),
    )
    _, *calls = spans(attempts=attempts)
    asked = AT_NS + BEFORE_NS
    heard = asked + 900_000_000
    assert [each.start_time_unix_nano for each in calls] == [asked, asked + 100_000_000, heard - 300_000_000]
    assert [each.end_time_unix_nano for each in calls[:2]] == [asked + 100_000_000, asked + 300_000_000]
    assert [each.status.code for each in calls] == [ERROR, ERROR, UNSET]
    assert [attributes(each.attributes).get("error.type") for each in calls] == ["500", "_OTHER", None]
    assert [attributes(each.attributes)["gen_ai.provider.name"] for each in calls] == [
        "azure.ai.openai",
        "azure.ai.openai",
        "openai",
    ]
    assert ["gen_ai.usage.input_tokens" in attributes(each.attributes) for each in calls] == [False, False, True]
    assert len({each.span_id for each in calls}) == 3


@pytest.mark.parametrize(
    ("changes", "code", "error"),
    [
        ({"status": 404, "outcome": "completed", "error": "provider_refused"}, UNSET, None),
        ({"status": 429, "outcome": "refused", "error": "rate_limit_exceeded"}, UNSET, None),
        ({"status": 503, "outcome": "refused", "error": "unavailable"}, ERROR, "unavailable"),
        ({"status": 502, "outcome": "provider_failed", "error": "it said so"}, ERROR, "502"),
        ({"status": 200, "outcome": "stream_broken", "error": "it said so"}, ERROR, "stream_broken"),
        ({"status": 499, "outcome": "client_gone"}, UNSET, None),
    ],
)
def test_what_failed_says_so_by_one_of_a_few_words(changes, code, error):
    request = spans(**changes)[0]
    assert request.status.code == code
    assert attributes(request.attributes).get("error.type") == error


def test_a_request_that_was_refused_called_nobody():
    (request,) = spans(status=401, outcome="refused", stages_ns=[1000, 2000, 3000], target=None, usage=None)
    assert attributes(request.attributes)["http.response.status_code"] == 401


def test_a_stage_in_which_it_waited_has_a_span():
    stages_ns = [1_000, 2_000, LONG_STAY_NS, 4_000, 5_000, 6_000, LONG_STAY_NS - 1, 8_000, 900_000_000]
    *_, stay = spans(stages_ns=stages_ns)
    assert (stay.name, stay.kind) == ("authenticate", INTERNAL)
    assert (stay.start_time_unix_nano, stay.end_time_unix_nano) == (AT_NS + 3_000, AT_NS + 3_000 + LONG_STAY_NS)


def test_names_of_spans_are_few_whatever_callers_send():
    request, call = spans(method="BREW", path="/v1/anything/at/all")
    assert (request.name, call.name) == ("HTTP", "HTTP openai")
    about = attributes(request.attributes)
    assert about["http.request.method"] == "_OTHER"
    assert "http.route" not in about
    assert "gen_ai.operation.name" not in attributes(call.attributes)
