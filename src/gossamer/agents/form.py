"""The form that an answer must have: JSON by a schema, which the agent's settings name, or the client."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

import msgspec

ANY_JSON: Final = {"type": "object"}
Check = Callable[[str], str | None]
"""From a text to what is wrong with it."""


class Form(msgspec.Struct, frozen=True):
    """`response_format`: as the model is told."""

    schema: Mapping[str, Any]
    response_format: Mapping[str, Any]
    check: Check


def form_of(schema: Mapping[str, Any], response_format: Mapping[str, Any] | None = None) -> Form:
    """Raises ValueError for a schema that is none, and where nobody here can check by one."""
    told = response_format or {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return Form(schema, told, check_of(schema))


def asked_form(response_format: Any) -> Form | None:
    """What a client asks for. Raises ValueError as `form_of` does."""
    said = response_format if isinstance(response_format, Mapping) else {}
    if said.get("type") == "json_object":
        return form_of(ANY_JSON, said)
    wanted = said.get("json_schema")
    if said.get("type") != "json_schema" or not isinstance(wanted, Mapping):
        return None
    schema = wanted.get("schema")
    return form_of(schema if isinstance(schema, Mapping) else ANY_JSON, said)


def check_of(schema: Mapping[str, Any]) -> Check:
    """Raises ValueError as `form_of` does. Clients write schemas too: none makes us fetch anything, or try a pattern
    that could take for ever.
    """
    try:  # an extra: a gateway whose agents have no schema does without
        checks = import_module("gossamer.agents.tools.schema_check")
    except ModuleNotFoundError:
        raise ValueError("a schema of answers needs the package jsonschema: pip install 'gossamer[agents]'") from None
    try:
        reader = checks.Reader(schema)
    except (checks.SchemaError, checks.Unresolvable, RecursionError) as error:
        raise ValueError(f"this is no JSON Schema: {getattr(error, 'message', error)}") from error

    def check(text: str) -> str | None:
        try:
            said = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
            return f"it is no JSON: {error}"
        try:
            wrong = next(iter(reader.faults(said)), None)
        except (checks.Unresolvable, RecursionError) as error:
            return f"nobody can hold it to a schema whose references lead nowhere: {error}"
        return None if wrong is None else f"{wrong.json_path}: {wrong.message}"

    return check
