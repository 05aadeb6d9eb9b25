"""The JSON of Anthropic's messages: what requests and whole answers hold.

One struct for all kinds of blocks: what a block is, its `type` says, and an unknown one must be named, not guessed.
"""

from typing import Any

import msgspec


class Mark(msgspec.Struct):
    """`cache_control`."""

    type: str = "ephemeral"
    ttl: str | None = None


class Source(msgspec.Struct):
    """Of an image or a document."""

    type: str
    media_type: str = ""
    data: str = ""
    url: str = ""
    content: "str | list[Block] | None" = None


class Block(msgspec.Struct):
    """Wide enough for blocks that nobody here reads: they must be named, not fail by their form."""

    type: str = ""
    text: str | None = None
    source: Source | str | None = None
    cache_control: Mark | None = None
    title: str | None = None
    context: str | None = None
    citations: Any = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = msgspec.Raw()
    tool_use_id: str | None = None
    content: "str | list[Block] | dict[str, Any] | None" = None
    is_error: bool | None = None


class Message(msgspec.Struct):
    role: str
    content: str | list[Block] | None = None


class Tool(msgspec.Struct):
    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: msgspec.Raw = msgspec.Raw()
    strict: bool | None = None
    cache_control: Mark | None = None


class Choice(msgspec.Struct):
    type: str
    name: str = ""
    disable_parallel_tool_use: bool | None = None


class Format(msgspec.Struct):
    type: str
    schema: msgspec.Raw = msgspec.Raw()


class OutputConfig(msgspec.Struct):
    effort: str | None = None
    format: Format | None = None


class Thinking(msgspec.Struct):
    type: str
    budget_tokens: int = 0
    display: str | None = None


class Metadata(msgspec.Struct):
    user_id: str | None = None


class Request(msgspec.Struct):
    model: str
    messages: list[Message]
    max_tokens: int | None = None
    system: str | list[Block] | None = None
    stream: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    tools: list[Tool] | None = None
    tool_choice: Choice | None = None
    output_config: OutputConfig | None = None
    output_format: Format | None = None
    thinking: Thinking | None = None
    metadata: Metadata | None = None
    service_tier: str | None = None
