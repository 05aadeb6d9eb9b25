"""Whether arguments fit the schema of a tool, and if not, in words that let a model mend them.

No schema makes us fetch anything, nor try a pattern that could take for ever: the server holds arguments to those.
Only imported once there are tools, since the library comes with the extra that they need.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from jsonschema.exceptions import SchemaError
from jsonschema.validators import Draft202012Validator, extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from gossamer.agents.tools.arguments import BadArguments
from gossamer.policy.own_pattern import UnfitPattern, own_pattern

_MOST_FAULTS: Final = 5
"""Named at once: more would not be mended at once."""
_FAULT_CHARACTERS: Final = 300
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_MOST_REFERENCES: Final = 10_000
"""In one check: some tenths of a second."""
_DEPTH: Final = 64
"""Of a schema. What is deeper is not checked."""


class Reader:
    """A schema that anybody may have written, read once. It follows so many references in one check, and no more: a few
    that name each other twice are a tree that nobody sees the end of.
    """

    __slots__ = ("_left", "_validator")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises SchemaError, Unresolvable or RecursionError."""
        self._left = 0
        safe = _without_slow_patterns(schema, 0)
        kind: Any = validator_for(safe, default=Draft202012Validator)
        kind.check_schema(safe)
        counted = {key: self._counted(kind.VALIDATORS[key]) for key in _REFERENCES if key in kind.VALIDATORS}
        self._validator: Any = extend(kind, counted)(safe, registry=Registry())  # one that fetches nothing

    def faults(self, found: Any) -> Iterator[Any]:
        """Raises Unresolvable or RecursionError."""
        self._left = _MOST_REFERENCES
        faults: Iterator[Any] = self._validator.iter_errors(found)
        return faults

    def _counted(self, follow: Any) -> Any:
        def counting(validator: Any, reference: Any, found: Any, schema: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise RecursionError(f"it follows more than {_MOST_REFERENCES} references")
            return follow(validator, reference, found, schema)

        return counting


class SchemaCheck:
    """The schema of one tool, read once."""

    __slots__ = ("_reader",)

    def __init__(self, schema: Mapping[str, Any]) -> None:
        try:
            self._reader: Reader | None = Reader(schema)
        except (SchemaError, Unresolvable, RecursionError):
            self._reader = None  # the server will know what it means

    def check(self, arguments: dict[str, Any]) -> None:
        """BadArguments names the members at fault."""
        if self._reader is None:
            return
        try:
            faults = [_said(error) for error in islice(self._reader.faults(arguments), _MOST_FAULTS)]
        except (Unresolvable, RecursionError):
            return
        if faults:
            raise BadArguments(f"The arguments do not fit the tool: {'; '.join(faults)}. Mend them, and call it again.")


def _said(error: Any) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    where = path.removeprefix(".") or "the object"
    text = str(error.message)
    return f"{where}: {text if len(text) <= _FAULT_CHARACTERS else text[:_FAULT_CHARACTERS] + '...'}"


def _without_slow_patterns(schema: Any, depth: int) -> Any:
    if depth > _DEPTH:
        return {}
    if isinstance(schema, list):
        return [_without_slow_patterns(each, depth + 1) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {}
    for key, value in schema.items():
        if key == "pattern" and isinstance(value, str) and not _is_quick(value):
            continue
        if key == "patternProperties" and isinstance(value, Mapping) and not all(map(_is_quick, value)):
            kept["additionalProperties"] = True  # else what only a slow pattern allows would be refused
            continue
        if key == "$schema" and depth and isinstance(value, str):
            continue  # another dialect within would be read by another reader, which counts nothing
        if key not in kept:
            kept[key] = _without_slow_patterns(value, depth + 1)
    return kept


def _is_quick(pattern: str) -> bool:
    try:
        own_pattern(pattern.removeprefix("^").removesuffix("$"))
    except UnfitPattern:
        return False
    return True
