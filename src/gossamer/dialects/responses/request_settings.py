"""The settings of a conversation, as members of a request for a response."""

from typing import Any, Final

from gossamer.dialects.conversation import Conversation, Output, Reasoning, Thinking, Tool, ToolChoice
from gossamer.dialects.efforts import effort_for
from gossamer.dialects.idents import user_id
from gossamer.dialects.losses import Losses
from gossamer.dialects.tools import is_said, schema_of

Value = dict[str, Any]

_SCHEMA_NAME: Final = "answer"
_TIERS: Final = {"standard_only": "default"}
_SEALED: Final = ["reasoning.encrypted_content"]
"""Without it, reasoning could only be given back by those who store it."""


def settings_of(conversation: Conversation, losses: Losses) -> Value:
    """Only what was asked for: an absent member leaves the provider its own default."""
    if conversation.stop:
        losses.lose("stop", "there are no stop sequences there")
    if conversation.top_k is not None:
        losses.lose("top_k", "there is no word for it there")
    reasoning = _reasoning(conversation.reasoning)
    asked: Value = {
        "max_output_tokens": conversation.max_tokens,
        "temperature": conversation.temperature,
        "top_p": conversation.top_p,
        "reasoning": reasoning,
        "include": _SEALED if reasoning is not None or _has_sealed(conversation) else None,
        "user": user_id(conversation.user) or None,
        "service_tier": _TIERS.get(conversation.tier, conversation.tier) or None,
        "metadata": conversation.metadata if is_said(conversation.metadata) else None,
        "text": _text(conversation) or None,
        "stream": True if conversation.is_stream else None,
        **_tools(conversation),
    }
    return {name: value for name, value in asked.items() if value is not None}


def _has_sealed(conversation: Conversation) -> bool:
    parts = (part for turn in conversation.turns for part in turn.parts if isinstance(part, Thinking))
    return any(part.seal is not None and part.seal.origin == "responses" for part in parts)


def _tools(conversation: Conversation) -> Value:
    if not conversation.tools:
        return {}
    return {
        "tools": [_tool(tool) for tool in conversation.tools],
        "tool_choice": _choice(conversation.choice),
        "parallel_tool_calls": conversation.is_parallel,
    }


def _tool(tool: Tool) -> Value:
    """Not strict unless it was asked for: here, silence would mean strict."""
    said: Value = {"type": "function", "name": tool.name, "parameters": schema_of(tool), "strict": bool(tool.is_strict)}
    return said | {"description": tool.description} if tool.description else said


def _choice(choice: ToolChoice | None) -> str | Value | None:
    if choice is None:
        return None
    if choice.mode == "named":
        return {"type": "function", "name": choice.name}
    if choice.allowed:
        tools = [{"type": "function", "name": name} for name in choice.allowed]
        return {"type": "allowed_tools", "mode": choice.mode, "tools": tools}
    return choice.mode


def _text(conversation: Conversation) -> Value:
    text: Value = {}
    if conversation.output is not None:
        text["format"] = _format(conversation.output)
    if conversation.verbosity:
        text["verbosity"] = conversation.verbosity
    return text


def _format(output: Output) -> Value:
    if not is_said(output.schema):
        return {"type": "json_object"}
    form: Value = {"type": "json_schema", "name": output.name or _SCHEMA_NAME, "schema": output.schema}
    if output.description:
        form["description"] = output.description
    form["strict"] = bool(output.is_strict)
    return form


def _reasoning(reasoning: Reasoning | None) -> Value | None:
    if reasoning is None or reasoning.is_off:
        return None
    effort = effort_for(reasoning.budget_tokens) if reasoning.budget_tokens else reasoning.effort
    said: Value = {"effort": effort} if effort else {}
    if reasoning.is_shown:
        said["summary"] = "auto"
    return said or None
