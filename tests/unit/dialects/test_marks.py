"""What a response says of its keeping, and nothing else of it changes."""

from typing import Any

import msgspec
import pytest

from gossamer.dialects.responses.marks import Marks, is_finished, read_event, read_response, write_response

encode, decode = msgspec.json.encode, msgspec.json.decode
ANSWER: dict[str, Any] = {"id": "resp_theirs", "output": [], "status": "completed", "odd": [1, "é", 1.50]}
MARKS = Marks("resp_ours", "resp_before", "conv_1")


def test_a_whole_answer_is_marked():
    response = read_response(encode(ANSWER))
    assert response is not None
    told = decode(write_response(response, MARKS, is_kept=True))
    assert told == {
        **ANSWER,
        "id": "resp_ours",
        "previous_response_id": "resp_before",
        "conversation": {"id": "conv_1"},
        "store": True,
    }
    assert decode(write_response(response, Marks(), is_kept=False)) == {
        **ANSWER,
        "previous_response_id": None,
        "store": False,
    }


def test_the_clients_own_instructions_stand_where_a_directive_stood():
    response = read_response(encode({**ANSWER, "instructions": "the directive\n\nbe brief"}))
    assert response is not None
    marks = Marks("resp_ours", instructions=msgspec.Raw(b'"be brief"'))
    assert decode(write_response(response, marks, is_kept=True))["instructions"] == "be brief"


@pytest.mark.parametrize("body", [b"", b"[]", b"no JSON", b'{"error":{}}', b"\xff"])
def test_what_is_no_response_is_none(body: bytes):
    assert read_response(body) is None


@pytest.mark.parametrize(
    ("status", "finished"),
    [("completed", True), ("incomplete", True), ("failed", False), ("in_progress", False), ("queued", False)],
)
def test_what_has_not_ended_cannot_be_gone_on_from(status: str, finished: bool):
    response = read_response(encode({**ANSWER, "status": status}))
    assert response is not None
    assert is_finished(response) is finished


@pytest.mark.parametrize("line", [b"", b"event: response.completed\n"])
def test_an_event_keeps_its_form(line: bytes):
    said = {"type": "response.completed", "response": ANSWER, "sequence_number": 9}
    found = read_event(line + b"data: " + encode(said) + b"\n\n")
    assert found is not None
    kind, ending = found
    told = ending.told(MARKS, is_kept=False)
    assert kind == "response.completed"
    assert told.startswith(line + b"data: {")
    assert told.endswith(b"\n\n")
    back = decode(told.removeprefix(line).removeprefix(b"data: "))
    assert (back["sequence_number"], back["response"]["id"], back["response"]["store"]) == (9, "resp_ours", False)


@pytest.mark.parametrize(
    "event",
    [
        b": comment\n\n",
        b"data: [DONE]\n\n",
        b'data: {"type":"x","response":7}\n\n',
        b'data: {"response":{}}\n\n',
        b'data: {"type":"response.output_text.delta","delta":"\\"response\\":{}"}\n\n',
    ],
)
def test_other_events_are_none_of_these(event: bytes):
    assert read_event(event) is None
