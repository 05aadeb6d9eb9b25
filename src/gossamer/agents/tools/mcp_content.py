"""What a server of MCP says, as agents know it: its list of tools, and the content of a result. Pure.

Takes the SDK's objects by their attributes, so that nothing of it is imported here.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from gossamer.agents.seam import Observation
from gossamer.agents.tools.source import Tool

_DESCRIPTION_CHARACTERS: Final = 4_000
"""A description is written by the server, and read by the model at each step."""
_SCHEMA_BYTES: Final = 64 * 1024
_ANY_OBJECT: Final = {"type": "object"}


def as_tools(listed: Iterable[Any], allow: tuple[str, ...]) -> tuple[Tool, ...]:
    """Those that are allowed, the first of each name."""
    found: dict[str, Tool] = {}
    for each in listed:
        if (not allow or each.name in allow) and each.name not in found:
            found[each.name] = Tool(each.name, _described(each), _schema(each.input_schema))
    return tuple(found.values())


def _described(listed: Any) -> str:
    text = listed.description or listed.title or ""
    return text[:_DESCRIPTION_CHARACTERS]


def _schema(schema: Any) -> dict[str, Any]:
    """As it is; where it is no object's, or a book, any object goes, and the server checks."""
    if not isinstance(schema, dict) or len(msgspec.json.encode(schema)) > _SCHEMA_BYTES:
        return dict(_ANY_OBJECT)
    return schema if schema.get("type") == "object" else {**schema, "type": "object"}


def as_observation(result: Any) -> Observation:
    """The text of it. What is no text is named; structured content counts where there is nothing else."""
    parts = [_text_of(each) for each in result.content]
    if not parts and result.structured_content is not None:
        parts = [msgspec.json.encode(result.structured_content).decode()]
    return Observation("\n".join(parts) or "(nothing)", is_error=bool(result.is_error))


def _text_of(content: Any) -> str:
    match content.type:
        case "text":
            return str(content.text)
        case "image" | "audio":
            return f"[{content.type}, {content.mime_type}, {len(content.data) * 3 // 4} bytes: not shown]"
        case "resource_link":
            return f"[resource {content.uri}]"
        case "resource" if getattr(content.resource, "text", None) is not None:
            return str(content.resource.text)
        case "resource":
            return f"[resource {content.resource.uri}: not shown]"
        case other:
            return f"[{other}: not shown]"
