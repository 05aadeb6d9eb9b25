"""A request for a response, as a conversation in no dialect."""

from collections.abc import Iterator
from typing import Final

import msgspec

from gossamer.core.errors import InvalidRequest
from gossamer.dialects.conversation import Conversation, Output, Reasoning, Tool, ToolChoice
from gossamer.dialects.losses import Losses, read_with
from gossamer.dialects.responses import wire
from gossamer.dialects.responses.items import turns_of

_decode: Final = msgspec.json.Decoder(wire.Request).decode
_CHOICES: Final = {"auto": ToolChoice("auto"), "none": ToolChoice("none"), "required": ToolChoice("required")}


def read_request(body: bytes, losses: Losses) -> Conversation:
    asked = read_with(_decode, body)
    text = asked.text or wire.TextConfig()
    return Conversation(
        model=asked.model,
        turns=tuple(turns_of(asked.instructions, asked.input, losses)),
        tools=tuple(_tools_of(asked.tools or [], losses)),
        choice=_choice_of(asked.tool_choice, losses),
        is_parallel=asked.parallel_tool_calls,
        output=_output_of(text.format, losses),
        max_tokens=asked.max_output_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        reasoning=_reasoning_of(asked.reasoning),
        user=asked.safety_identifier or asked.user or "",
        tier=asked.service_tier or "",
        verbosity=text.verbosity or "",
        metadata=asked.metadata,
        is_stream=bool(asked.stream),
        includes_usage=True,
    )


def _tools_of(tools: list[wire.Tool], losses: Losses) -> Iterator[Tool]:
    for number, tool in enumerate(tools):
        if tool.type == "function":
            yield Tool(tool.name, tool.description or "", tool.parameters, tool.strict)
        else:
            why = f"a tool of type {tool.type!r} has no counterpart there"
            losses.lose(f"tools[{number}]", why, "Send tools of type function.")


def _choice_of(choice: str | wire.Choice | None, losses: Losses) -> ToolChoice | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        if choice in _CHOICES:
            return _CHOICES[choice]
        raise InvalidRequest('"tool_choice" must be auto, none, required, or name a function.', param="tool_choice")
    if choice.type == "function" and choice.name:
        return ToolChoice("named", choice.name)
    if choice.type == "allowed_tools":
        names = tuple(tool.name for tool in choice.tools or [] if tool.name)
        return ToolChoice("required" if choice.mode == "required" else "auto", allowed=names)
    losses.lose("tool_choice", f"a tool of type {choice.type!r} has no counterpart there", "Name a function.")
    return None


def _output_of(form: wire.Format | None, losses: Losses) -> Output | None:
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return Output()
    if form.type == "json_schema":
        return Output(form.schema, form.name, form.description or "", form.strict)
    losses.refuse("text.format.type", f"{form.type!r} is not known", "Use text, json_object or json_schema.")
    return None


def _reasoning_of(asked: wire.Reasoning | None) -> Reasoning | None:
    if asked is None or not (asked.effort or asked.summary or asked.generate_summary):
        return None
    if asked.effort == "none":
        return Reasoning(is_off=True)
    return Reasoning(asked.effort or "", is_shown=bool(asked.summary or asked.generate_summary))
