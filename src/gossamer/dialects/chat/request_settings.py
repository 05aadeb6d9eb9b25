"""The settings of a conversation, as members of a request for a chat completion."""

from typing import Any, Final

import msgspec

from gossamer.dialects.conversation import Conversation, Output, Tool, ToolChoice
from gossamer.dialects.efforts import effort_for
from gossamer.dialects.idents import user_id
from gossamer.dialects.losses import Losses
from gossamer.dialects.tools import is_said, schema_of

Value = dict[str, Any]

_SCHEMA_NAME: Final = "answer"
"""OpenAI wants a name for a schema; Anthropic's have none."""
_TIERS: Final = {"standard_only": "default"}


def settings_of(conversation: Conversation, losses: Losses) -> Value:
    """Only what was asked for: an absent member leaves the provider its own default."""
    asked: Value = {
        "max_completion_tokens": conversation.max_tokens,
        "temperature": conversation.temperature,
        "top_p": conversation.top_p,
        "stop": list(conversation.stop) or None,
        "reasoning_effort": _effort(conversation),
        "user": user_id(conversation.user) or None,
        "service_tier": _TIERS.get(conversation.tier, conversation.tier) or None,
        "verbosity": conversation.verbosity or None,
        "metadata": conversation.metadata if is_said(conversation.metadata) else None,
        "response_format": _format(conversation.output),
        **_tools(conversation),
        **_stream(conversation),
    }
    if conversation.top_k is not None:
        losses.lose("top_k", "there is no word for it there")
    return {name: value for name, value in asked.items() if value is not None}


def _tools(conversation: Conversation) -> Value:
    if not conversation.tools:
        return {}
    return {
        "tools": [_tool(tool) for tool in conversation.tools],
        "tool_choice": _choice(conversation.choice),
        "parallel_tool_calls": conversation.is_parallel,
    }


def _stream(conversation: Conversation) -> Value:
    """Usage is always asked for: the other dialects tell it without being asked."""
    return {"stream": True, "stream_options": {"include_usage": True}} if conversation.is_stream else {}


def _tool(tool: Tool) -> Value:
    function: Value = {"name": tool.name, "description": tool.description or None, "parameters": schema_of(tool)}
    if tool.is_strict is not None:
        function["strict"] = tool.is_strict
    return {"type": "function", "function": {name: value for name, value in function.items() if value is not None}}


def _choice(choice: ToolChoice | None) -> str | Value | None:
    if choice is None:
        return None
    if choice.mode == "named":
        return {"type": "function", "function": {"name": choice.name}}
    if choice.allowed:
        tools = [{"type": "function", "function": {"name": name}} for name in choice.allowed]
        return {"type": "allowed_tools", "allowed_tools": {"mode": choice.mode, "tools": tools}}
    return choice.mode


def _format(output: Output | None) -> Value | None:
    if output is None:
        return None
    if not is_said(output.schema):
        return {"type": "json_object"}
    schema: dict[str, str | bool | msgspec.Raw] = {"name": output.name or _SCHEMA_NAME, "schema": output.schema}
    if output.description:
        schema["description"] = output.description
    if output.is_strict is not None:
        schema["strict"] = output.is_strict
    return {"type": "json_schema", "json_schema": schema}


def _effort(conversation: Conversation) -> str | None:
    reasoning = conversation.reasoning
    if reasoning is None or reasoning.is_off:
        return None
    if reasoning.budget_tokens:
        return effort_for(reasoning.budget_tokens)
    return reasoning.effort or None
