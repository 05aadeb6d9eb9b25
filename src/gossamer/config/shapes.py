"""The shape of the file, derived from the structs in file_format.py: what is a table, a list, a single value.

One description for all who walk it: the reader, the overrides, the JSON Schema and `config show`. Derived once.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from gossamer.config.file_format import FileFormat
from gossamer.config.leaves import BOOL, LEAVES, LINE, WHOLE, Leaf, bounded, choice


class ListShape(msgspec.Struct, frozen=True):
    item: "Shape"
    least: int = 0
    takes_one: bool = False
    """Whether a single value may stand for a list of one."""


class MapShape(msgspec.Struct, frozen=True):
    """Names that the user chooses, all of one kind of value."""

    name: Leaf
    value: "Shape"


class FieldShape(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is the name in the file, `attribute` the one in the struct."""

    key: str
    attribute: str
    shape: "Shape"
    is_required: bool
    is_nullable: bool
    default: Any
    description: str


class SectionShape(msgspec.Struct, frozen=True):
    """A table with keys that the product chooses."""

    struct: type[Any]
    fields: Mapping[str, FieldShape]
    description: str

    @property
    def homes(self) -> dict[str, str]:
        """Where a key belongs that is looked for here but lives one floor below."""
        return {
            inner: f"under {outer}"
            for outer, field in self.fields.items()
            if isinstance(field.shape, SectionShape)
            for inner in field.shape.fields
        }


class VariantShape(msgspec.Struct, frozen=True):
    """A table whose other keys depend on the word under `selector`."""

    selector: str
    word: Leaf
    sections: Mapping[str, SectionShape]

    @property
    def homes(self) -> dict[str, str]:
        """Which word a key goes with that does not go with the one that is written."""
        return {key: f"to {self.selector}: {word}" for word, section in self.sections.items() for key in section.fields}


class EitherShape(msgspec.Struct, frozen=True):
    """A single value where that says it all, or a table that says more."""

    leaf: Leaf
    section: SectionShape


Shape = Leaf | ListShape | MapShape | SectionShape | VariantShape | EitherShape


@cache
def file_shape() -> SectionShape:
    """The whole file."""
    return _section(_struct_type(inspect.type_info(FileFormat)))


def _shape(kind: inspect.Type) -> Shape:
    takes_one = isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get("takes_one"))
    leaf, kind = _unwrap(kind)
    match kind:
        case inspect.StructType() if leaf is None:
            return _section(kind)
        case inspect.DictType():
            name = _shape(kind.key_type)
            if isinstance(name, Leaf):
                return MapShape(name, _shape(kind.value_type))
        case inspect.VarTupleType():
            return ListShape(_shape(kind.item_type), kind.min_length or 0, takes_one)
        case inspect.UnionType() if leaf is None:
            either = _either(kind)
            if either is not None:
                return either
            sections = {str(each.tag): _section(each) for each in map(_struct_type, kind.types)}
            selector = _struct_type(kind.types[0]).tag_field or ""
            return VariantShape(selector, choice(tuple(sections)), sections)
    return _leaf(kind, leaf)


def _either(kind: inspect.UnionType) -> EitherShape | None:
    shapes = [_shape(each) for each in kind.types] if len(kind.types) == 2 else []
    leaves = [shape for shape in shapes if isinstance(shape, Leaf)]
    sections = [shape for shape in shapes if isinstance(shape, SectionShape)]
    return EitherShape(leaves[0], sections[0]) if leaves and sections else None


def _leaf(kind: inspect.Type, leaf: Leaf | None) -> Leaf:
    match kind:
        case inspect.IntType():
            return bounded(leaf or WHOLE, least=kind.ge, above=kind.gt, most=kind.le)
        case inspect.FloatType() if leaf is not None:
            return bounded(leaf, least=kind.ge, above=kind.gt, most=kind.le)
        case inspect.LiteralType():
            return choice(tuple(str(word) for word in kind.values))
        case inspect.BoolType():
            return leaf or BOOL
        case inspect.StrType():
            return leaf or LINE
    if leaf is None:
        raise TypeError(f"the file has no way to say {kind!r}")
    return leaf


def _unwrap(kind: inspect.Type) -> tuple[Leaf | None, inspect.Type]:
    """The leaf that an annotation names, and what it annotates."""
    if not isinstance(kind, inspect.Metadata):
        return None, kind
    leaf = LEAVES[kind.extra["leaf"]] if kind.extra and "leaf" in kind.extra else None
    return leaf, kind.type


def _section(kind: inspect.StructType) -> SectionShape:
    fields = {field.encode_name: _field(field) for field in kind.fields}
    return SectionShape(kind.cls, fields, (kind.cls.__doc__ or "").strip())


def _field(field: inspect.Field) -> FieldShape:
    annotations = (field.type.extra_json_schema or {}) if isinstance(field.type, inspect.Metadata) else {}
    kind, is_nullable = _without_none(field.type)
    return FieldShape(
        key=field.encode_name,
        attribute=field.name,
        shape=_shape(kind),
        is_required=field.required,
        is_nullable=is_nullable,
        default=None if field.required or field.default is msgspec.NODEFAULT else field.default,
        description=annotations.get("description", ""),
    )


def _without_none(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    """The type without its None, and whether it had one. An annotated one has its None inside."""
    inner = kind.type if isinstance(kind, inspect.Metadata) else kind
    if isinstance(inner, inspect.UnionType) and inner.includes_none:
        rest = [each for each in inner.types if not isinstance(each, inspect.NoneType)]
        return rest[0], True
    return kind, False


def _struct_type(kind: inspect.Type) -> inspect.StructType:
    if not isinstance(kind, inspect.StructType):
        raise TypeError(f"a choice between tables is all that a union may be, and {kind!r} is none")
    return kind
