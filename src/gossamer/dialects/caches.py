"""Marks for the caching of prompts, on their way to a provider that caches by itself."""

from gossamer.dialects.conversation import Conversation, Document, Image, Text, ToolCall, ToolResult
from gossamer.dialects.losses import Losses

_MARKED = (Text, Image, Document, ToolCall, ToolResult)


def note_lost_caches(conversation: Conversation, losses: Losses) -> None:
    """One warning for all of them: there may be one at each turn."""
    parts = (part for turn in conversation.turns for part in turn.parts)
    is_marked = any(isinstance(part, _MARKED) and part.cache is not None for part in parts)
    if is_marked or any(tool.cache is not None for tool in conversation.tools):
        losses.hint("cache_control", "the provider caches by itself")
