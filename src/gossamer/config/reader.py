"""From a tree to structs, guided by their shape. Goes on after a problem, so that one run names them all.

Decides nothing that takes two fields at once: that is rules.py. The environment is handed in.
"""

from collections.abc import Mapping
from typing import Any, Final

from gossamer.config.document import Items, Node, Scalar, Table
from gossamer.config.environment import BadReference, expand, has_reference, names_in
from gossamer.config.leaves import Leaf
from gossamer.config.problems import FieldPath, Place, Problem, did_you_mean, field_name
from gossamer.config.shapes import EitherShape, FieldShape, ListShape, MapShape, SectionShape, Shape, VariantShape
from gossamer.config.values import Unfit


class _Bad:
    """Stands for a value that could not be read; its problem is written down already."""


BAD: Final = _Bad()


class Reader:
    """One reading of one tree."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self.found: dict[FieldPath, object] = {}
        """What could be read, by its path, for the rules that look at several fields."""
        self._environ = environ

    def read(self, shape: Shape, node: Node, path: FieldPath) -> Any:
        """The value, or BAD."""
        value = self._read(shape, node, path)
        if value is not BAD:
            self.found[path] = value
        return value

    def _read(self, shape: Shape, node: Node, path: FieldPath) -> Any:
        match shape:
            case Leaf():
                return self._leaf(shape, node, path)
            case ListShape():
                return self._list(shape, node, path)
            case MapShape():
                return self._map(shape, node, path)
            case SectionShape():
                return self._section(shape, node, path)
            case VariantShape():
                return self._variant(shape, node, path)
            case EitherShape():
                return self._either(shape, node, path)

    # --- single values ---

    def _leaf(self, leaf: Leaf, node: Node, path: FieldPath) -> object:
        if not isinstance(node, Scalar):
            what = "a list" if isinstance(node, Items) else "a mapping"
            return self._bad(node.place, path, f"{what} stands where one value is needed", leaf.allowed)
        try:
            text, is_loose = self._complete(node)
            return leaf.read(text, node.tag, loose=is_loose)
        except BadReference as error:
            return self._bad(node.place, path, error.wrong, error.allowed)
        except Unfit as error:
            return self._bad(node.place, path, error.wrong + _origin(node), error.allowed or leaf.allowed)

    def _complete(self, node: Scalar) -> tuple[str, bool]:
        if not has_reference(node.text):
            # An empty override is a slip like an empty value in the file, not an empty text.
            return node.text, node.loose and node.tag != "null"
        return expand(node.text, self._environ), True

    def _is_null(self, node: Node) -> bool:
        """Nothing is written, or all that is written comes to nothing: `uds: ${SOCKET:-}`."""
        if not isinstance(node, Scalar):
            return False
        if node.tag == "null":
            return True
        try:
            return has_reference(node.text) and not expand(node.text, self._environ)
        except BadReference:
            return False

    # --- lists and tables ---

    def _list(self, shape: ListShape, node: Node, path: FieldPath) -> object:
        if _is_nothing(node):
            node = Items((), node.place)
        if shape.takes_one and isinstance(node, Scalar):
            value = self.read(shape.item, node, path)
            return BAD if value is BAD else (value,)
        if not isinstance(node, Items):
            what = "a mapping" if isinstance(node, Table) else "a single value"
            return self._bad(node.place, path, f"{what} stands where a list is needed", "write [one, two] or - lines")
        if len(node.values) < shape.least:
            return self._bad(node.place, path, "the list is empty", "write at least one entry, or leave the field out")
        values = [self.read(shape.item, child, (*path, index)) for index, child in enumerate(node.values)]
        return BAD if BAD in values else tuple(values)

    def _map(self, shape: MapShape, node: Node, path: FieldPath) -> object:
        table = self._table(node, path)
        values: dict[object, object] = {}
        for key, entry in table.entries.items() if table else ():
            name = self._name(shape.name, key, entry.place, path)
            value = self.read(shape.value, entry.value, (*path, key))
            if name is not BAD and name in values:
                self._bad(entry.place, (*path, key), "given twice", "keep one of the two")
            values[name] = value
        return BAD if table is None or BAD in values or BAD in values.values() else values

    def _name(self, leaf: Leaf, name: str, place: Place, path: FieldPath) -> object:
        if has_reference(name):
            return self._bad(place, (*path, name), "a name is not looked up in the environment", "write the name out")
        try:
            return leaf.read(name, "str", loose=False)
        except Unfit as error:
            return self._bad(place, (*path, name), error.wrong, error.allowed or leaf.allowed)

    def _section(self, shape: SectionShape, node: Node, path: FieldPath) -> Any:
        table = self._table(node, path)
        return BAD if table is None else self._fields(shape, table, path, shape.homes)

    def _fields(self, shape: SectionShape, table: Table, path: FieldPath, homes: Mapping[str, str]) -> Any:
        has_unknown = self._name_unknown(shape, table, path, homes)
        values = {field.attribute: self._field(field, table, path) for field in shape.fields.values()}
        if has_unknown or BAD in values.values():
            return BAD
        return shape.struct(**{name: value for name, value in values.items() if value is not _ABSENT})

    def _field(self, field: FieldShape, table: Table, path: FieldPath) -> object:
        where = (*path, field.key)
        entry = table.entries.get(field.key)
        if entry is None:
            if field.is_required:
                return self._bad(table.place, where, "missing", f"needed: {field.description.rstrip('.')}")
            return _ABSENT
        if field.is_nullable and self._is_null(entry.value):
            return None
        return self.read(field.shape, entry.value, where)

    def _variant(self, shape: VariantShape, node: Node, path: FieldPath) -> object:
        table = self._table(node, path)
        if table is None:
            return BAD
        where = (*path, shape.selector)
        entry = table.entries.get(shape.selector)
        if entry is None:
            return self._bad(table.place, where, "missing", f"write one of: {', '.join(shape.sections)}")
        word = self._leaf(shape.word, entry.value, where)
        if not isinstance(word, str):
            return BAD
        rest = {key: entry for key, entry in table.entries.items() if key != shape.selector}
        return self._fields(shape.sections[word], Table(rest, table.place), path, shape.homes)

    def _either(self, shape: EitherShape, node: Node, path: FieldPath) -> object:
        if isinstance(node, Table):
            return self._section(shape.section, node, path)
        if isinstance(node, Items):
            keys = ", ".join(shape.section.fields)
            return self._bad(
                node.place,
                path,
                "a list stands where one value or a mapping is needed",
                f"{shape.leaf.allowed}; or a mapping with {keys}",
            )
        return self._leaf(shape.leaf, node, path)

    def _table(self, node: Node, path: FieldPath) -> Table | None:
        if _is_nothing(node):
            return Table({}, node.place)
        if isinstance(node, Table):
            return node
        what = "a list" if isinstance(node, Items) else "a single value"
        self._bad(node.place, path, f"{what} stands where a mapping is needed", "write `name: value` lines below it")
        return None

    def _name_unknown(self, shape: SectionShape, table: Table, path: FieldPath, homes: Mapping[str, str]) -> bool:
        unknown = [name for name in table.entries if name not in shape.fields]
        for name in unknown:
            home = homes.get(name)
            allowed = f"it belongs {home}" if home else did_you_mean(name, shape.fields, listed_as="keys here")
            self._bad(table.entries[name].place, (*path, name), "unknown key", allowed)
        return bool(unknown)

    def _bad(self, place: Place, path: FieldPath, wrong: str, allowed: str) -> _Bad:
        self.problems.append(Problem(place, field_name(path), wrong, allowed))
        return BAD


_ABSENT: Final = _Bad()
"""A field that is not written: the struct knows its default."""


def _origin(node: Scalar) -> str:
    """Which variable to look at, where the file only refers to the value."""
    names = sorted(names_in(node.text))
    return f" (from {', '.join(names)})" if names else ""


def _is_nothing(node: Node) -> bool:
    """`server:` with every line below it commented out is an empty table, not a mistake."""
    return isinstance(node, Scalar) and node.tag == "null"
