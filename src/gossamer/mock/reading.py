"""From the bytes of a body to what it asks for, in the few members that the mock looks at.

Pure. What the mock does not look at is not checked and not kept.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from gossamer.mock.agent import AGENT_MODELS, next_step
from gossamer.mock.asked import SEAL, Asked, BadRequest, Call, Dialect, Last, Scripted

# --- the members that are read ---

_NOTHING = Raw(b"")
_ABSENT = (b"", b"null")
_NO_EFFORT = (None, "none")
_NO_ARGUMENTS = b'{"type":"object"}'


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Schema(msgspec.Struct):
    schema: Raw = _NOTHING


class _Format(msgspec.Struct):
    """Chat wraps the schema once more than responses and messages do."""

    type: str = "text"
    json_schema: _Schema | None = None
    schema: Raw = _NOTHING


class _TextOptions(msgspec.Struct):
    format: _Format | None = None


class _Part(msgspec.Struct):
    """What it is, and the seal that it may have."""

    type: str = ""
    signature: str | None = None
    data: str | None = None


class _Reasoning(msgspec.Struct):
    effort: str | None = None


class _ChatBody(msgspec.Struct):
    model: str
    messages: Raw
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    tools: Raw = _NOTHING
    tool_choice: Raw = _NOTHING
    response_format: _Format | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: str | None = None


class _CompletionsBody(msgspec.Struct):
    model: str
    prompt: Raw
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None


class _ResponsesBody(msgspec.Struct):
    model: str
    input: Raw
    stream: bool | None = None
    max_output_tokens: int | None = None
    tools: Raw = _NOTHING
    tool_choice: Raw = _NOTHING
    text: _TextOptions | None = None
    parallel_tool_calls: bool | None = None
    reasoning: _Reasoning | None = None


class _MessagesBody(msgspec.Struct):
    model: str
    messages: Raw
    max_tokens: int
    stream: bool | None = None
    tools: Raw = _NOTHING
    tool_choice: Raw = _NOTHING
    output_config: _TextOptions | None = None
    output_format: _Format | None = None
    thinking: _Part | None = None


class _Function(msgspec.Struct):
    name: str
    parameters: Raw = _NOTHING


class _Tool(msgspec.Struct):
    """One tool of any dialect: chat puts it under `function`, messages calls its schema `input_schema`."""

    type: str = "function"
    name: str = ""
    function: _Function | None = None
    parameters: Raw = _NOTHING
    input_schema: Raw = _NOTHING


class _Turn(msgspec.Struct):
    """A message of chat or messages, or an item of responses."""

    role: str = ""
    type: str = ""
    content: Raw = _NOTHING
    encrypted_content: str | None = None


_chat = msgspec.json.Decoder(_ChatBody)
_completions = msgspec.json.Decoder(_CompletionsBody)
_responses = msgspec.json.Decoder(_ResponsesBody)
_messages = msgspec.json.Decoder(_MessagesBody)
_tools = msgspec.json.Decoder(list[_Tool])
_turns = msgspec.json.Decoder(list[_Turn])
_parts = msgspec.json.Decoder(list[_Part])
_anything = msgspec.json.Decoder()


def read_asked(dialect: Dialect, body: bytes) -> Asked:
    """What `body` asks in `dialect`. BadRequest where a provider would say 400."""
    try:
        return _READERS[dialect](body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"The request body is not as it should be: {error}.") from error


def _read_chat(body: bytes) -> Asked:
    read = _chat.decode(body)
    options = read.stream_options
    last = _last(read.messages, "messages")
    return Asked(
        Dialect.CHAT,
        read.model,
        bool(read.stream),
        bool(options and options.include_usage),
        _limit(read.max_completion_tokens or read.max_tokens, "max_tokens"),
        _calls(read.tools, read.tool_choice, last, is_parallel=read.parallel_tool_calls is not False),
        _schema(read.response_format),
        last,
        read.reasoning_effort not in _NO_EFFORT,
        _script(read) if read.model in AGENT_MODELS else None,
    )


def _script(read: _ChatBody) -> Scripted | None:
    """A form that is asked for goes before a script: that is the answer, and nothing is called any more."""
    tools = _calls(read.tools, _NOTHING, "question", is_parallel=True)
    may_call = bytes(read.tool_choice) != b'"none"'
    step = next_step(read.model, read.messages, tools, may_call=may_call)
    return None if _schema(read.response_format) is not None and not step.calls else step


def _read_completions(body: bytes) -> Asked:
    read = _completions.decode(body)
    options = read.stream_options
    include_usage = bool(options and options.include_usage)
    limit = _limit(read.max_tokens, "max_tokens")
    return Asked(Dialect.COMPLETIONS, read.model, bool(read.stream), include_usage, limit)


def _read_responses(body: bytes) -> Asked:
    read = _responses.decode(body)
    last = _last(read.input, "input")
    _check_items(read.input)
    return Asked(
        Dialect.RESPONSES,
        read.model,
        bool(read.stream),
        True,
        _limit(read.max_output_tokens, "max_output_tokens"),
        _calls(read.tools, read.tool_choice, last, is_parallel=read.parallel_tool_calls is not False),
        _schema(read.text.format if read.text else None),
        last,
        read.reasoning is not None and read.reasoning.effort not in _NO_EFFORT,
    )


def _read_messages(body: bytes) -> Asked:
    read = _messages.decode(body)
    last = _last(read.messages, "messages")
    _check_blocks(read.messages)
    wanted = read.output_config.format if read.output_config else read.output_format
    return Asked(
        Dialect.MESSAGES,
        read.model,
        bool(read.stream),
        True,
        _limit(read.max_tokens, "max_tokens"),
        _calls(read.tools, read.tool_choice, last, is_parallel=b'"disable_parallel_tool_use":true' not in body),
        _schema(wanted),
        last,
        read.thinking is not None and read.thinking.type != "disabled",
    )


_READERS: dict[Dialect, Callable[[bytes], Asked]] = {
    Dialect.CHAT: _read_chat,
    Dialect.COMPLETIONS: _read_completions,
    Dialect.RESPONSES: _read_responses,
    Dialect.MESSAGES: _read_messages,
}


# --- one member each ---


def _limit(wanted: int | None, param: str) -> int | None:
    if wanted is not None and wanted < 1:
        raise BadRequest(f"{param} is {wanted}: ask for at least one token.", param)
    return wanted


def _schema(wanted: _Format | None) -> bytes | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return b'{"properties":{"answer":{"type":"string"}}}'
    return bytes(wanted.json_schema.schema if wanted.json_schema else wanted.schema)


def _calls(tools: Raw, choice: Raw, last: Last, *, is_parallel: bool) -> tuple[Call, ...]:
    """The tool that the choice names, else all whose arguments are for the model to make; one, if not in parallel."""
    if bytes(tools) in _ABSENT or last == "tool_result":
        return ()
    wanted = _anything.decode(choice) if bytes(choice) else None
    if wanted == "none" or (isinstance(wanted, dict) and wanted.get("type") == "none"):
        return ()
    name = _name_of(wanted)
    calls = tuple(call for tool in _tools.decode(tools) if (call := _call(tool)) and name in {None, call.name})
    if name is not None and not calls:
        raise BadRequest(f"tool_choice names the tool {name!r}, which is not among the tools.", "tool_choice")
    return calls if is_parallel else calls[:1]


def _call(tool: _Tool) -> Call | None:
    schema = tool.input_schema if bytes(tool.input_schema) else tool.parameters
    found = tool.function or _Function(tool.name, schema)
    is_ours = bytes(found.parameters) not in _ABSENT or tool.type == "function"
    return Call(found.name, bytes(found.parameters) or _NO_ARGUMENTS) if found.name and is_ours else None


def _check_blocks(messages: Raw) -> None:
    """As Anthropic does, which takes no other reasoning than its own."""
    if b'"signature"' not in bytes(messages) and b'"redacted_thinking"' not in bytes(messages):
        return
    for turn in _turns.decode(messages):
        for part in _parts.decode(turn.content) if _first_byte(turn.content) == b"[" else ():
            sealed = part.signature if part.type == "thinking" else part.data
            if part.type in {"thinking", "redacted_thinking"} and not (sealed or "").startswith(SEAL):
                raise BadRequest("messages: Invalid `signature` in `thinking` block", "messages")


def _check_items(items: Raw) -> None:
    """As OpenAI does."""
    if b'"encrypted_content"' not in bytes(items):
        return
    for item in _turns.decode(items):
        if item.encrypted_content is not None and not item.encrypted_content.startswith(SEAL):
            raise BadRequest("The encrypted content could not be verified.", "input")


def _name_of(choice: Any) -> str | None:
    if not isinstance(choice, dict):
        return None
    named = choice["function"] if isinstance(choice.get("function"), dict) else choice
    name = named.get("name")
    return name if isinstance(name, str) else None


def _last(raw: Raw, param: str) -> Last:
    """Who spoke last in a list of messages or items; a bare text is a question."""
    if param == "input" and _first_byte(raw) == b'"':
        return "question"
    turns = _turns.decode(raw)
    if not turns:
        raise BadRequest(f"{param} must have at least one entry.", param)
    turn = turns[-1]
    if turn.role in {"tool", "function"} or turn.type == "function_call_output" or _has_result(turn.content):
        return "tool_result"
    return "assistant" if turn.role == "assistant" else "question"


def _has_result(content: Raw) -> bool:
    if _first_byte(content) != b"[":
        return False
    return any(part.type == "tool_result" for part in _parts.decode(content))


def _first_byte(raw: Raw) -> bytes:
    return bytes(memoryview(raw)[:1])
