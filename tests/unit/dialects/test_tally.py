"""Streams as providers send them: what is told, what is hidden, what is passed on to the byte."""

import json  # noqa: TID251 - the oracle must be another reader than the one under test
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.core.endpoints import Dialect
from gossamer.core.record import Usage
from gossamer.dialects.tally import StreamTally
from gossamer.http.sse import EventSplitter


def chunk(choices: str, more: str = "") -> bytes:
    head = '{"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4o-mini"'
    return f'data: {head},"system_fingerprint":"fp_44709d6fcb","choices":{choices}{more}}}\n\n'.encode()


def delta(content: str) -> str:
    return json.dumps([{"index": 0, "delta": {"content": content}, "logprobs": None, "finish_reason": None}])


ROLE = chunk('[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]')
HELLO = chunk(delta("Hello"))
HELLO_WITHOUT_USAGE = chunk(delta("Hello"), ',"usage":null')
MENTION = chunk(delta('"usage":{"prompt_tokens":9},"choices":[] data: [DONE]\n\n"error":{"message":"no"} \\"usage\\"'))
STOP = chunk('[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]')
COUNTS = (
    '"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4},'
    '"completion_tokens_details":{"reasoning_tokens":3}}'
)
USAGE = chunk("[]", f",{COUNTS}")
STOP_WITH_USAGE = chunk('[{"index":0,"delta":{},"finish_reason":"stop"}]', f",{COUNTS}")
DONE = b"data: [DONE]\n\n"
COUNTED = Usage(input=19, output=10, cached=4, reasoning=3)

COMPLETION = (
    b'data: {"id":"cmpl-7iA7","object":"text_completion","created":1690759702,"choices":[{"text":"This","index":0,'
    b'"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct"}\n\n'
)


def event(name: str, more: str = "") -> bytes:
    return f'event: {name}\ndata: {{"type":"{name}","sequence_number":4{more}}}\n\n'.encode()


def response(name: str, status: str, more: str) -> bytes:
    head = f'"id":"resp_67c9fdce","object":"response","created_at":1741290958,"status":"{status}"'
    return event(name, f',"response":{{{head},"output":[{{"type":"message"}}],{more},"metadata":{{}}}}')


CREATED = response("response.created", "in_progress", '"error":null,"usage":null')
TEXT = event("response.output_text.delta", ',"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"')
RESPONSE_COUNTS = (
    '"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":5},"output_tokens":11,'
    '"output_tokens_details":{"reasoning_tokens":2},"total_tokens":48}'
)
COMPLETED = response("response.completed", "completed", f'"error":null,{RESPONSE_COUNTS}')
INCOMPLETE = response("response.incomplete", "incomplete", f'"error":null,{RESPONSE_COUNTS}')
FAILED = response(
    "response.failed", "failed", '"error":{"code":"server_error","message":"The model failed."},"usage":null'
)
RESPONSE_COUNTED = Usage(input=37, output=11, cached=5, reasoning=2)

MESSAGES = [
    event(
        "message_start",
        ',"message":{"id":"msg_1","type":"message","role":"assistant","content":[],"stop_reason":null,'
        '"usage":{"input_tokens":25,"cache_read_input_tokens":100,"output_tokens":1}}',
    ),
    event("content_block_start", ',"index":0,"content_block":{"type":"text","text":""}'),
    event("ping"),
    event("content_block_delta", ',"index":0,"delta":{"type":"text_delta","text":"Hi"}'),
    event("content_block_stop", ',"index":0'),
    event("message_delta", ',"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}'),
    event("message_stop"),
]


def told(blocks: Iterable[bytes], *, dialect: Dialect = "chat", hide_usage: bool = False) -> tuple[StreamTally, bytes]:
    """The tally after these blocks, and what it let pass."""
    tally = StreamTally(dialect, hide_usage=hide_usage)
    return tally, b"".join(map(tally.see, blocks))


# --- what a stream says of itself ---


@pytest.mark.parametrize(
    ("dialect", "blocks", "usage", "is_finished", "error"),
    [
        ("chat", [ROLE, HELLO, STOP, DONE], None, True, None),
        ("chat", [ROLE, HELLO, STOP], None, False, None),
        ("chat", [ROLE, HELLO_WITHOUT_USAGE, STOP, USAGE, DONE], COUNTED, True, None),
        ("chat", [ROLE, HELLO, STOP_WITH_USAGE, DONE], COUNTED, True, None),
        ("chat", [USAGE + DONE], COUNTED, True, None),
        ("chat", [HELLO + STOP_WITH_USAGE, DONE], COUNTED, True, None),
        ("chat", [USAGE + HELLO_WITHOUT_USAGE], COUNTED, False, None),
        ("chat", [MENTION, HELLO], None, False, None),
        ("chat", [MENTION + MENTION + HELLO], None, False, None),
        ("chat", [b": OPENROUTER PROCESSING\n\n", HELLO, DONE], None, True, None),
        ("chat", [b"data:[DONE]\n\n"], None, True, None),
        ("chat", [b"data: [DONE]"], None, True, None),
        ("chat", [b"event: done\ndata: [DONE]\r\n\r\n"], None, True, None),
        ("chat", [b'data:{"choices":[],"usage":{"prompt_tokens":2}}\n\n'], Usage(input=2), False, None),
        ("chat", [b'id: 7\ndata: {"choices":[],\ndata: "usage":{"prompt_tokens":2}}\n\n'], Usage(input=2), False, None),
        ("chat", [b'data: {"usage":{"prompt_tokens":"two"},"choices":[]}\n\n'], None, False, None),
        ("chat", [b'data: {"usage":{},"choices":[]}\n\n'], None, False, None),
        ("chat", [b'data: {"usage":{"prompt_tokens":2}'], None, False, None),
        ("chat", [b"data: not json\n\n", HELLO, DONE], None, True, None),
        ("chat", [b""], None, False, None),
        ("completions", [COMPLETION, DONE], None, True, None),
        ("responses", [CREATED, TEXT], None, False, None),
        ("responses", [CREATED, TEXT, COMPLETED], RESPONSE_COUNTED, True, None),
        ("responses", [CREATED + TEXT + COMPLETED], RESPONSE_COUNTED, True, None),
        ("responses", [CREATED, INCOMPLETE], RESPONSE_COUNTED, True, None),
        ("responses", [CREATED, FAILED], None, True, "The model failed."),
        ("responses", [COMPLETED.partition(b"\n")[2]], RESPONSE_COUNTED, True, None),
        ("messages", MESSAGES, Usage(input=125, output=15, cached=100), True, None),
        ("messages", [b"".join(MESSAGES[:-1])], Usage(input=125, output=15, cached=100), False, None),
        ("other", [b'data: {"type":"speech.audio.delta"}\n\n'], None, True, None),
    ],
)
def test_a_stream_says_what_it_took_and_whether_it_is_complete(dialect, blocks, usage, is_finished, error):
    tally, passed = told(blocks, dialect=dialect)

    assert (tally.usage, tally.is_finished, tally.error) == (usage, is_finished, error)
    assert passed == b"".join(blocks)


@pytest.mark.parametrize(
    ("block", "error"),
    [
        (b'data: {"error":{"message":"Overloaded","type":"server_error","code":503}}\n\n', "Overloaded"),
        (b'data: {"error":{"code":"overloaded"}}\n\n', "overloaded"),
        (b'data: {"error":"Overloaded"}\n\n', "Overloaded"),
        (b'data: {"error":{"status":500}}\n\n', "the provider sent an error without a message"),
        (b'data: {"error":true}\n\n', "the provider sent an error without a message"),
        (b'data: {"id":"x","error":{"message":"Overloaded"},"choices":[{"finish_reason":"error"}]}\n\n', "Overloaded"),
        (b'data: {"object":"error","message":"Overloaded","code":40001}\n\n', "Overloaded"),
        (b'event: error\ndata: {"detail":"Overloaded"}\n\n', "the provider sent an error without a message"),
        (b'event: error\ndata: {"message":"Overloaded"}\n\n', "Overloaded"),
        (b"event: error\ndata: Overloaded\n\n", "Overloaded"),
        (b"event: error\ndata: " + b"x" * 600 + b"\n\n", "x" * 500),
        (b'data: {"error":{"message":"' + b"x" * 600 + b'"}}\n\n', "x" * 500),
        (event("error", ',"code":"ERR_SOMETHING","message":"Overloaded","param":null'), "Overloaded"),
        (event("error", ',"error":{"type":"too_many_requests","message":"Overloaded"}'), "Overloaded"),
        (b'data: {"type":"error","message":"Overloaded"}\n\n', "Overloaded"),
        (
            b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
            "Overloaded",
        ),
        (b'data: {"error":null,"choices":[]}\n\n', None),
        (b'data: {"error":{},"choices":[]}\n\n', None),
        (b'data: {"error":"","choices":[]}\n\n', None),
        (b'data: {"message":"Hello","choices":[]}\n\n', None),
        (b"event: error\n\n", None),
    ],
)
def test_an_error_in_a_stream_is_noted(block, error):
    for blocks in ([block], [HELLO + block + HELLO], [HELLO, block, HELLO]):
        tally, passed = told(blocks)

        assert tally.error == error
        assert passed == b"".join(blocks)


def test_the_first_error_counts():
    tally, _ = told([b'data: {"error":"one"}\n\n', b'data: {"error":"two"}\n\n', b"event: error\ndata: three\n\n"])

    assert tally.error == "one"


def test_usage_told_bit_by_bit_only_grows():
    steps = [(19, 1), (20, 5), (0, 2)]
    blocks = [
        chunk(delta("x"), f',"usage":{{"prompt_tokens":{read},"completion_tokens":{written}}}')
        for read, written in steps
    ]

    assert told(blocks)[0].usage == Usage(input=20, output=5)
    assert told([b"".join(blocks)])[0].usage == Usage(input=20, output=5)


def test_what_is_kept_in_a_cache_is_counted_once_though_its_time_is_told_at_the_begin_only():
    start = (
        ',"message":{"usage":{"input_tokens":2,"output_tokens":1,"cache_creation_input_tokens":30,'
        '"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}}'
    )
    end = ',"usage":{"input_tokens":2,"cache_creation_input_tokens":30,"cache_read_input_tokens":0,"output_tokens":15}'
    tally, _ = told([event("message_start", start), event("message_delta", end)], dialect="messages")

    assert tally.usage == Usage(input=32, output=15, cache_write=10, cache_write_1h=20)


def test_content_passes_as_the_same_object():
    tally = StreamTally("chat", hide_usage=True)

    for block in (HELLO, HELLO_WITHOUT_USAGE, MENTION, STOP_WITH_USAGE, DONE, TEXT, COMPLETED, b": ping\n\n"):
        assert tally.see(block) is block


# --- hidden usage ---


@pytest.mark.parametrize(
    ("blocks", "passed"),
    [
        ([HELLO, STOP, USAGE, DONE], HELLO + STOP + DONE),
        ([HELLO + STOP + USAGE + DONE], HELLO + STOP + DONE),
        ([USAGE + DONE], DONE),
        ([HELLO_WITHOUT_USAGE], HELLO_WITHOUT_USAGE),
        ([STOP_WITH_USAGE, DONE], STOP_WITH_USAGE + DONE),
        ([MENTION], MENTION),
        ([chunk("[]", ',"usage":null')], chunk("[]", ',"usage":null')),
        ([chunk("[]", ',"prompt_filter_results":[]')], chunk("[]", ',"prompt_filter_results":[]')),
        ([b'data: {"choices": [ ], "usage": {"prompt_tokens": 2}}\n\n'], b""),
        ([b'data: {"choices":[],"usage":{}}\n\n'], b""),
        ([b'data: {"choices":[],"usage":{"prompt_tokens":"two"}}\n\n'], b""),
        ([b'data:{"choices":[],"usage":{"prompt_tokens":2}}\r\n\r\n' + DONE], DONE),
        ([b': hi\ndata: {"choices":[],"usage":{"prompt_tokens":2}}\n\n'], b""),
        ([b'data: {"usage":{"prompt_tokens":2}}\n\n'], b'data: {"usage":{"prompt_tokens":2}}\n\n'),
        ([CREATED, TEXT, COMPLETED], CREATED + TEXT + COMPLETED),
        (MESSAGES, b"".join(MESSAGES)),
    ],
)
def test_a_chunk_of_usage_alone_is_hidden_and_nothing_else(blocks, passed):
    assert told(blocks, hide_usage=True)[1] == passed


def test_hidden_usage_is_counted_all_the_same():
    assert told([USAGE], hide_usage=True)[0].usage == COUNTED


# --- with the bytes cut anywhere ---

STREAM = [ROLE, HELLO, HELLO_WITHOUT_USAGE, MENTION, b": ping\n\n", STOP, USAGE, DONE]


def cut(stream: bytes, cuts: list[int], splitter: EventSplitter) -> list[bytes]:
    """The blocks that come of a stream that arrives in these pieces."""
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    blocks = [splitter.feed(stream[start:end]) for start, end in pairwise(edges)]
    return [*blocks, splitter.rest()]


def assert_all_told(cuts: list[int], line_end: bytes, *, hide_usage: bool) -> None:
    events = [wire.replace(b"\n", line_end) for wire in STREAM]

    tally, passed = told(cut(b"".join(events), cuts, EventSplitter()), hide_usage=hide_usage)

    assert (tally.usage, tally.is_finished, tally.error) == (COUNTED, True, None)
    assert passed == b"".join(wire for wire in events if not (hide_usage and b'"choices":[],"usage"' in wire))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("hide_usage", [True, False])
def test_one_cut_anywhere_tells_the_same(line_end, hide_usage):
    for at in range(len(b"".join(STREAM)) + 50):
        assert_all_told([at], line_end, hide_usage=hide_usage)


@given(st.lists(st.integers(0, 1900), max_size=12), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.booleans())
@settings(deadline=None)
def test_many_cuts_tell_the_same(cuts, line_end, hide_usage):
    assert_all_told(cuts, line_end, hide_usage=hide_usage)


@given(st.integers(200, 900), st.lists(st.integers(0, 6000), max_size=8))
@settings(deadline=None)
def test_an_event_too_large_to_be_kept_tells_the_same(limit_bytes, cuts):
    image = f'"output":[{{"type":"image_generation_call","result":"{"iVBOR" * 500}"}}]'
    large = response("response.completed", "completed", f'"error":null,{image},{RESPONSE_COUNTS}')
    stream = CREATED + TEXT + large

    tally, passed = told(cut(stream, cuts, EventSplitter(limit_bytes)), dialect="responses")

    assert (tally.usage, tally.is_finished, tally.error) == (RESPONSE_COUNTED, True, None)
    assert passed == stream


def test_a_large_event_may_end_between_two_pieces():
    tally, _ = told([COMPLETED[:300], COMPLETED[300:-1], b"\n", TEXT], dialect="responses")

    assert (tally.usage, tally.is_finished) == (RESPONSE_COUNTED, True)


def test_a_large_event_that_breaks_off_finishes_nothing():
    tally, _ = told([COMPLETED[:-30], b"more of it"], dialect="responses")

    assert not tally.is_finished
