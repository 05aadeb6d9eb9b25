"""The official OpenAI SDK, chats and responses, whoever answers: only `base_url` and `api_key` are ours."""

from typing import Any
from uuid import uuid4

import openai as sdk
import pytest
from openai import OpenAI, pydantic_function_tool
from openai.types.chat import ChatCompletion, ChatCompletionMessageFunctionToolCall
from openai.types.responses import Response, ResponseFunctionToolCall, ResponseReasoningItem
from pydantic import BaseModel

from tests.system.gateway import Gateway
from tests.system.sdk import HELLO, Client, each, got

TWO_CALLS = {"x-mock-calls": "2"}
THOUGHTS = "Let me follow the thread."
PIXEL = "data:image/png;base64,iVBORw0KGgo="


class Weather(BaseModel):
    city: str
    degrees: int


class Time(BaseModel):
    city: str


CHAT_TOOLS = [pydantic_function_tool(Weather, name="tell_weather"), pydantic_function_tool(Time, name="tell_time")]
TOOLS: Any = [
    {"type": "function", "name": name, "strict": False, "parameters": found.model_json_schema()}
    for name, found in (("tell_weather", Weather), ("tell_time", Time))
]


async def streamed_chat(client: Client, **asked: Any) -> ChatCompletion:
    """What the SDK's own helper puts together from the chunks."""
    if isinstance(client, OpenAI):
        with client.chat.completions.stream(**asked) as stream:
            stream.until_done()
            return stream.get_final_completion()
    async with client.chat.completions.stream(**asked) as stream:
        await stream.until_done()
        return await stream.get_final_completion()


async def streamed_response(client: Client, **asked: Any) -> Response:
    if isinstance(client, OpenAI):
        with client.responses.stream(**asked) as stream:
            stream.until_done()
            return stream.get_final_response()
    async with client.responses.stream(**asked) as stream:
        await stream.until_done()
        return await stream.get_final_response()


# --- chats ---


async def test_a_chat_is_answered(openai: Client, model: str):
    answer = await got(openai.chat.completions.create(model=model, messages=HELLO))
    (choice,) = answer.choices
    assert (choice.finish_reason, len((choice.message.content or "").split())) == ("stop", 60)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 60
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 60


async def test_a_streamed_chat_says_the_same(openai: Client, model: str, between: Gateway):
    named = {"x-request-id": uuid4().hex}
    asked: dict[str, Any] = {"model": model, "messages": HELLO, "extra_headers": named}
    whole = await got(openai.chat.completions.create(**asked))
    told = await streamed_chat(openai, **asked, stream_options={"include_usage": True})
    assert told.choices[0].message.content == whole.choices[0].message.content
    assert told.choices[0].finish_reason == "stop"
    assert told.usage is not None
    assert told.usage.completion_tokens == 60
    chunks = await each(openai.chat.completions.create(**asked, stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks), "it did not ask for usage"
    usages = [record.usage for record in between.records() if record.request_id == named["x-request-id"]]
    assert {usage.output for usage in usages if usage is not None} == {60}


@pytest.mark.parametrize("is_stream", [False, True])
async def test_tools_are_called_in_parallel_and_their_results_answered(openai: Client, model: str, is_stream: bool):
    asked: dict[str, Any] = {
        "model": model,
        "messages": HELLO,
        "tools": CHAT_TOOLS,
        "parallel_tool_calls": True,
        "extra_headers": TWO_CALLS,
    }
    answer = await (streamed_chat(openai, **asked) if is_stream else got(openai.chat.completions.create(**asked)))
    (choice,) = answer.choices
    assert choice.finish_reason == "tool_calls"
    weather, time = choice.message.tool_calls or []
    assert isinstance(weather, ChatCompletionMessageFunctionToolCall)
    assert isinstance(time, ChatCompletionMessageFunctionToolCall)
    assert (weather.function.name, time.function.name) == ("tell_weather", "tell_time")
    Weather.model_validate_json(weather.function.arguments)
    Time.model_validate_json(time.function.arguments)
    results = [{"role": "tool", "tool_call_id": call.id, "content": "Fine."} for call in (weather, time)]
    turns: Any = [*HELLO, choice.message, *results]
    told = await got(openai.chat.completions.create(**{**asked, "messages": turns}))
    assert (told.choices[0].finish_reason, bool(told.choices[0].message.content)) == ("stop", True)


async def test_one_tool_can_be_demanded(openai: Client, model: str):
    choice: Any = {"type": "function", "function": {"name": "tell_time"}}
    answer = await got(
        openai.chat.completions.create(
            model=model, messages=HELLO, tools=CHAT_TOOLS, tool_choice=choice, parallel_tool_calls=False
        )
    )
    (call,) = answer.choices[0].message.tool_calls or []
    assert isinstance(call, ChatCompletionMessageFunctionToolCall)
    assert call.function.name == "tell_time"


async def test_an_image_can_be_shown(openai: Client, model: str):
    content = [{"type": "image_url", "image_url": {"url": PIXEL}}, {"type": "text", "text": "What is it?"}]
    turns: Any = [{"role": "user", "content": content}]
    answer = await got(openai.chat.completions.create(model=model, messages=turns))
    assert answer.choices[0].message.content


async def test_an_answer_can_follow_a_schema(openai: Client, model: str):
    answer = await got(openai.chat.completions.parse(model=model, messages=HELLO, response_format=Weather))
    assert isinstance(answer.choices[0].message.parsed, Weather)


@pytest.mark.parametrize("is_stream", [False, True])
async def test_thinking_is_shown_counted_and_can_be_sent_back(openai: Client, model: str, is_stream: bool):
    asked: dict[str, Any] = {"model": model, "messages": HELLO, "reasoning_effort": "low"}
    if is_stream:
        asked["stream_options"] = {"include_usage": True}
    answer = await (streamed_chat(openai, **asked) if is_stream else got(openai.chat.completions.create(**asked)))
    message = answer.choices[0].message
    said: Any = message.model_dump(exclude_none=True, exclude={"parsed"})
    assert said["reasoning_content"] == THOUGHTS
    if model in ("anthropic/mock", "responses/mock"):
        assert said["reasoning_details"], "with its seal, which the next turn needs"
    if model != "anthropic/mock":  # which counts them among all others
        assert answer.usage is not None
        assert answer.usage.completion_tokens_details is not None
        assert answer.usage.completion_tokens_details.reasoning_tokens == 6
    turns: Any = [*HELLO, said, *HELLO]
    told = await got(openai.chat.completions.create(model=model, messages=turns, reasoning_effort="low"))
    assert told.choices[0].finish_reason == "stop"


async def test_usage_tells_cached_tokens(openai: Client, model: str):
    answer = await got(
        openai.chat.completions.create(model=model, messages=HELLO, extra_headers={"x-mock-cached": "3"})
    )
    assert answer.usage is not None
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 3


# --- responses ---


async def test_a_response_is_answered(openai: Client, model: str):
    answer = await got(openai.responses.create(model=model, input="Hello", instructions="Be brief.", store=False))
    assert (answer.status, len(answer.output_text.split())) == ("completed", 60)
    assert answer.usage is not None
    assert answer.usage.output_tokens == 60


async def test_a_streamed_response_says_the_same(openai: Client, model: str):
    named = {"x-request-id": uuid4().hex}
    asked: dict[str, Any] = {"model": model, "input": "Hello", "store": False, "extra_headers": named}
    whole = await got(openai.responses.create(**asked))
    told = await streamed_response(openai, **asked)
    assert (told.output_text, told.status) == (whole.output_text, "completed")
    assert told.usage is not None
    assert told.usage.output_tokens == 60
    events = await each(openai.responses.create(**asked, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert sum(event.type == "response.output_text.delta" for event in events) == 60


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_response_calls_tools_in_parallel_and_answers_their_results(
    openai: Client, model: str, is_stream: bool
):
    asked: dict[str, Any] = {"model": model, "input": HELLO, "tools": TOOLS, "store": False, "extra_headers": TWO_CALLS}
    answer = await (streamed_response(openai, **asked) if is_stream else got(openai.responses.create(**asked)))
    calls = [item for item in answer.output if isinstance(item, ResponseFunctionToolCall)]
    assert [call.name for call in calls] == ["tell_weather", "tell_time"]
    Weather.model_validate_json(calls[0].arguments)
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "Fine."} for call in calls]
    told = await got(openai.responses.create(**{**asked, "input": [*HELLO, *answer.output, *results]}))
    assert told.output_text


async def test_a_response_can_follow_a_schema(openai: Client, model: str):
    answer = await got(openai.responses.parse(model=model, input="Hello", text_format=Weather, store=False))
    assert isinstance(answer.output_parsed, Weather)


async def test_a_response_can_look_at_an_image(openai: Client, model: str):
    content = [{"type": "input_image", "image_url": PIXEL, "detail": "auto"}, {"type": "input_text", "text": "What?"}]
    turns: Any = [{"role": "user", "content": content}]
    answer = await got(openai.responses.create(model=model, input=turns, store=False))
    assert answer.output_text


@pytest.mark.parametrize("is_stream", [False, True])
async def test_reasoning_is_shown_and_can_be_sent_back(openai: Client, model: str, is_stream: bool):
    asked: dict[str, Any] = {
        "model": model,
        "input": HELLO,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
    }
    answer = await (streamed_response(openai, **asked) if is_stream else got(openai.responses.create(**asked)))
    reasoning, message = answer.output
    assert isinstance(reasoning, ResponseReasoningItem)
    assert [part.text for part in reasoning.summary] == [THOUGHTS]
    assert reasoning.encrypted_content
    assert message.type == "message"
    told = await got(openai.responses.create(**{**asked, "input": [*HELLO, *answer.output, *HELLO]}))
    assert told.status == "completed"


async def test_reasoning_of_one_provider_does_not_hurt_at_another(openai: Client, model: str):
    asked: dict[str, Any] = {"reasoning": {"effort": "low", "summary": "auto"}, "store": False}
    for first in ("anthropic/mock", "chats/mock", "openai/mock"):
        answer = await got(openai.responses.create(model=first, input=HELLO, **asked))  # type: ignore[arg-type]
        again: Any = [*HELLO, *answer.output, *HELLO]
        told = await got(openai.responses.create(model=model, input=again, **asked))
        assert told.status == "completed"


# --- errors ---


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("mock-429-always:1", sdk.RateLimitError),
        ("mock-400-context", sdk.BadRequestError),
        ("mock-404", sdk.NotFoundError),
        ("mock-500", sdk.InternalServerError),
    ],
)
async def test_errors_are_the_sdks_own(openai: Client, model: str, fault: str, raised: type[sdk.APIStatusError]):
    name = f"{model.partition('/')[0]}/{fault}"
    with pytest.raises(raised) as chat:
        await got(openai.chat.completions.create(model=name, messages=HELLO))
    assert chat.value.type
    with pytest.raises(raised):
        await got(openai.responses.create(model=name, input="Hello", store=False))


@pytest.mark.parametrize("fault", ["mock-cut", "mock-error-in-stream"])
async def test_a_stream_that_breaks_raises(openai: Client, model: str, fault: str):
    name = f"{model.partition('/')[0]}/{fault}"
    chunks: list[Any] = []
    with pytest.raises(sdk.APIError):
        await each(openai.chat.completions.create(model=name, messages=HELLO, stream=True), chunks)
    assert any(chunk.choices[0].delta.content for chunk in chunks)
    events: list[Any] = []
    try:
        await each(openai.responses.create(model=name, input="Hello", stream=True, store=False), events)
    except sdk.APIError:
        pass
    else:  # a provider's own event, flat as the reference has it, is an event to the SDK
        assert events[-1].type == "error"
    assert any(event.type == "response.output_text.delta" for event in events)


async def test_what_cannot_be_said_is_named(openai: Client):
    with pytest.raises(sdk.BadRequestError) as caught:
        await got(openai.chat.completions.create(model="anthropic/mock", messages=HELLO, n=2))
    assert caught.value.param == "n"
