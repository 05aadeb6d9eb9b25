"""What comes out of a translation is what the official SDKs call a request, an answer and a stream."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast, get_type_hints

import msgspec
import pytest
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from openai import omit
from openai._models import construct_type_unchecked
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from pydantic import TypeAdapter
from pydantic_core import CoreSchema, SchemaValidator, ValidationError

from gossamer.dialects.responses.settings_echo import settings_echo
from gossamer.dialects.stream import StreamTranslator
from gossamer.dialects.terms import Echo
from gossamer.dialects.translate import translate_answer
from tests.unit.dialects.transcripts import NOW_S, Case, cases

ECHO = Echo(settings=settings_echo({}))
OURS = ("reasoning_content", "reasoning_details")
"""What chat completions have no place for, and all imitators do."""
REQUESTS: dict[str, tuple[Any, Any]] = {
    "chat": (CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming),
    "responses": (ResponseCreateParamsNonStreaming, ResponseCreateParamsStreaming),
    "messages": (MessageCreateParamsNonStreaming, MessageCreateParamsStreaming),
}
ANSWERS = {"chat": ChatCompletion, "responses": Response, "messages": Message}


def to(target: str, kind: str, *names: str) -> list[Case]:
    return [case for case in cases(kind) if case.target == target and (not names or case.name in names)]


# --- requests ---


@pytest.mark.parametrize("case", cases("requests"), ids=str)
def test_a_request_is_one(case: Case):
    request = msgspec.json.decode(case.expected.read_bytes())["request"]
    kind = REQUESTS[case.target][1 if request.get("stream") else 0]
    assert set(request) <= set(get_type_hints(kind))
    _eager(kind).validate_python(request)


@lru_cache
def _eager(kind: Any) -> SchemaValidator:
    """The SDKs say Iterable where they mean a list, and pydantic checks those only while they are walked."""
    return SchemaValidator(cast("CoreSchema", lists(TypeAdapter(kind).core_schema)))


def lists(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        walked = {name: lists(each) for name, each in schema.items()}
        return {**walked, "type": "list"} if schema.get("type") == "generator" else walked
    if isinstance(schema, list | tuple):
        return type(schema)(map(lists, schema))
    return schema


def test_a_wrong_part_deep_in_a_request_would_be_found():
    wrong = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "text"}]}]}
    with pytest.raises(ValidationError):
        _eager(MessageCreateParamsNonStreaming).validate_python(wrong)


# --- whole answers ---


@pytest.mark.parametrize("case", cases("answers"), ids=str)
def test_an_answer_is_one(fits, case: Case):
    answer = msgspec.json.decode(translate_answer(case.path.read_bytes(), case.target, case.source, ECHO, NOW_S))
    if case.target == "chat":
        message = answer["choices"][0]["message"]
        for name in OURS:
            message.pop(name, None)
    fits(ANSWERS[case.target], answer)


# --- streams ---


def events_of(case: Case) -> Iterator[dict[str, Any]]:
    stream = StreamTranslator(case.target, case.source, ECHO, NOW_S)
    told = stream.feed(case.path.read_bytes()) + stream.end()
    for block in told.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields and fields["data"] != "[DONE]":
            event = msgspec.json.decode(fields["data"])
            assert fields.get("event", event.get("type")) == event.get("type")
            yield event


GOOD = ("text", "tools", "thinking", "details", "refusal", "limit")


@pytest.mark.parametrize("case", to("chat", "streams", *GOOD), ids=str)
def test_every_chunk_is_one(fits, case: Case):
    state = ChatCompletionStreamState()
    for chunk in events_of(case):
        for choice in chunk["choices"]:
            for name in OURS:
                choice["delta"].pop(name, None)
        list(state.handle_chunk(fits(ChatCompletionChunk, chunk)))
    choice = state.current_completion_snapshot.choices[0]
    check(case, choice.message.content or "", [call.function.arguments for call in choice.message.tool_calls or []])
    assert choice.finish_reason == finish(case)


@pytest.mark.parametrize("case", to("responses", "streams", *GOOD), ids=str)
def test_every_event_of_a_response_is_one(fits, case: Case):
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=[], text_format=omit)
    events = list(events_of(case))
    for number, event in enumerate(events):
        assert event["sequence_number"] == number
        fits(ResponseStreamEvent, event)
        list(state.handle_event(construct_type_unchecked(type_=cast("Any", ResponseStreamEvent), value=event)))
    last = Response.model_validate(events[-1]["response"])
    check(case, last.output_text, [item.arguments for item in last.output if item.type == "function_call"])
    assert last.status == ("incomplete" if case.name == "limit" or cut(case) else "completed")


@pytest.mark.parametrize("case", to("messages", "streams", *GOOD), ids=str)
def test_every_event_of_a_message_is_one(fits, case: Case):
    message: Any = None
    buffers: dict[int, bytes] = {}
    for event in events_of(case):
        if event["type"] != "ping":
            made = fits(RawMessageStreamEvent, event)
            message = accumulate_event(event=made, current_snapshot=message, json_bufs=buffers)
    said = "".join(block.text for block in message.content if block.type == "text")
    calls = [msgspec.json.encode(block.input).decode() for block in message.content if block.type == "tool_use"]
    check(case, said, calls)
    assert message.stop_reason == reason(case)


def check(case: Case, said: str, calls: list[str]) -> None:
    """What a client has in its hands at the end."""
    given = case.path.read_text(encoding="utf-8")
    if case.name == "tools":
        assert [msgspec.json.decode(call) for call in calls] == [{"city": "Köln"}, {}]
    elif case.name in ("thinking", "details"):
        assert said == "Four"
    elif case.name == "text":
        assert said.startswith('Hello, "wörld" 😀\n')
    elif case.name == "limit":
        assert said == "Once upon a"
    assert given


def cut(case: Case) -> bool:
    """Anthropic cuts an answer that it refuses; OpenAI's models refuse in words."""
    return case.name == "refusal" and case.source == "messages"


def finish(case: Case) -> str:
    named = {"tools": "tool_calls", "limit": "length"}
    return "content_filter" if cut(case) else named.get(case.name, "stop")


def reason(case: Case) -> str:
    return {"tools": "tool_use", "limit": "max_tokens", "refusal": "refusal"}.get(case.name, "end_turn")


@pytest.mark.parametrize("case", [case for case in cases("streams") if case.name == "error"], ids=str)
def test_an_error_ends_the_stream_and_says_why(case: Case):
    *_, last = events_of(case)
    message = last["error"]["message"]
    assert message in case.path.read_text(encoding="utf-8")
    if case.target != "chat":
        assert last["type"] == "error"
