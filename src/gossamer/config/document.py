"""YAML as a tree that remembers the line of every key and value. Merge keys are resolved, duplicate keys are problems.

Values stay text here: what a text means depends on the field that it stands in (reader.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import yaml

from gossamer.config.problems import FieldPath, Place, Problem, field_name

Tag = Literal["str", "int", "float", "bool", "null"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value as written. A loose one takes the type of its field: it has been through the environment."""

    text: str
    tag: Tag
    place: Place
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    values: "tuple[Node, ...]"
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """A key, which has a line of its own, and its value."""

    place: Place
    value: "Node"


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping. Never changed: whoever overrides a value makes a new one."""

    entries: Mapping[str, Entry]
    place: Place


Node = Scalar | Items | Table

_PREFIX = "tag:yaml.org,2002:"
_TAGS: Mapping[str, Tag] = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "null": "null",
    # No field holds a date or an equals sign of its own, so they are the text that they look like.
    "timestamp": "str",
    "value": "str",
}
_COLLECTIONS = frozenset({_PREFIX + "map", _PREFIX + "seq"})


def parse_document(text: str, source: str, *, has_lines: bool = True) -> tuple[Node, list[Problem]]:
    """A file's tree. Where the text is no YAML there is one problem, and nothing else can be known."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        return Table({}, Place(source)), [_syntax_problem(error, text, source)]
    if root is None:
        return Table({}, Place(source, 1)), []
    planting = _Planting(source, loose=False, has_lines=has_lines)
    return planting.plant(root, ()), planting.problems


def parse_override(text: str, source: str) -> Node | None:
    """The value of an environment variable; None where it is no YAML. It has no lines, and all of it is loose."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    if root is None:
        return Scalar("", "null", Place(source), loose=True)
    planting = _Planting(source, loose=True, has_lines=False)
    node = planting.plant(root, ())
    return None if planting.problems else node


class _Planting:
    """One walk from PyYAML's nodes to ours. An anchored node is planted once and shared by its aliases."""

    def __init__(self, source: str, *, loose: bool, has_lines: bool) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._loose = loose
        self._has_lines = has_lines
        self._planted: dict[yaml.Node, Node] = {}
        self._open: set[yaml.Node] = set()

    def plant(self, node: yaml.Node, path: FieldPath) -> Node:
        if node in self._open:
            self._complain(node, path, "the alias stands inside its own anchor", "write the value out")
            return Scalar("", "null", self._place(node))
        if node not in self._planted:
            self._open.add(node)
            self._planted[node] = self._plant_new(node, path)
            self._open.discard(node)
        return self._planted[node]

    def _plant_new(self, node: yaml.Node, path: FieldPath) -> Node:
        tag = self._tag(node, path)
        if isinstance(node, yaml.MappingNode):
            return Table(self._entries(node, path), self._place(node))
        if isinstance(node, yaml.SequenceNode):
            values = tuple(self.plant(child, (*path, index)) for index, child in enumerate(node.value))
            return Items(values, self._place(node))
        return Scalar(node.value, tag, self._place(node), self._loose)

    def _tag(self, node: yaml.Node, path: FieldPath) -> Tag:
        tag = _TAGS.get(node.tag.removeprefix(_PREFIX))
        if tag is None and node.tag not in _COLLECTIONS:
            self._complain(node, path, f"the tag {node.tag.replace(_PREFIX, '!!')} is not known", "leave the tag out")
        return tag or "str"

    def _entries(self, node: yaml.MappingNode, path: FieldPath) -> dict[str, Entry]:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key, value in node.value:
            if key.tag == _PREFIX + "merge":
                for name, entry in self._merged(value, path):
                    merged.setdefault(name, entry)
            elif isinstance(key, yaml.ScalarNode):
                self._add(own, key, value, path)
            else:
                self._complain(key, path, "a list or mapping stands where a key should", "a key is one word")
        return own | {name: entry for name, entry in merged.items() if name not in own}

    def _add(self, own: dict[str, Entry], key: yaml.ScalarNode, value: yaml.Node, path: FieldPath) -> None:
        name = key.value
        if name in own:
            first = own[name].place.line
            wrong = f"given twice, first on line {first}" if first else "given twice"
            self._complain(key, (*path, name), wrong, "keep one of the two")
            return
        own[name] = Entry(self._place(key), self.plant(value, (*path, name)))

    def _merged(self, value: yaml.Node, path: FieldPath) -> Iterator[tuple[str, Entry]]:
        """What `<<` brings in, the first of several mappings before the next."""
        sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for source in sources:
            node = self.plant(source, path)
            if isinstance(node, Table):
                yield from node.entries.items()
            else:
                self._complain(
                    value, path, "<< merges what is no mapping", "write <<: *name, with the anchor &name on a mapping"
                )

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._source, node.start_mark.line + 1 if self._has_lines else None)

    def _complain(self, node: yaml.Node, path: FieldPath, wrong: str, allowed: str) -> None:
        self.problems.append(Problem(self._place(node), field_name(path), wrong, allowed))


def _syntax_problem(error: yaml.YAMLError, text: str, source: str) -> Problem:
    line: int | None = None
    wrong = "this is no YAML"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        wrong = f"this is no YAML: {error.problem or error.context}"
    elif isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, int(error.position)) + 1
        wrong = f"this is no YAML: {error.reason}"
    return Problem(Place(source, line), "", wrong, _syntax_advice(wrong))


def _syntax_advice(wrong: str) -> str:
    if r"'\t'" in wrong:
        return "indent with spaces, not with tabs"
    if "another document" in wrong:
        return "keep one document: the second begins after ---"
    if "alias" in wrong:
        return "quote a value that begins with *, or define the anchor above it"
    return "look at the indentation, colons, quotes and brackets here and in the line above"
