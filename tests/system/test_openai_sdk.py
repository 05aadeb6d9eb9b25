"""The official OpenAI SDK knows no difference: only `base_url` and `api_key` are ours, and everything works."""

import os
from base64 import b64decode
from uuid import uuid4

import msgspec
import pytest
from openai import pydantic_function_tool
from openai.types.chat import (
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)
from pydantic import BaseModel

from gossamer.mock.render.files import file_content
from gossamer.mock.render.models import MODELS
from tests.system.gateway import Gateway
from tests.system.sdk import HELLO, Client, each, got


class Weather(BaseModel):
    city: str
    degrees: int
    is_raining: bool


WEATHER: ChatCompletionToolParam = pydantic_function_tool(Weather, name="tell_weather")


async def test_a_chat_is_answered(client: Client):
    answer = await got(client.chat.completions.create(model="mock", messages=HELLO))
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.content
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 60


async def test_a_streamed_chat_says_the_same_as_a_whole_one(client: Client):
    """The mock's words are a function of the request's id."""
    named = {"x-request-id": "the-same-words"}
    whole = await got(client.chat.completions.create(model="mock", messages=HELLO, extra_headers=named))
    chunks = await each(client.chat.completions.create(model="mock", messages=HELLO, stream=True, extra_headers=named))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_usage_is_in_a_stream_only_if_it_was_asked_for(client: Client, served: Gateway):
    named = {"x-request-id": uuid4().hex}
    silent = await each(client.chat.completions.create(model="mock", messages=HELLO, stream=True, extra_headers=named))
    assert all(chunk.usage is None and chunk.choices for chunk in silent)

    *words, last = await each(
        client.chat.completions.create(
            model="mock", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert all(chunk.usage is None for chunk in words)
    assert not last.choices
    assert last.usage is not None
    assert last.usage.completion_tokens == 60

    usage = served.record_of(named["x-request-id"]).usage
    assert usage is not None, "the gateway knows what the client did not ask for"
    assert usage.output == 60


async def test_a_tool_is_called_and_its_result_is_answered(client: Client):
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Is it raining in Graz?"}]
    asked = await got(client.chat.completions.create(model="mock", messages=messages, tools=[WEATHER]))
    assert asked.choices[0].finish_reason == "tool_calls"
    assert asked.choices[0].message.tool_calls is not None
    (call,) = asked.choices[0].message.tool_calls
    assert isinstance(call, ChatCompletionMessageFunctionToolCall)
    assert call.function.name == "tell_weather"
    Weather.model_validate_json(call.function.arguments)

    messages += [
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }
            ],
        },
        {"role": "tool", "tool_call_id": call.id, "content": "Yes."},
    ]
    told = await got(client.chat.completions.create(model="mock", messages=messages, tools=[WEATHER]))
    assert told.choices[0].finish_reason == "stop"
    assert told.choices[0].message.content


async def test_the_arguments_of_a_tool_come_in_deltas(client: Client):
    chunks = await each(client.chat.completions.create(model="mock", messages=HELLO, tools=[WEATHER], stream=True))
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [call.function.name for call in deltas if call.function and call.function.name] == ["tell_weather"]
    assert len(deltas) > 2
    Weather.model_validate_json("".join(call.function.arguments or "" for call in deltas if call.function))
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_an_answer_can_be_any_json_object(client: Client):
    answer = client.chat.completions.create(model="mock", messages=HELLO, response_format={"type": "json_object"})
    content = (await got(answer)).choices[0].message.content
    assert isinstance(msgspec.json.decode(content or ""), dict)


async def test_an_answer_can_follow_a_schema(client: Client):
    answer = await got(client.chat.completions.parse(model="mock", messages=HELLO, response_format=Weather))
    assert isinstance(answer.choices[0].message.parsed, Weather)


async def test_a_refusal_is_one(client: Client):
    answer = await got(client.chat.completions.create(model="mock-refusal", messages=HELLO))
    assert answer.choices[0].message.content is None
    assert answer.choices[0].message.refusal


async def test_a_response_is_answered(client: Client):
    answer = await got(client.responses.create(model="mock", input="Hello"))
    assert answer.status == "completed"
    assert answer.output_text
    assert answer.usage is not None
    assert answer.usage.output_tokens == 60


async def test_the_events_of_a_streamed_response_come_in_their_order(client: Client):
    events = await each(client.responses.create(model="mock", input="Hello", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type.removeprefix("response.") for event in events]
    assert kinds[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert set(kinds[4:-4]) == {"output_text.delta"}
    assert kinds[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]

    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == deltas
    assert last.response.usage is not None


async def test_a_response_can_call_a_tool(client: Client):
    tool = {"type": "function", "name": "tell_weather", "strict": True, "parameters": Weather.model_json_schema()}
    answer = await got(client.responses.create(model="mock", input="Hello", tools=[tool]))  # type: ignore[list-item]
    (call,) = answer.output
    assert call.type == "function_call"
    Weather.model_validate_json(call.arguments)


async def test_embeddings_are_vectors_however_they_travel(client: Client):
    """The SDK asks for base64 by itself, and decodes it."""
    texts = ["silk", "thread", "silk"]
    compact = await got(client.embeddings.create(model="mock", input=texts))
    plain = await got(client.embeddings.create(model="mock", input=texts, encoding_format="float"))
    first, second, third = (each.embedding for each in compact.data)
    assert len(first) == 1536
    assert first == third != second
    assert [each.embedding for each in plain.data] == [pytest.approx(each.embedding) for each in compact.data]
    assert compact.usage.total_tokens > 0

    raw = await got(client.embeddings.create(model="mock", input="silk", encoding_format="base64", dimensions=8))
    assert len(b64decode(str(raw.data[0].embedding))) == 8 * 4


async def test_models_are_listed_and_found(client: Client, served: Gateway, over_http: Gateway):
    listed = [model.id for model in await each(client.models.list())]
    name = "up" if served is over_http else "mock"
    assert listed[0] == "house"
    assert {f"{name}/{model}" for model in MODELS} <= set(listed)
    for wanted in ("house", f"{name}/mock"):
        assert (await got(client.models.retrieve(wanted))).id == wanted


async def test_legacy_completions_are_answered_and_streamed(client: Client):
    named = {"x-request-id": "legacy"}
    whole = await got(client.completions.create(model="mock", prompt="Hello", extra_headers=named))
    assert whole.choices[0].text
    chunks = await each(client.completions.create(model="mock", prompt="Hello", stream=True, extra_headers=named))
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text


async def test_a_file_goes_up_and_another_comes_down(client: Client):
    data = os.urandom(5 * 1024 * 1024)
    uploaded = await got(client.files.create(file=("spider.bin", data), purpose="user_data"))
    assert len(data) < uploaded.bytes < len(data) + 1024, "the mock counts the whole form"

    downloaded = await got(client.files.content("file-spider"))
    assert downloaded.content == file_content(b"file-spider")


async def test_aliases_answer_by_their_own_model(client: Client):
    answer = await got(client.chat.completions.create(model="house", messages=HELLO))
    assert answer.model == "mock"
