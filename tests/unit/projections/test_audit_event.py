"""What an audit event tells, and what it never does."""

from typing import Any

import msgspec
import pytest

from gossamer.core.record import Record, Usage
from gossamer.projections.audit.address import parse_topic_url
from gossamer.projections.audit.event import AuditEvent, ChangeEvent, RequestEvent, event_schema, request_event


def a_record(**changes: Any) -> Record:
    return Record("req_1", 1.5, 0, 7, "POST", "/v1/chat/completions", 200, "completed", [1], 2, 1, **changes)


def test_a_request_tells_who_asked_what_and_how_it_ended():
    event = request_event(
        a_record(
            request_id="mine", peer="10.0.0.1:5", key="k", user="u", agent="a", model="m", target="p/m",
            usage=Usage(input=3, output=4), cost_nanos=5, stream=True,
        ),
        "0-a",
        "node",
    )  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(event)) == {
        "type": "request", "id": "req_1", "at": 1.5, "node": "node", "life": "0-a", "seq": 7, "method": "POST",
        "path": "/v1/chat/completions", "status": 200, "outcome": "completed", "total_ns": 2, "request_id": "mine",
        "address": "10.0.0.1:5", "key": "k", "user": "u", "agent": "a", "model": "m", "target": "p/m", "stream": True,
        "input_tokens": 3, "output_tokens": 4, "cost_nanos": 5,
    }  # fmt: skip


def test_what_nobody_knows_is_left_out():
    assert set(msgspec.json.decode(msgspec.json.encode(request_event(a_record(), "0-a", "n")))) == {
        "type", "id", "at", "node", "life", "seq", "method", "path", "status", "outcome", "total_ns",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, None),
        ("invalid_api_key", "invalid_api_key"),
        ("I cannot say anything of Ann's illness", "provider_error"),
        ("Overloaded", "provider_error"),
        ("x" * 65, "provider_error"),
    ],
)
def test_a_providers_words_may_repeat_what_was_asked_and_are_not_told(error: str | None, told: str | None):
    assert request_event(a_record(error=error), "0-a", "n").error == told


def test_both_types_are_read_back_as_what_they_are():
    change = ChangeEvent("e", 1.0, "n", "changes", 3, "operator", "key.create", after={"name": "k"})
    events = [request_event(a_record(), "0-a", "n"), change]
    lines = msgspec.json.Encoder().encode_lines(events)
    assert [msgspec.json.decode(line, type=AuditEvent) for line in lines.splitlines()] == events


def test_the_schema_has_both_types_with_all_their_members():
    schema = event_schema()
    for struct, name in ((RequestEvent, "request"), (ChangeEvent, "change")):
        told = schema["$defs"][struct.__name__]["properties"]
        assert told.pop("type") == {"enum": [name]}
        assert set(told) == {field.encode_name for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize(
    ("url", "shown", "topic"),
    [
        ("kafka://a/t", "a:9092", "t"),
        ("kafka://a:1,b,[::1]:3/agent_audit_events", "a:1,b:9092,[::1]:3", "agent_audit_events"),
    ],
)
def test_a_topic_is_found_by_its_url(url: str, shown: str, topic: str):
    address = parse_topic_url(url)
    assert (address.shown, address.topic) == (shown, topic)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("kafka://a", "no topic"),
        ("kafka:///t", "no host"),
        ("kafka://a:b/t", "no host and port"),
        ("kafka://a/t/u", "no topic"),
        ("kafka://ann:hunter2@a/t", "name or password"),
        ("kafka://a/t?acks=0", "settings behind"),
        ("redis://a/t", "not that of a Kafka topic"),
    ],
)
def test_what_is_no_topic_is_told_without_repeating_a_password(url: str, wrong: str):
    with pytest.raises(ValueError, match=wrong) as told:
        parse_topic_url(url)
    assert "hunter2" not in str(told.value)
