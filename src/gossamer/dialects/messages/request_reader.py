"""A request for an Anthropic message, as a conversation in no dialect."""

from collections.abc import Iterator
from typing import Final

import msgspec

from gossamer.core.errors import InvalidRequest
from gossamer.dialects.conversation import Conversation, Output, Reasoning, Role, Tool, ToolChoice, Turn
from gossamer.dialects.losses import Losses, read_with
from gossamer.dialects.messages import wire
from gossamer.dialects.messages.blocks import blocks_of
from gossamer.dialects.tools import is_strict_schema

_decode: Final = msgspec.json.Decoder(wire.Request).decode
_ROLES: Final[dict[str, Role]] = {"user": "user", "assistant": "assistant", "system": "system"}
_CHOICES: Final = {"auto": ToolChoice("auto"), "any": ToolChoice("required"), "none": ToolChoice("none")}


def read_request(body: bytes, losses: Losses) -> Conversation:
    asked = read_with(_decode, body)
    metadata, choice = asked.metadata, asked.tool_choice
    return Conversation(
        model=asked.model,
        turns=(*_system(asked, losses), *_turns_of(asked.messages, losses)),
        tools=tuple(_tools_of(asked.tools or [], losses)),
        choice=_choice_of(choice),
        is_parallel=False if choice is not None and choice.disable_parallel_tool_use else None,
        output=_output_of(asked),
        max_tokens=asked.max_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=asked.top_k,
        stop=tuple(asked.stop_sequences or ()),
        reasoning=_reasoning_of(asked),
        user=(metadata.user_id or "") if metadata is not None else "",
        tier=asked.service_tier or "",
        is_stream=bool(asked.stream),
        includes_usage=True,
    )


def _system(asked: wire.Request, losses: Losses) -> Iterator[Turn]:
    if asked.system:
        yield Turn("system", tuple(blocks_of(asked.system, "system", losses)), "system")


def _turns_of(messages: list[wire.Message], losses: Losses) -> Iterator[Turn]:
    for number, message in enumerate(messages):
        at = f"messages[{number}]"
        role = _ROLES.get(message.role)
        if role is None:
            losses.refuse(f"{at}.role", f"there is no role {message.role!r}", "Use user or assistant.")
        else:
            yield Turn(role, tuple(blocks_of(message.content, f"{at}.content", losses)), at)


def _tools_of(tools: list[wire.Tool], losses: Losses) -> Iterator[Tool]:
    for number, tool in enumerate(tools):
        if tool.type not in (None, "custom"):
            why = f"a tool of type {tool.type!r} runs at Anthropic only"
            losses.lose(f"tools[{number}]", why, "Send tools of your own, with an input_schema.")
            continue
        cache = None if tool.cache_control is None else tool.cache_control.ttl or ""
        yield Tool(tool.name, tool.description or "", tool.input_schema, tool.strict, cache)


def _choice_of(choice: wire.Choice | None) -> ToolChoice | None:
    if choice is None:
        return None
    if choice.type == "tool" and choice.name:
        return ToolChoice("named", choice.name)
    if choice.type in _CHOICES:
        return _CHOICES[choice.type]
    raise InvalidRequest('"tool_choice.type" must be auto, any, tool (with a name) or none.', param="tool_choice.type")


def _output_of(asked: wire.Request) -> Output | None:
    form = asked.output_config.format if asked.output_config is not None else None
    form = form or asked.output_format
    if form is None:
        return None
    return Output(form.schema, is_strict=is_strict_schema(form.schema))


def _reasoning_of(asked: wire.Request) -> Reasoning | None:
    thinking, config = asked.thinking, asked.output_config
    effort = (config.effort or "") if config is not None else ""
    if thinking is None:
        return Reasoning(effort) if effort else None
    is_off = thinking.type in ("disabled", "between_tools")
    return Reasoning(
        effort,
        0 if effort else thinking.budget_tokens,
        is_off,
        is_shown=not is_off and thinking.display != "omitted",
    )
