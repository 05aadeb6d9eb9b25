"""The JSON of chat completions: what requests and whole answers hold. Vendors' own members stand beside OpenAI's.

One struct for all kinds of parts: what a part is, its `type` says, and an unknown one must be named, not guessed.
"""

from typing import Any

import msgspec


class Mark(msgspec.Struct):
    """`cache_control`, as OpenRouter has it from Anthropic."""

    type: str = "ephemeral"
    ttl: str = ""


class Breakpoint(msgspec.Struct):
    ttl: str = ""


class Address(msgspec.Struct):
    url: str
    detail: str | None = None


class File(msgspec.Struct):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class Part(msgspec.Struct):
    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: Address | str | None = None
    file: File | None = None
    cache_control: Mark | None = None
    prompt_cache_breakpoint: Breakpoint | None = None


class Function(msgspec.Struct):
    name: str = ""
    arguments: str | None = None


class Call(msgspec.Struct):
    id: str | None = None
    type: str | None = None
    function: Function | None = None


class Detail(msgspec.Struct):
    """One entry of `reasoning_details`, as OpenRouter has it."""

    type: str = ""
    text: str | None = None
    summary: str | None = None
    data: str | None = None
    signature: str | None = None
    format: str | None = None
    id: str | None = None


class Message(msgspec.Struct):
    role: str
    content: str | list[Part] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None
    function_call: Any = None
    audio: Any = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[Detail] | None = None


class Definition(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: msgspec.Raw = msgspec.Raw()
    strict: bool | None = None


class Tool(msgspec.Struct):
    type: str
    function: Definition | None = None
    cache_control: Mark | None = None


class Named(msgspec.Struct):
    name: str


class AllowedTool(msgspec.Struct):
    type: str = ""
    function: Named | None = None


class Allowed(msgspec.Struct):
    mode: str
    tools: list[AllowedTool]


class Choice(msgspec.Struct):
    type: str
    function: Named | None = None
    allowed_tools: Allowed | None = None


class Schema(msgspec.Struct):
    name: str = ""
    description: str | None = None
    schema: msgspec.Raw = msgspec.Raw()
    strict: bool | None = None


class Format(msgspec.Struct):
    type: str
    json_schema: Schema | None = None


class Effort(msgspec.Struct):
    """`reasoning`, as OpenRouter has it."""

    effort: str | None = None
    max_tokens: int | None = None
    enabled: bool | None = None


class Thinking(msgspec.Struct):
    """`thinking`, as Anthropic's endpoint for OpenAI's clients and DeepSeek have it."""

    type: str
    budget_tokens: int = 0


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class Request(msgspec.Struct):
    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: str | list[str] | None = None
    tools: list[Tool] | None = None
    tool_choice: str | Choice | None = None
    parallel_tool_calls: bool | None = None
    response_format: Format | None = None
    reasoning_effort: str | None = None
    reasoning: Effort | None = None
    thinking: Thinking | None = None
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    verbosity: str | None = None
    metadata: msgspec.Raw = msgspec.Raw()
