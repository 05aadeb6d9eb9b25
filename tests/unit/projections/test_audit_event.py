"""What an audit event tells, and what it never does."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.config.load import load_settings
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


# --- how a topic is reached ---


def options(text: str, tmp_path: Path) -> dict[str, object]:
    file = tmp_path / "gossamer.yaml"
    file.write_text(f"audit: {text}")
    found = load_settings(file, {"WORD": "planted"}).audit_in_full.for_topic().options()
    return {name: value for name, value in found.items() if "." in name and not name.startswith(("client", "boot"))}


def test_tls_and_sasl_are_as_the_file_says(tmp_path: Path):
    (tmp_path / "secret").write_text("from-a-file\n")
    assert options("kafka://h/t", tmp_path) == {"security.protocol": "plaintext"}
    assert options("{to: kafka://h/t, tls: true}", tmp_path) == {"security.protocol": "ssl"}
    certified = "tls: /ca.pem, certificate: /c, certificate_key: /k"
    assert options(f"{{to: kafka://h/t, {certified}, username: u, password: '${{WORD}}'}}", tmp_path) == {
        "security.protocol": "sasl_ssl",
        "ssl.ca.location": "/ca.pem",
        "ssl.certificate.location": "/c",
        "ssl.key.location": "/k",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "u",
        "sasl.password": "planted",
    }
    word = f"{{to: kafka://h/t, mechanism: PLAIN, username: u, password_file: {tmp_path}/secret}}"
    assert options(word, tmp_path) == {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "u",
        "sasl.password": "from-a-file",
    }


def test_all_that_is_set_has_come_into_force(tmp_path: Path):
    file = tmp_path / "gossamer.yaml"
    file.write_text("{traces: none, retention: {traces: 1d}, audit: none}")
    found = load_settings(file, {})
    assert (found.traces, found.retention.traces_s, found.audit_in_full.to) == ("none", 86400.0, "none")
