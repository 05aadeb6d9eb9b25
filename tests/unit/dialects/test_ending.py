"""Why an answer ended, in each dialect's own words, whole and as a stream."""

import pytest

from gossamer.core.record import Usage
from gossamer.dialects.ending import read_ending
from gossamer.dialects.tally import StreamTally
from gossamer.http.sse import split_events


def chat(reason: str) -> bytes:
    return b'{"choices":[{"index":0,"message":{"content":"\\"finish_reason\\":\\"length\\""},"finish_reason":%b}]}' % (
        reason.encode()
    )


def message(reason: str) -> bytes:
    return b'{"type":"message","content":[{"type":"text","text":"stop_reason"}],"stop_reason":%b}' % reason.encode()


def response(status: str, more: str = '"output":[{"type":"message"}]') -> bytes:
    return f'{{"object":"response","status":"{status}",{more}}}'.encode()


WHOLE = [
    (chat('"stop"'), "end"),
    (chat('"length"'), "length"),
    (chat('"tool_calls"'), "tools"),
    (chat('"function_call"'), "tools"),
    (chat('"content_filter"'), "filter"),
    (chat('"insufficient_system_resource"'), "other"),
    (chat("null"), None),
    (b'{"choices":[{"text":"Hi","finish_reason":"length"}]}', "length"),
    (b'{"choices":[{"finish_reason":"length"},{"finish_reason":"stop"}]}', "length"),
    (message('"end_turn"'), "end"),
    (message('"max_tokens"'), "length"),
    (message('"tool_use"'), "tools"),
    (message('"stop_sequence"'), "sequence"),
    (message('"refusal"'), "filter"),
    (message('"pause_turn"'), "pause"),
    (response("completed"), "end"),
    (response("completed", '"output":[{"type":"reasoning"},{"type":"function_call"}]'), "tools"),
    (response("completed", '"output":[{"type":"web_search_call"},{"type":"message"}]'), "end"),
    (response("incomplete", '"incomplete_details":{"reason":"max_output_tokens"},"output":[]'), "length"),
    (response("incomplete", '"incomplete_details":{"reason":"content_filter"},"output":[]'), "filter"),
    (response("incomplete", '"incomplete_details":null,"output":[]'), "other"),
    (response("in_progress"), None),
    (response("failed"), None),
    (b'{"object":"list","data":[],"model":"e"}', None),
    (b'{"status":"completed","id":"batch_1"}', None),
    (b'{"choices":[],"usage":null}', None),
    (b"[]", None),
    (b"no JSON", None),
]


@pytest.mark.parametrize(("answer", "finish"), WHOLE)
def test_a_whole_answer_says_why_it_ended(answer, finish):
    assert read_ending(answer)[1] == finish


@pytest.mark.parametrize(
    "odd", ['"choices":7', '"choices":[{"finish_reason":{}}]', '"status":{"code":1}', '"output":"x"']
)
def test_what_is_called_by_one_of_these_names_and_is_another_thing_hides_no_usage(odd):
    assert read_ending(b'{%b,"usage":{"prompt_tokens":3}}' % odd.encode()) == (Usage(input=3), None)


def chunk(reason: str, more: str = "") -> bytes:
    return b'data: {"choices":[{"index":0,"delta":{},"finish_reason":%b}]%b}\n\n' % (reason.encode(), more.encode())


def named(name: str, more: str) -> bytes:
    return f'event: {name}\ndata: {{"type":"{name}",{more}}}\n\n'.encode()


COUNTED = ',"usage":{"prompt_tokens":1,"completion_tokens":1}'
USAGE = b'data: {"choices":[]%b}\n\n' % COUNTED.encode()
DONE = b"data: [DONE]\n\n"
DELTA = named("content_block_delta", '"delta":{"type":"text_delta","text":"stop_reason"}')
STOPPED = named(
    "message_delta", '"delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":3}'
)
TEXT = named("response.output_text.delta", '"delta":"Hi"')
STREAMS = [
    ("chat", [chunk("null"), chunk('"stop"'), DONE], "end"),
    ("chat", [chunk("null"), chunk('"tool_calls"'), USAGE, DONE], "tools"),
    ("chat", [chunk("null"), chunk('"length"', COUNTED), DONE], "length"),
    ("chat", [chunk("null", COUNTED), chunk('"length"', COUNTED), USAGE, DONE], "length"),
    ("chat", [chunk("null"), chunk('"stop"'), chunk("null", COUNTED), DONE], "end"),
    ("chat", [chunk("null"), chunk('"stop"')], "end"),
    ("chat", [chunk("null")], None),
    ("chat", [], None),
    ("completions", [b'data: {"choices":[{"text":"a","finish_reason":"length"}]}\n\n', DONE], "length"),
    ("messages", [DELTA, STOPPED, named("message_stop", '"x":0')], "length"),
    ("messages", [DELTA, STOPPED.partition(b"\n")[2], named("message_stop", '"x":0')], "length"),
    ("messages", [DELTA], None),
    ("responses", [TEXT, named("response.completed", f'"response":{response("completed").decode()}')], "end"),
    (
        "responses",
        [
            TEXT,
            named(
                "response.incomplete",
                '"response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}',
            ),
        ],
        "length",
    ),
    ("responses", [TEXT], None),
]


@pytest.mark.parametrize(("dialect", "events", "finish"), STREAMS)
@pytest.mark.parametrize("at_once", [True, False])
def test_a_stream_says_why_it_ended(dialect, events, finish, at_once):
    tally = StreamTally(dialect)
    for block in [b"".join(events)] if at_once and events else events:
        for event in split_events(block):
            tally.see(event)
    assert tally.finish == finish


def test_events_that_come_in_one_block_say_it_too():
    tally = StreamTally("chat")
    tally.see(chunk("null") + chunk('"length"') + USAGE + DONE)
    assert tally.finish == "length"
