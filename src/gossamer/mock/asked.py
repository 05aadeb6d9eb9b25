"""What a request asks for, alike for every dialect: the nouns that planning and rendering share.

Values only; reading.py makes them of bytes.
"""

from enum import Enum
from typing import Literal

import msgspec


class Dialect(Enum):
    """How a question is put and an answer is worded."""

    CHAT = "chat"
    COMPLETIONS = "completions"
    RESPONSES = "responses"
    MESSAGES = "messages"


Last = Literal["question", "tool_result", "assistant"]
"""Who spoke last: a tool's result is answered with words, the assistant's own words are a prefill."""


class BadRequest(ValueError):
    """A body that a provider would answer with 400; `param` is the member at fault."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


SEAL = "sealed-"
"""What the mock's seals begin with. It takes no others back, as providers do not."""


class Call(msgspec.Struct, frozen=True):
    """The tool to call, and the JSON schema of its arguments."""

    name: str
    schema: bytes


class ScriptedCall(msgspec.Struct, frozen=True):
    """A tool, and the text of its arguments."""

    name: str
    arguments: str


class Scripted(msgspec.Struct, frozen=True):
    """What is said, word for word: calls, or a text."""

    calls: tuple[ScriptedCall, ...] = ()
    text: str = ""


class Asked(msgspec.Struct, frozen=True):
    """`limit` is the most tokens that may be answered; `schema` what the content must obey, empty for any object.

    `calls` are the tools that may be called, in their order; without orders the first one is.
    """

    dialect: Dialect
    model: str
    stream: bool = False
    include_usage: bool = False
    limit: int | None = None
    calls: tuple[Call, ...] = ()
    schema: bytes | None = None
    last: Last = "question"
    thinks: bool = False
    """Whether it is to be thought about, and shown."""
    script: Scripted | None = None
    """Of the models that work for agents."""

    @property
    def call(self) -> Call | None:
        return self.calls[0] if self.calls else None
