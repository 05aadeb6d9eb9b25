"""From a JSON schema to one value that it allows, always the same one.

Enough of JSON Schema for tools and structured output. `pattern` is not honoured, and a schema that describes more
than a few thousand values is refused: the schema comes from a caller.
"""

from math import ceil, floor, isclose
from typing import Any

_NODES = 2_000
"""Values in one example: far beyond any tool, far below what would stop an event loop."""
_DEEP = 5
"""Levels below which only what is required is filled in, so that schemas which contain themselves come to an end."""
_TEXT = "silk thread"

_FORMATS = {
    "date-time": "2025-01-01T00:00:00Z",
    "date": "2025-01-01",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "spider@example.com",
    "hostname": "web.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/web",
    "url": "https://example.com/web",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

Schema = dict[str, Any]


def example(schema: object) -> object:
    """A value that `schema` allows. ValueError where it has no end or is none."""
    try:
        return _Example(schema).of(schema, 0)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError) as error:
        raise ValueError(f"the schema is malformed: {error}") from error


class _Example:
    """One walk through one schema."""

    def __init__(self, root: object) -> None:
        self._root = root
        self._left = _NODES

    def of(self, found: object, depth: int) -> object:
        self._left -= 1
        if self._left < 0 or depth > _NODES // 10:
            raise ValueError(f"the schema describes a value of more than {_NODES} parts: make it smaller")
        schema = found if isinstance(found, dict) else {}
        if "$ref" in schema:
            return self.of(self._resolve(str(schema["$ref"])), depth + 1)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        if "allOf" in schema:
            return self.of(self._merged(schema), depth + 1)
        for word in ("anyOf", "oneOf"):
            if schema.get(word):
                return self.of(_chosen(schema[word], depth), depth + 1)
        return self._by_type(schema, depth)

    def _by_type(self, schema: Schema, depth: int) -> object:
        kind = _type_of(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind in {"integer", "number"}:
            return _number(schema, is_whole=kind == "integer")
        if kind == "boolean":
            return True
        return None if kind == "null" else _string(schema)

    def _object(self, schema: Schema, depth: int) -> dict[str, object]:
        properties = schema.get("properties") or {}
        names = schema.get("required") or [] if depth >= _DEEP else properties
        return {name: self.of(properties.get(name), depth + 1) for name in names}

    def _array(self, schema: Schema, depth: int) -> list[object]:
        first = [self.of(item, depth + 1) for item in schema.get("prefixItems") or []]
        wanted = int(schema.get("minItems") or (0 if depth >= _DEEP or first else 1))
        count = max(0, min(wanted, int(schema.get("maxItems", wanted))) - len(first))
        if count > self._left:
            raise ValueError(f"the schema asks for {count} items: ask for fewer")
        return first + [self.of(schema.get("items"), depth + 1) for _ in range(count)]

    def _resolve(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise ValueError(f"the schema refers to {reference!r}: only references within it can be followed")
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if found is None:
            raise ValueError(f"the schema refers to {reference!r}, which it does not hold")
        return found

    def _merged(self, schema: Schema) -> Schema:
        merged: Schema = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            found = self._resolve(str(part["$ref"])) if "$ref" in part else part
            for key, value in found.items():
                if key == "properties":
                    merged[key] = {**merged.get(key, {}), **value}
                elif key == "required":
                    merged[key] = [*merged.get(key, []), *value]
                else:
                    merged.setdefault(key, value)
        return merged


def _chosen(choices: list[object], depth: int) -> object:
    """The first choice; deep down null, where it is one, so that optional chains end."""
    if depth >= _DEEP:
        for choice in choices:
            if isinstance(choice, dict) and choice.get("type") == "null":
                return choice
    return choices[0]


def _type_of(schema: Schema) -> object:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((each for each in kind if each != "null"), "null")
    if kind is None and "properties" in schema:
        return "object"
    if kind is None and ("items" in schema or "prefixItems" in schema):
        return "array"
    return kind or "string"


def _string(schema: Schema) -> str:
    text = _FORMATS.get(str(schema.get("format")), _TEXT)
    least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", len(text)))
    if least > _NODES:
        raise ValueError(f"the schema asks for a text of {least} characters: ask for fewer")
    if len(text) < least:
        text = (text * (least // len(text) + 1))[:least]
    return text[: max(most, least)]


def _number(schema: Schema, *, is_whole: bool) -> int | float:
    """Between the bounds where there are two, one away from the only one, else 1; a multiple where one is asked."""
    least, most = _bound(schema, "minimum", "exclusiveMinimum"), _bound(schema, "maximum", "exclusiveMaximum")
    if least is not None and most is not None:
        wanted = (least + most) / 2
    elif least is not None:
        wanted = least + 1
    else:
        wanted = 1 if most is None else most - 1
    step = schema.get("multipleOf") or (1 if is_whole else None)
    if step:
        wanted = _nearest(wanted, step, up=most is None)
    return int(wanted) if is_whole or float(wanted).is_integer() else wanted


def _nearest(wanted: float, step: float, *, up: bool) -> float:
    steps = wanted / step
    if isclose(steps, round(steps)):
        return round(steps) * step
    return (ceil(steps) if up else floor(steps)) * step


def _bound(schema: Schema, closed: str, opened: str) -> float | None:
    """The tighter end; that an open one is outside does not matter, since no number is taken from the very end."""
    ends = [schema[word] for word in (closed, opened) if type(schema.get(word)) in {int, float}]
    if not ends:
        return None
    return float(max(ends) if closed == "minimum" else min(ends))
