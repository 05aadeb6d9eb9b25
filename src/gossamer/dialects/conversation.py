"""A request in no dialect: what each reader gives, and each writer takes.

Values only. What a dialect cannot say is found when it is written, not here.
"""

from typing import Literal

import msgspec

from gossamer.core.endpoints import Wire

Role = Literal["system", "developer", "user", "assistant"]


class Seal(msgspec.Struct, frozen=True):
    """What a provider puts on its reasoning so that it knows it again. Only the dialect that made it can read it."""

    origin: Wire
    data: str
    is_redacted: bool = False
    """The reasoning itself is in `data`, unreadable, and not in words beside it."""
    id: str = ""


class Text(msgspec.Struct, frozen=True):
    text: str
    cache: str | None = None
    """Up to here the prompt may be cached, and for how long: "5m", "1h", or "" where it was not said."""


class Image(msgspec.Struct, frozen=True):
    """By address, or as base64 of a media type."""

    url: str = ""
    media_type: str = ""
    data: str = ""
    detail: str = ""
    cache: str | None = None


class Document(msgspec.Struct, frozen=True):
    """By address, as plain text, or as base64 of a media type."""

    title: str = ""
    url: str = ""
    text: str = ""
    media_type: str = ""
    data: str = ""
    context: str = ""
    cache: str | None = None


class Thinking(msgspec.Struct, frozen=True):
    text: str
    seal: Seal | None = None


class Refusal(msgspec.Struct, frozen=True):
    text: str


class ToolCall(msgspec.Struct, frozen=True):
    """`arguments` is JSON text, as the model wrote it; nobody promises that it is valid."""

    id: str
    name: str
    arguments: str
    cache: str | None = None


class ToolResult(msgspec.Struct, frozen=True):
    call_id: str
    parts: tuple[Text | Image | Document, ...]
    is_error: bool = False
    cache: str | None = None


Part = Text | Image | Document | Thinking | Refusal | ToolCall | ToolResult


class Turn(msgspec.Struct, frozen=True):
    """Results of tools stand in a user's turn, calls in an assistant's. `at` is where the client wrote it."""

    role: Role
    parts: tuple[Part, ...]
    at: str = ""
    name: str = ""


class Tool(msgspec.Struct, frozen=True):
    """`schema` is the JSON Schema of its arguments, kept as the client wrote it; empty where there is none."""

    name: str
    description: str = ""
    schema: msgspec.Raw = msgspec.Raw()
    is_strict: bool | None = None
    cache: str | None = None


class ToolChoice(msgspec.Struct, frozen=True):
    mode: Literal["auto", "none", "required", "named"] = "auto"
    name: str = ""
    allowed: tuple[str, ...] = ()
    """Where not empty, only these of the tools may be called."""


class Output(msgspec.Struct, frozen=True):
    """JSON that the answer must be: any object, or one that fits a schema."""

    schema: msgspec.Raw = msgspec.Raw()
    name: str = ""
    description: str = ""
    is_strict: bool | None = None


class Reasoning(msgspec.Struct, frozen=True):
    """How hard to think, in words or in tokens; `is_shown` where the client wants to read it."""

    effort: str = ""
    budget_tokens: int = 0
    is_off: bool = False
    is_shown: bool = False


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """All that a request says and that more than one dialect has a word for."""

    model: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    choice: ToolChoice | None = None
    is_parallel: bool | None = None
    output: Output | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    reasoning: Reasoning | None = None
    user: str = ""
    tier: str = ""
    verbosity: str = ""
    metadata: msgspec.Raw = msgspec.Raw()
    is_stream: bool = False
    includes_usage: bool = False
