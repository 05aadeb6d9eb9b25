"""`GOSSAMER_SERVER__PORT=9000`: a variable that replaces one value of the file, two underscores between the levels.

Only names and trees here: what a value means is the reader's business, as for a value from the file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gossamer.config.document import Entry, Node, Table, parse_override
from gossamer.config.leaves import Leaf
from gossamer.config.problems import Place, Problem, suggest
from gossamer.config.shapes import EitherShape, ListShape, MapShape, SectionShape, Shape, VariantShape

PREFIX = "GOSSAMER_"
_LEVEL = "__"

OF_THE_COMMANDS = frozenset({"GOSSAMER_URL", "GOSSAMER_TOKEN"})
"""What the administering commands read. They say where a gateway is, not how one is set."""

_SERVICE_LINK = re.compile(r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$")
"""Kubernetes tells every pod of a namespace about a service called `gossamer` in variables of these names."""


class Override(msgspec.Struct, frozen=True):
    """One variable, and the value that it replaces."""

    variable: str
    path: tuple[str, ...]


class Overridden(msgspec.Struct, frozen=True):
    """The tree with all overrides in it, and how it came about."""

    tree: Table
    applied: tuple[Override, ...]
    problems: tuple[Problem, ...]


def apply_overrides(tree: Table, shape: SectionShape, environ: Mapping[str, str], named: frozenset[str]) -> Overridden:
    """`named` are variables that the file itself refers to: they are the user's own, whatever they are called."""
    variables = [name for name in environ if name.startswith(PREFIX) and name not in named | OF_THE_COMMANDS]
    applied: list[Override] = []
    problems: list[Problem] = []
    # The outer before the inner: GOSSAMER_MODELS sets the table in which GOSSAMER_MODELS__FAST sets one name.
    for variable in sorted(variables, key=lambda name: (name.count(_LEVEL), name)):
        if _is_service_link(variable, environ[variable]):
            continue
        override = Override(variable, _resolve(shape, tree, _segments(variable)))
        node = parse_override(environ[variable], variable)
        if not override.path:
            problems.append(_unknown(variable, shape, tree))
        elif node is None:
            problems.append(_no_yaml(override))
        else:
            tree = _placed(tree, override.path, node)
            applied.append(override)
    return Overridden(tree, tuple(applied), tuple(problems))


def _segments(variable: str) -> list[str]:
    return variable.removeprefix(PREFIX).lower().split(_LEVEL)


def _is_service_link(variable: str, value: str) -> bool:
    if _LEVEL in variable:
        return False
    return bool(_SERVICE_LINK.search(variable)) or (variable.endswith("_PORT") and value.startswith("tcp://"))


def _resolve(shape: Shape, node: Node | None, segments: list[str]) -> tuple[str, ...]:
    """The path that the segments name; empty where there is none."""
    if not segments:
        return ()
    first, *rest = segments
    choices = _choices(shape, node)
    key = next((key for key in choices if _spelled(key) == first), None)
    if key is None and isinstance(shape, MapShape) and first:
        key, choices = first, {first: shape.value}
    if key is None:
        return ()
    if not rest:
        return (key,)
    deeper = _resolve(choices[key], _child(node, key), rest)
    return (key, *deeper) if deeper else ()


def _choices(shape: Shape, node: Node | None) -> dict[str, Shape]:
    """What may follow at this level."""
    match shape:
        case SectionShape():
            return {key: field.shape for key, field in shape.fields.items()}
        case VariantShape():
            keys: dict[str, Shape] = {shape.selector: shape.word}
            for section in shape.sections.values():
                keys |= _choices(section, node)
            return keys
        case MapShape():
            return dict.fromkeys(node.entries if isinstance(node, Table) else (), shape.value)
        case EitherShape():
            return _choices(shape.section, node)
        case ListShape() | Leaf():
            return {}


def _spelled(key: str) -> str:
    """A name as it must be spelled in a variable, which has no dashes and dots."""
    return re.sub(r"[^a-z0-9]", "_", key.lower())


def _child(node: Node | None, key: str) -> Node | None:
    entry = node.entries.get(key) if isinstance(node, Table) else None
    return entry.value if entry else None


def _placed(table: Table, path: tuple[str, ...], node: Node) -> Table:
    """A new table with the value in it. The old one may be shared by aliases and stays as it is."""
    key, *rest = path
    if rest:
        inner = _child(table, key)
        inner = inner if isinstance(inner, Table) else Table({}, node.place)
        node = _placed(inner, tuple(rest), node)
    known = table.entries.get(key)
    place = known.place if rest and known else node.place
    return Table({**table.entries, key: Entry(place, node)}, table.place)


def _unknown(variable: str, shape: SectionShape, tree: Table) -> Problem:
    known = dict(_variables(shape, tree))
    whole = next((name for name, inner in known.items() if variable.startswith(name + _LEVEL) and _is_list(inner)), "")
    nearest = _ending_like(variable, known) or _nearest(variable, known)
    if whole:
        allowed = f"a list is replaced whole: {whole}='[...]'"
    elif nearest:
        allowed = f"did you mean {nearest}?"
    else:
        sections = ", ".join(PREFIX + key.upper() for key in shape.fields)
        allowed = f"unset it, or rename it if it is for something else; settings begin with {sections}"
    return Problem(Place(variable), "", "this overrides no setting", allowed)


def _is_list(shape: Shape) -> bool:
    return isinstance(shape, ListShape)


def _nearest(variable: str, known: Iterable[str]) -> str | None:
    """Without what all have in common, which would make any two alike."""
    nearest = suggest(variable.removeprefix(PREFIX), [name.removeprefix(PREFIX) for name in known])
    return PREFIX + nearest if nearest else None


def _ending_like(variable: str, names: Iterable[str]) -> str | None:
    """GOSSAMER_PORT: the section is missing, and the rest is right."""
    ending = _LEVEL + variable.removeprefix(PREFIX)
    return next((name for name in names if name.endswith(ending)), None)


def _variables(shape: Shape, node: Node | None, before: str = PREFIX) -> Iterator[tuple[str, Shape]]:
    """Every variable that would override something, and what."""
    for key, inner in _choices(shape, node).items():
        name = before + _spelled(key).upper()
        yield name, inner
        yield from _variables(inner, _child(node, key), name + _LEVEL)


def _no_yaml(override: Override) -> Problem:
    # Without the value, which may be a secret.
    advice = "quote text that begins with a special character; a list is [a, b] and a mapping {name: value}"
    return Problem(Place(override.variable), ".".join(override.path), "the value is no YAML", advice)
