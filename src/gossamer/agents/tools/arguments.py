"""The arguments of a call, from the text that a model wrote: JSON, and an object. What is wrong, the model is told."""

from typing import Any

import msgspec


class BadArguments(ValueError):
    """Says what is wrong, to the model."""


def read_arguments(text: bytes) -> dict[str, Any]:
    """The object that the text says; nothing at all is an empty one."""
    try:
        found = msgspec.json.decode(text) if text.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadArguments(f"The arguments are no JSON: {error}. Send one JSON object.") from error
    if not isinstance(found, dict):
        raise BadArguments(f"The arguments are {_kind_of(found)}, and must be one JSON object.")
    return found


def _kind_of(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "something else")
