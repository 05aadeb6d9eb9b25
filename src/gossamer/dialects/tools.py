"""What both of OpenAI's dialects say of tools and schemas in the same way, and Anthropic otherwise."""

from typing import Any, Final

import msgspec

from gossamer.dialects.conversation import Conversation, Tool

NO_ARGUMENTS: Final = msgspec.Raw(b'{"type":"object","properties":{}}')
"""For a tool whose client sent no schema; each dialect wants one."""


def schema_of(tool: Tool) -> msgspec.Raw:
    return tool.schema if is_said(tool.schema) else NO_ARGUMENTS


def is_said(raw: msgspec.Raw) -> bool:
    """Whether a member was there, and not null."""
    return len(raw) > 0 and bytes(raw) != b"null"


def allowed_tools(conversation: Conversation) -> tuple[Tool, ...]:
    """The tools that may be called: leaving out the others says what `allowed_tools` says."""
    choice = conversation.choice
    if choice is None or not choice.allowed:
        return conversation.tools
    return tuple(tool for tool in conversation.tools if tool.name in choice.allowed)


def is_strict_schema(raw: msgspec.Raw) -> bool:
    """Whether OpenAI takes a schema as strict: each object is closed, and requires all of its properties."""
    return _is_strict(msgspec.json.decode(raw)) if is_said(raw) else False


def _is_strict(schema: Any) -> bool:
    if isinstance(schema, list):
        return all(map(_is_strict, schema))
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties")
    is_object = schema.get("type") == "object" or isinstance(properties, dict)
    if is_object and schema.get("additionalProperties") is not False:
        return False
    if isinstance(properties, dict):
        required = schema.get("required")
        if not isinstance(required, list) or set(required) != set(properties):
            return False
    return all(map(_is_strict, schema.values()))
