"""The settings of a chat request: tools and which may be called, the form of the answer, how hard to think."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from gossamer.core.errors import InvalidRequest
from gossamer.dialects.chat import wire
from gossamer.dialects.conversation import Output, Reasoning, Tool, ToolChoice
from gossamer.dialects.losses import Losses

_WORDS: Final = {
    "auto": ToolChoice("auto"),
    "none": ToolChoice("none"),
    "required": ToolChoice("required"),
    "any": ToolChoice("required"),
}


def tools_of(tools: list[wire.Tool], losses: Losses) -> Iterator[Tool]:
    for number, tool in enumerate(tools):
        made = tool.function
        if tool.type != "function" or made is None:
            why = f"a tool of type {tool.type!r} has no counterpart there"
            losses.lose(f"tools[{number}]", why, "Send tools of type function.")
            continue
        cache = None if tool.cache_control is None else tool.cache_control.ttl
        yield Tool(made.name, made.description or "", made.parameters, made.strict, cache)


def tool_choice_of(choice: str | wire.Choice | None) -> ToolChoice | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        if choice in _WORDS:
            return _WORDS[choice]
    elif choice.function is not None:
        return ToolChoice("named", choice.function.name)
    elif choice.allowed_tools is not None:
        allowed = choice.allowed_tools
        names = tuple(tool.function.name for tool in allowed.tools if tool.function is not None)
        return ToolChoice("required" if allowed.mode == "required" else "auto", allowed=names)
    words = '"tool_choice" must be "auto", "none", "required", or name a function.'
    raise InvalidRequest(words, param="tool_choice")


def output_of(form: wire.Format | None, losses: Losses) -> Output | None:
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return Output()
    if form.type == "json_schema" and form.json_schema is not None:
        asked = form.json_schema
        return Output(asked.schema, asked.name, asked.description or "", asked.strict)
    losses.refuse("response_format.type", f"{form.type!r} is not known", "Use text, json_object or json_schema.")
    return None


def reasoning_of(asked: wire.Request) -> Reasoning | None:
    """OpenAI's `reasoning_effort`, or what its imitators have for the same."""
    if asked.reasoning_effort:
        return effort(asked.reasoning_effort)
    if asked.thinking is not None:
        budget, is_off = asked.thinking.budget_tokens, asked.thinking.type == "disabled"
        return Reasoning(budget_tokens=budget, is_off=is_off, is_shown=not is_off)
    wanted = asked.reasoning
    if wanted is None:
        return None
    if wanted.enabled is False:
        return Reasoning(is_off=True)
    if wanted.max_tokens:
        return Reasoning(budget_tokens=wanted.max_tokens, is_shown=True)
    return structs.replace(effort(wanted.effort or "medium"), is_shown=True)


def effort(word: str) -> Reasoning:
    return Reasoning(is_off=True) if word == "none" else Reasoning(word)
