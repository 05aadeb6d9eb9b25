"""The settings of a conversation, as members of a request for an Anthropic message."""

from typing import Any, Final

from gossamer.dialects.conversation import Conversation, Reasoning, Thinking, Tool, ToolCall, ToolChoice
from gossamer.dialects.efforts import LEAST_BUDGET_TOKENS, Family, budget_for, claude_effort, effort_for
from gossamer.dialects.losses import Losses
from gossamer.dialects.messages.block_writer import mark
from gossamer.dialects.terms import Terms
from gossamer.dialects.tools import allowed_tools, is_said, schema_of

Value = dict[str, Any]

_HOTTEST: Final = 1.0
"""OpenAI's scale of temperature goes to 2."""
_TIERS: Final = {
    "auto": "auto",
    "default": "standard_only",
    "priority": "auto",
    "fast": "auto",
    "standard_only": "standard_only",
}
_CHOICES: Final = {"auto": "auto", "required": "any", "none": "none", "named": "tool"}


def settings_of(conversation: Conversation, family: Family, terms: Terms, losses: Losses) -> Value:
    limit = conversation.max_tokens if conversation.max_tokens is not None else terms.default_max_tokens
    thinking = _thinking(conversation, family, limit, losses)
    budget: int = thinking.get("thinking", {}).get("budget_tokens", 0)
    if conversation.max_tokens is None:
        limit += budget
    asked: Value = {
        "max_tokens": limit,
        "stop_sequences": _stops(conversation, losses),
        "metadata": {"user_id": conversation.user} if conversation.user else None,
        "service_tier": _tier(conversation.tier, losses),
        "stream": True if conversation.is_stream else None,
        **_sampling(conversation, family, losses, is_thinking=bool(budget)),
        **_tools(conversation, family, losses),
        **thinking,
    }
    if conversation.verbosity:
        losses.hint("verbosity", "there is no word for it there")
    config = _output_config(conversation, family)
    if config:
        asked["output_config"] = config
    return {name: value for name, value in asked.items() if value is not None}


def _stops(conversation: Conversation, losses: Losses) -> list[str] | None:
    """Blank ones are refused there."""
    kept = [stop for stop in conversation.stop if stop.strip()]
    if len(kept) < len(conversation.stop):
        losses.lose("stop", "a sequence of blanks only is refused there", "Name sequences with a visible character.")
    return kept or None


def _tier(tier: str, losses: Losses) -> str | None:
    if tier and tier not in _TIERS:
        losses.hint("service_tier", f"there is no tier {tier!r} there")
    return _TIERS.get(tier)


def _sampling(conversation: Conversation, family: Family, losses: Losses, *, is_thinking: bool) -> Value:
    asked: Value = {"temperature": conversation.temperature, "top_p": conversation.top_p, "top_k": conversation.top_k}
    kept = {name: value for name, value in asked.items() if value is not None}
    if not family.takes_sampling or is_thinking:
        for name, value in kept.items():
            if name == "top_k" or value != 1:
                losses.lose(name, "this model takes none" if not is_thinking else "a model that thinks takes none")
        return {}
    if kept.get("temperature", 0) > _HOTTEST:
        losses.lose("temperature", "the scale ends at 1 there", "Send at most 1.")
        kept["temperature"] = _HOTTEST
    return kept


def _tools(conversation: Conversation, family: Family, losses: Losses) -> Value:
    if not conversation.tools:
        return {}
    choice = conversation.choice or ToolChoice()
    if choice.mode in ("required", "named") and not family.takes_forced_tools:
        losses.lose("tool_choice", "this model cannot be made to call a tool", 'Send "auto".')
        choice = ToolChoice(allowed=choice.allowed)
    said: Value = {"type": _CHOICES[choice.mode]}
    if choice.mode == "named":
        said["name"] = choice.name
    if conversation.is_parallel is False and choice.mode != "none":
        said["disable_parallel_tool_use"] = True
    tools = [_tool(tool) for tool in allowed_tools(conversation)]
    is_default = conversation.choice is None and len(said) == 1
    return {"tools": tools} if is_default else {"tools": tools, "tool_choice": said}


def _tool(tool: Tool) -> Value:
    said: Value = {"name": tool.name, "input_schema": schema_of(tool), **mark(tool.cache)}
    if tool.description:
        said["description"] = tool.description
    if tool.is_strict:
        said["strict"] = True
    return said


def _output_config(conversation: Conversation, family: Family) -> Value:
    config: Value = {}
    output, reasoning = conversation.output, conversation.reasoning
    if output is not None and is_said(output.schema):
        config["format"] = {"type": "json_schema", "schema": output.schema}
    if reasoning is not None and not family.thinks_by_budget:
        effort = _effort(reasoning, family)
        if effort:
            config["effort"] = effort
    return config


def _effort(reasoning: Reasoning, family: Family) -> str:
    if reasoning.is_off:
        return "" if family.can_be_still else "low"
    if reasoning.budget_tokens:
        return effort_for(reasoning.budget_tokens)
    return claude_effort(reasoning.effort)


def _thinking(conversation: Conversation, family: Family, limit: int, losses: Losses) -> Value:
    reasoning = conversation.reasoning
    if reasoning is None:
        return {}
    if reasoning.is_off:
        return {"thinking": {"type": "disabled"}} if family.can_be_still and not family.thinks_by_budget else {}
    is_forced = conversation.choice is not None and conversation.choice.mode in ("required", "named")
    if is_forced:
        why = "a tool must be called, and both together are refused"
        losses.change("reasoning", f"The model was not asked to think: {why}.")
        return {}
    if not family.thinks_by_budget:
        display = {"display": "summarized"} if reasoning.is_shown else {}
        return {"thinking": {"type": "adaptive", **display}}
    obstacle = _obstacle(conversation, limit)
    if obstacle:
        losses.change("reasoning", f"The model was not asked to think: {obstacle}.")
        return {}
    budget = max(reasoning.budget_tokens or budget_for(reasoning.effort), LEAST_BUDGET_TOKENS)
    if conversation.max_tokens is not None:
        budget = max(min(budget, limit // 2), LEAST_BUDGET_TOKENS)
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _obstacle(conversation: Conversation, limit: int) -> str:
    """Why Anthropic would refuse a budget here."""
    if conversation.max_tokens is not None and limit <= LEAST_BUDGET_TOKENS:
        return f"a limit of {limit} tokens leaves no room for it"
    last = next((turn for turn in reversed(conversation.turns) if turn.role == "assistant"), None)
    if last is None or not any(isinstance(part, ToolCall) for part in last.parts):
        return ""
    seals = [part.seal for part in last.parts if isinstance(part, Thinking) and part.seal is not None]
    if any(seal.origin == "messages" and seal.data for seal in seals):
        return ""
    return "the thinking before the last tool call was not sent back"
