"""The text of a directive and its `{names}`: read, checked and filled. `{{` and `}}` stand for one bracket.

What a name may lack is found out when a version is saved or an agent is given it; filling never fails.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from gossamer.core.directives import Directive, Pieces, Prompt, Slot, Variables

NAME_FORM: Final = r"[a-z][a-z0-9_]{0,63}"
"""Of a variable, in the text and in metadata."""
VALUE_CHARS: Final = 1000
"""Of a value: a name, a tone, a paragraph. Longer text belongs into the directive."""

_encode: Final = msgspec.json.Encoder().encode
_MARK: Final = re.compile(r"\{\{|\}\}|\{(" + NAME_FORM + r")\}|[{}]")


class BadTemplate(ValueError):
    """A bracket that is neither doubled nor around a name; the sentence says where."""


def parse_template(text: str) -> Pieces:
    """What stands there, and the places between. Raises BadTemplate."""
    pieces: list[str | Slot] = []
    at = 0
    for mark in _MARK.finditer(text):
        pieces.append(text[at : mark.start()])
        pieces.append(_meaning(text, mark))
        at = mark.end()
    return _joined([*pieces, text[at:]])


def problems_of(text: str, variables: Variables) -> Iterator[str]:
    """Why a version may not be saved, each a sentence."""
    try:
        used = _names(parse_template(text))
    except BadTemplate as error:
        yield str(error)
        return
    for name in sorted(used - variables.keys()):
        yield f"the text has {{{name}}}, which `variables` does not declare: declare it, or double the brackets"
    for name in sorted(variables.keys() - used):
        yield f"`variables` declares {name}, which the text does not have: leave it out, or correct its name"
    for name, variable in sorted(variables.items()):
        if variable.source == "request" and variable.default is None:
            yield f"{name} is the request's to bring, and a request may leave it out: give it a default"


def needed_of(variables: Variables) -> frozenset[str]:
    """What the metadata of every agent must have that is to speak with it."""
    return frozenset(name for name, one in variables.items() if one.source == "agent" and one.default is None)


def fill_from_agent(pieces: Pieces, variables: Variables, metadata: Mapping[str, str]) -> Pieces:
    """With what the agent knows; what only a request can bring stays a Slot."""
    return _joined([_of_agent(piece, variables, metadata) if isinstance(piece, Slot) else piece for piece in pieces])


def _of_agent(slot: Slot, variables: Variables, metadata: Mapping[str, str]) -> str | Slot:
    variable = variables[slot.name]
    if variable.source == "request":
        return slot
    return metadata.get(slot.name, variable.default or "")


def _names(pieces: Pieces) -> set[str]:
    return {piece.name for piece in pieces if isinstance(piece, Slot)}


def _meaning(text: str, mark: re.Match[str]) -> str | Slot:
    if mark[1] is not None:
        return Slot(mark[1])
    if len(mark[0]) == 1:
        line = text.count("\n", 0, mark.start()) + 1
        column = mark.start() - text.rfind("\n", 0, mark.start())
        raise BadTemplate(
            f"a single {mark[0]} stands in line {line}, column {column} of the text: write {mark[0] * 2}, or a name "
            "of small letters, digits and underscores in brackets, such as {tone}"
        )
    return mark[0][0]


def _joined(pieces: list[str | Slot]) -> Pieces:
    """Text beside text is one piece, and empty text is none."""
    found: list[str | Slot] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece:
            found.append(piece)
    return tuple(found)


def directive_of(
    directive_id: str, number: int, text: str, variables: Variables, metadata: Mapping[str, str]
) -> Directive:
    """As the agent with this metadata is given it. What it lacks, which the store does not let happen, is empty."""
    pieces = fill_from_agent(parse_template(text), variables, metadata)
    defaults = {name: one.default or "" for name, one in variables.items() if one.source == "request"}
    return Directive(directive_id, number, pieces, defaults, None if defaults else _prompt("".join(map(str, pieces))))


def prompt_of(directive: Directive, brought: Mapping[str, str]) -> Prompt:
    """For a request that brought these values; those that the directive does not ask for are nothing to it."""
    if directive.prompt is not None:
        return directive.prompt
    defaults = directive.defaults
    return _prompt(
        "".join(
            brought.get(piece.name, defaults[piece.name]) if isinstance(piece, Slot) else piece
            for piece in directive.pieces
        )
    )


def _prompt(text: str) -> Prompt:
    return Prompt(text, _encode(text)[1:-1])
