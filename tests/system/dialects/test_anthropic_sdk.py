"""The official Anthropic SDK, whoever answers: only `base_url` and `api_key` are ours."""

import base64
from typing import Any
from uuid import uuid4

import anthropic as sdk
import pytest
from anthropic import Anthropic, AsyncAnthropic
from anthropic.types import Message, MessageParam, ThinkingBlock, ToolParam, ToolUseBlock
from pydantic import BaseModel

from tests.system.gateway import Gateway
from tests.system.sdk import each, got

Client = Anthropic | AsyncAnthropic

HELLO: list[MessageParam] = [{"role": "user", "content": "Hello"}]
WEATHER: ToolParam = {
    "name": "tell_weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TIME: ToolParam = {**WEATHER, "name": "tell_time"}
TWO_CALLS = {"x-mock-calls": "2"}
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


class Weather(BaseModel):
    city: str
    degrees: int


def text_of(message: Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


async def streamed(client: Client, **asked: Any) -> Message:
    """What the SDK's own helper puts together from the events."""
    if isinstance(client, Anthropic):
        with client.messages.stream(**asked) as stream:
            return stream.get_final_message()
    async with client.messages.stream(**asked) as stream:
        return await stream.get_final_message()


async def test_a_message_is_answered(anthropic: Client, model: str):
    answer = await got(anthropic.messages.create(model=model, max_tokens=100, messages=HELLO, system="Be brief."))
    assert answer.stop_reason == "end_turn"
    assert len(text_of(answer).split()) == 60
    assert answer.usage.output_tokens == 60
    assert answer.usage.input_tokens > 0


async def test_a_limit_cuts_it_short(anthropic: Client, model: str):
    answer = await got(anthropic.messages.create(model=model, max_tokens=5, messages=HELLO))
    assert (answer.stop_reason, len(text_of(answer).split())) == ("max_tokens", 5)


async def test_a_streamed_one_says_the_same(anthropic: Client, model: str, between: Gateway):
    named = {"x-request-id": uuid4().hex}
    asked: dict[str, Any] = {"model": model, "max_tokens": 100, "messages": HELLO, "extra_headers": named}
    whole = await got(anthropic.messages.create(**asked))
    told = await streamed(anthropic, **asked)
    assert (text_of(told), told.stop_reason) == (text_of(whole), "end_turn")
    assert told.usage.output_tokens == 60
    events = await each(anthropic.messages.create(**asked, stream=True))
    assert sum(event.type == "content_block_delta" for event in events) == 60
    assert events[-1].type == "message_stop"
    usages = [record.usage for record in between.records() if record.request_id == named["x-request-id"]]
    assert {usage.output for usage in usages if usage is not None} == {60}


@pytest.mark.parametrize("is_stream", [False, True])
async def test_tools_are_called_in_parallel_and_their_results_answered(anthropic: Client, model: str, is_stream: bool):
    asked: dict[str, Any] = {
        "model": model,
        "max_tokens": 100,
        "tools": [WEATHER, TIME],
        "messages": HELLO,
        "extra_headers": TWO_CALLS,
    }
    answer = await (streamed(anthropic, **asked) if is_stream else got(anthropic.messages.create(**asked)))
    assert answer.stop_reason == "tool_use"
    calls = [block for block in answer.content if isinstance(block, ToolUseBlock)]
    assert [(call.name, call.input) for call in calls] == [
        ("tell_weather", {"city": "silk thread"}),
        ("tell_time", {"city": "silk thread"}),
    ]
    assert len({call.id for call in calls}) == 2
    results: Any = [{"type": "tool_result", "tool_use_id": call.id, "content": "Fine."} for call in calls]
    turns = [*HELLO, {"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]
    told = await got(anthropic.messages.create(**{**asked, "messages": turns}))
    assert (told.stop_reason, bool(text_of(told))) == ("end_turn", True)


async def test_one_tool_can_be_demanded(anthropic: Client, model: str):
    choice: Any = {"type": "tool", "name": "tell_time", "disable_parallel_tool_use": True}
    answer = await got(
        anthropic.messages.create(
            model=model,
            max_tokens=100,
            tools=[WEATHER, TIME],
            tool_choice=choice,
            messages=HELLO,
            extra_headers=TWO_CALLS,
        )
    )
    assert [block.name for block in answer.content if isinstance(block, ToolUseBlock)] == ["tell_time"]


async def test_an_image_can_be_shown(anthropic: Client, model: str):
    source: Any = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    content: Any = [{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}]
    turns: list[MessageParam] = [{"role": "user", "content": content}]
    answer = await got(anthropic.messages.create(model=model, max_tokens=100, messages=turns))
    assert text_of(answer)


async def test_an_answer_can_follow_a_schema(anthropic: Client, model: str):
    answer = await got(anthropic.messages.parse(model=model, max_tokens=100, messages=HELLO, output_format=Weather))
    assert isinstance(answer.parsed_output, Weather)


@pytest.mark.parametrize("is_stream", [False, True])
async def test_thinking_is_shown_and_can_be_sent_back(anthropic: Client, model: str, is_stream: bool):
    asked: dict[str, Any] = {
        "model": model,
        "max_tokens": 4000,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "messages": HELLO,
    }
    answer = await (streamed(anthropic, **asked) if is_stream else got(anthropic.messages.create(**asked)))
    thinking = answer.content[0]
    assert isinstance(thinking, ThinkingBlock)
    assert thinking.thinking == "Let me follow the thread."
    assert thinking.signature
    assert text_of(answer)
    again: Any = [*HELLO, {"role": "assistant", "content": answer.content}, *HELLO]
    told = await got(anthropic.messages.create(**{**asked, "messages": again}))
    assert told.stop_reason == "end_turn"


async def test_thinking_of_one_provider_does_not_hurt_at_another(anthropic: Client, model: str):
    """The mock refuses seals that are not its own, as Anthropic and OpenAI do."""
    asked: dict[str, Any] = {"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    for first in ("chats/mock", "responses/mock", "anthropic/mock"):
        answer = await got(anthropic.messages.create(model=first, messages=HELLO, **asked))
        again: Any = [*HELLO, {"role": "assistant", "content": answer.content}, *HELLO]
        told = await got(anthropic.messages.create(model=model, messages=again, **asked))
        assert told.stop_reason == "end_turn"


async def test_usage_tells_cached_tokens(anthropic: Client, model: str):
    headers = {"x-mock-cached": "3"}
    answer = await got(anthropic.messages.create(model=model, max_tokens=100, messages=HELLO, extra_headers=headers))
    assert answer.usage.cache_read_input_tokens == 3
    assert answer.usage.input_tokens > 0


async def test_tokens_are_counted_or_estimated(anthropic: Client, model: str):
    counted: Any = await got(anthropic.messages.with_raw_response.count_tokens(model=model, messages=HELLO))
    assert (await got(counted.parse())).input_tokens > 0
    is_estimate = counted.headers.get("x-gossamer-estimate") == "input_tokens"
    assert is_estimate is (model != "anthropic/mock")


async def test_models_are_listed(anthropic: Client):
    listed = await each(anthropic.models.list(limit=1000))
    assert (listed[0].id, listed[0].type) == ("claude", "model")
    names = {found.id: found.display_name for found in listed}
    assert {"anthropic/mock": "mock", "openai/mock": "mock", "chats/mock": "mock"}.items() <= names.items()
    assert (await got(anthropic.models.retrieve("openai/mock"))).display_name == "mock"


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("mock-429-always:1", sdk.RateLimitError),
        ("mock-400-context", sdk.BadRequestError),
        ("mock-404", sdk.NotFoundError),
        ("mock-500", sdk.InternalServerError),
    ],
)
async def test_errors_are_the_sdks_own(anthropic: Client, model: str, fault: str, raised: type[sdk.APIStatusError]):
    name = f"{model.partition('/')[0]}/{fault}"
    with pytest.raises(raised) as caught:
        await got(anthropic.messages.create(model=name, max_tokens=10, messages=HELLO))
    body: Any = caught.value.body
    assert body["type"] == "error"
    assert body["error"]["message"]


@pytest.mark.parametrize("fault", ["mock-cut", "mock-error-in-stream"])
async def test_a_stream_that_breaks_raises(anthropic: Client, model: str, fault: str):
    name = f"{model.partition('/')[0]}/{fault}"
    seen: list[Any] = []
    with pytest.raises(sdk.APIError):
        await each(anthropic.messages.create(model=name, max_tokens=100, messages=HELLO, stream=True), seen)
    assert any(event.type == "content_block_delta" for event in seen)


async def test_what_cannot_be_said_is_named(anthropic: Client):
    servers: Any = [{"type": "url", "url": "https://example.com/mcp", "name": "x"}]
    with pytest.raises(sdk.BadRequestError, match="mcp_servers"):
        await got(
            anthropic.messages.create(
                model="chats/mock", max_tokens=10, messages=HELLO, extra_body={"mcp_servers": servers}
            )
        )
