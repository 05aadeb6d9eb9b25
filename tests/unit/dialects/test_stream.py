"""Streams that go wrong: each ends with an error in the client's dialect, not an exception, a hang or a wrong call."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.core.endpoints import Wire
from gossamer.core.errors import ProviderTimeout
from gossamer.dialects import stream as stream_module
from gossamer.dialects.stream import StreamTranslator
from tests.unit.dialects.transcripts import ECHO, NOW_S, WIRES, Case, cases

STREAMS = cases("streams")
WHOLE = [case for case in STREAMS if case.name != "error"]


def translator(client: Wire, provider: Wire) -> StreamTranslator:
    return StreamTranslator(client, provider, ECHO, NOW_S)


def chunk(delta: str, finish: str = "null") -> bytes:
    return b'data: {"id":"c1","model":"m","choices":[{"index":0,"delta":%b,"finish_reason":%b}]}\n\n' % (
        delta.encode(),
        finish.encode(),
    )


def call(index: str, name: str = "", call_id: str = "", arguments: str = "") -> bytes:
    said = f'"id":"{call_id}",' if call_id else ""
    function = f'"name":"{name}",' if name else ""
    return chunk(f'{{"tool_calls":[{{"index":{index},{said}"function":{{{function}"arguments":"{arguments}"}}}}]}}')


def event(kind: str, more: str) -> bytes:
    return f'event: {kind}\ndata: {{"type":"{kind}",{more}}}\n\n'.encode()


START = event("message_start", '"message":{"id":"msg_1","model":"m","usage":{"input_tokens":1,"output_tokens":1}}')
TEXT_START = event("content_block_start", '"index":0,"content_block":{"type":"text","text":""}')
CREATED = event("response.created", '"response":{"id":"resp_1","model":"m"}')


@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_a_stream_that_breaks_off_ends_with_an_error(case: Case):
    events = [each + b"\n\n" for each in case.path.read_bytes().split(b"\n\n") if each]
    for count in range(len(events)):
        broken = translator(case.target, case.source)
        told = b"".join(map(broken.feed, events[:count])) + broken.end()
        assert broken.is_finished != (broken.failure is not None)
        if broken.failure is not None:
            assert broken.failure.code == "provider_unavailable"
            assert b"broke off" in told.rstrip().rsplit(b"\n\n", 1)[-1]


@pytest.mark.parametrize("case", [case for case in WHOLE if case.source != "responses"], ids=str)
def test_one_that_said_why_it_ends_is_whole_without_its_last_mark(case: Case):
    *events, _ = [each + b"\n\n" for each in case.path.read_bytes().split(b"\n\n") if each]
    whole = translator(case.target, case.source)
    assert b"".join(map(whole.feed, events)) + whole.end() == case.expected.read_bytes()


@settings(max_examples=300)
@given(case=st.sampled_from(STREAMS), at=st.floats(0, 1), junk=st.binary(max_size=8), gone=st.integers(0, 40))
def test_no_change_of_bytes_raises_or_hangs(case: Case, at: float, junk: bytes, gone: int):
    whole = case.path.read_bytes()
    place = int(at * len(whole))
    changed = translator(case.target, case.source)
    told = changed.feed(whole[:place] + junk + whole[place + gone :])
    told += changed.end()
    assert changed.is_finished != (changed.failure is not None)
    if changed.failure is not None:
        last = told.rstrip().rsplit(b"\n\n", 1)[-1]
        assert b'"error"' in last
        assert changed.feed(b"data: [DONE]\n\n") == changed.end() == b""


@pytest.mark.parametrize("provider", WIRES)
@given(garbage=st.binary(max_size=60))
def test_garbage_is_an_error(provider: Wire, garbage: bytes):
    for client in WIRES:
        if client != provider:
            odd = translator(client, provider)
            odd.feed(garbage)
            odd.end()
            assert odd.failure is not None


ODD_STREAMS: list[tuple[Wire, bytes, str]] = [
    ("chat", chunk("{}") + call("0", arguments="{}"), "never began"),
    ("chat", chunk("{}") + call("0", call_id="call_1", arguments="{}"), "never began"),
    ("chat", call("0", "f", "a", "{") + call("1", "g", "b", "{}") + call("0", arguments="}"), "mixed"),
    ("chat", chunk('{"content":7}'), "no text"),
    ("chat", b"data: [DONE]\n\n", "before it began"),
    ("chat", b"data: {nonsense}\n\n", "cannot be read"),
    ("chat", b'data: {"choices":[{"index":0,"delta":"x"}]}\n\n', "cannot be read"),
    ("chat", b"event: error\ndata: busy\n\n", "busy"),
    ("chat", b'data: {"error":"model not loaded"}\n\n', "model not loaded"),
    ("messages", TEXT_START, "before its beginning"),
    (
        "messages",
        START + event("content_block_delta", '"index":3,"delta":{"type":"text_delta","text":"x"}'),
        "never began",
    ),
    (
        "messages",
        START + event("content_block_start", '"index":0,"content_block":{"type":"tool_use"}'),
        "without a name",
    ),
    (
        "messages",
        START + TEXT_START + event("content_block_delta", '"index":0,"delta":{"type":"text_delta","text":["x"]}'),
        "no text",
    ),
    ("chat", chunk('{"content":["x"]}'), "cannot be read"),
    ("messages", b'event: message_stop\ndata: {"type":"message_stop"}\n\n', "before it began"),
    ("messages", b"event: error\ndata: <html>\n\n", "<html>"),
    ("responses", event("response.output_text.delta", '"output_index":0,"delta":"x"'), "before its beginning"),
    (
        "responses",
        CREATED + event("response.function_call_arguments.delta", '"output_index":0,"delta":"{}"'),
        "never began",
    ),
    (
        "responses",
        CREATED + event("response.output_item.added", '"output_index":0,"item":{"type":"function_call"}'),
        "without a name",
    ),
    ("responses", CREATED + event("error", '"code":"x","message":"overloaded","param":null'), "overloaded"),
]


@pytest.mark.parametrize(("provider", "given", "says"), ODD_STREAMS, ids=lambda value: str(value)[:40])
def test_what_makes_no_sense_is_named(provider: Wire, given: bytes, says: str):
    client: Wire = "messages" if provider != "messages" else "responses"
    odd = translator(client, provider)
    told = odd.feed(given)
    assert odd.failure is not None
    assert says in odd.failure.message
    assert told.rstrip().rsplit(b"\n\n", 1)[-1].startswith(b"event: error\n")


def test_what_came_before_the_nonsense_is_told():
    odd = translator("messages", "chat")
    told = odd.feed(chunk('{"content":"Hello"}') + b"data: {\n\n")
    assert b'"text":"Hello"' in told
    assert told.count(b"event: error") == 1


@pytest.mark.parametrize("indices", [("0", "0"), ("null", "null"), ("3", "7")], ids=str)
def test_calls_are_told_apart_whatever_their_numbers(indices: tuple[str, str]):
    """Gemini and older servers number all calls 0, others not at all."""
    first, second = indices
    odd = translator("messages", "chat")
    told = odd.feed(
        call(first, "f", "a", "{") + call(first, arguments="}") + call(second, "g", "b", "{}") + chunk("{}", '"stop"')
    )
    told += odd.end()
    assert odd.is_finished
    assert told.count(b'"type":"tool_use"') == 2
    assert told.index(b'"name":"f"') < told.index(b'"partial_json":"}"') < told.index(b'"name":"g"')
    assert b'"stop_reason":"tool_use"' in told


def test_a_call_without_an_id_gets_one():
    odd = translator("messages", "chat")
    assert b'"id":"call_c1_0"' in odd.feed(call("0", "f"))


def test_the_input_of_an_imitator_that_comes_whole_is_told():
    block = '"index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}'
    odd = translator("chat", "messages")
    told = odd.feed(START + event("content_block_start", block) + event("content_block_stop", '"index":0'))
    assert rb'"arguments":"{\"a\":1}"' in told


def test_blocks_of_tools_that_run_at_the_provider_are_passed_over():
    block = '"index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}'
    delta = '"index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}'
    odd = translator("chat", "messages")
    begun = odd.feed(START)
    assert begun
    rest = event("content_block_start", block) + event("content_block_delta", delta)
    assert odd.feed(rest + event("content_block_stop", '"index":0')) == b""
    assert odd.failure is None


@pytest.mark.parametrize("client", ["chat", "responses"])
def test_new_events_are_passed_over(client: Wire):
    odd = translator(client, "messages")
    odd.feed(START)
    assert odd.feed(event("something_new", '"a":1')) == b""
    assert odd.failure is None


def test_a_comment_is_passed_on_as_what_keeps_a_connection_alive():
    odd = translator("messages", "chat")
    assert odd.feed(b": waiting\n\n") == b": keep-alive\n\n"
    odd.feed(chunk("{}"))
    assert odd.feed(b": waiting\n\n") == b'event: ping\ndata: {"type":"ping"}\n\n'


def test_an_event_that_never_ends_is_not_kept(monkeypatch):
    monkeypatch.setattr(stream_module, "_EVENT_BYTES", 100)
    odd = translator("messages", "chat")
    for _ in range(20):
        odd.feed(b"data: " + b"x" * 40)
    assert odd.failure is not None


@pytest.mark.parametrize("client", WIRES)
def test_the_gateway_can_end_it_in_the_clients_dialect(client: Wire):
    provider: Wire = "chat" if client != "chat" else "messages"
    broken = translator(client, provider)
    told = broken.fail(ProviderTimeout("It took too long. Try again."))
    assert b"It took too long" in told
    assert broken.failure is not None
    assert broken.fail(ProviderTimeout("Again.")) == broken.end() == b""


def test_several_lines_of_data_are_one_event():
    odd = translator("messages", "chat")
    lines = b'data: {"id":"c1","model":"m",\ndata: "choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    assert b'"text":"Hi"' in odd.feed(lines)
