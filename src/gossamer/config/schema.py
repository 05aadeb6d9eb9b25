"""The JSON Schema of gossamer.yaml, for editors. Rules across fields are not in it: `config check` knows those.

`${NAME}` may stand for any value, and a table or list may be empty, as for the reader.
"""

from collections.abc import Mapping
from typing import Any

from gossamer.config.leaves import Leaf
from gossamer.config.shapes import (
    EitherShape,
    FieldShape,
    ListShape,
    MapShape,
    SectionShape,
    Shape,
    VariantShape,
    file_shape,
)

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = {"type": "string", "pattern": r"\$\{"}
_NULL = {"type": "null"}


def json_schema() -> Schema:
    """The whole file."""
    return {"$schema": DIALECT, "title": "gossamer.yaml", **_schema(file_shape())}


def _schema(shape: Shape) -> Schema:
    match shape:
        case Leaf():
            return _any_of(_bounds(shape), _REFERENCE)
        case ListShape():
            least = {"minItems": shape.least} if shape.least else {}
            whole = {"type": ["array"] if shape.least else ["array", "null"], "items": _schema(shape.item), **least}
            return _any_of(_schema(shape.item), whole) if shape.takes_one else whole
        case MapShape():
            names = {"pattern": shape.name.schema["pattern"]} if "pattern" in shape.name.schema else {}
            return {"type": ["object", "null"], "propertyNames": names, "additionalProperties": _schema(shape.value)}
        case SectionShape():
            return _section(shape)
        case VariantShape():
            return {"oneOf": [_section(each, {shape.selector: word}) for word, each in shape.sections.items()]}
        case EitherShape():
            return _any_of(_schema(shape.leaf), _section(shape.section))


def _section(shape: SectionShape, fixed: Mapping[str, str] | None = None) -> Schema:
    words = {key: {"const": word} for key, word in (fixed or {}).items()}
    required = [*words, *(field.key for field in shape.fields.values() if field.is_required)]
    return {
        "type": "object" if required else ["object", "null"],
        "description": shape.description,
        "properties": words | {field.key: _field(field) for field in shape.fields.values()},
        "required": required,
        "additionalProperties": False,
    }


def _field(field: FieldShape) -> Schema:
    schema = _schema(field.shape)
    if field.is_nullable:
        schema = _any_of(schema, _NULL)
    if field.description:
        schema = schema | {"description": field.description}
    leaf = field.shape.leaf if isinstance(field.shape, EitherShape) else field.shape
    if isinstance(leaf, Leaf) and field.default not in (None, ""):
        schema = schema | {"default": leaf.write(field.default)}
    return schema


def _bounds(leaf: Leaf) -> Schema:
    """Only of a plain number: a size or a duration may be text, which has no bounds that an editor could check."""
    if "type" not in leaf.schema or leaf.schema["type"] not in {"integer", "number"}:
        return dict(leaf.schema)
    bounds = {"minimum": leaf.least, "exclusiveMinimum": leaf.above, "maximum": leaf.most}
    return {**leaf.schema, **{key: bound for key, bound in bounds.items() if bound is not None}}


def _any_of(first: Schema, second: Schema) -> Schema:
    if set(first) == {"anyOf"}:
        return {"anyOf": [*first["anyOf"], second]}
    return first if first == {"type": "string", "minLength": 1} and second is _REFERENCE else {"anyOf": [first, second]}
