"""The entries of an agent's allow-list, and the names under which a model is told of tools. Pure.

Only the configuration is read here. Nothing that a tool or a model says ever reaches this file.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

AGENT_PREFIX: Final = "agent:"
ALL: Final = "*"
_NAME_LIMIT: Final = 64
"""What providers take."""
_MARK_DIGITS: Final = 8
_ODD: Final = re.compile(r"[^a-zA-Z0-9_-]")


class Entry(NamedTuple):
    """`tool` is None where the source has one only, and `*` for all that a server has."""

    kind: Literal["tool", "agent"]
    source: str
    tool: str | None = None

    def allows(self, tool: str) -> bool:
        return self.tool in {None, ALL, tool}


def parse_entry(text: str) -> Entry:
    """`server.tool`, `server.*`, `function` or `agent:NAME`. The first dot counts: a tool's own name may have more."""
    if text.startswith(AGENT_PREFIX):
        return Entry("agent", text.removeprefix(AGENT_PREFIX))
    source, dot, tool = text.partition(".")
    return Entry("tool", source, tool if dot else None)


def name_for_model(source: str, tool: str | None, taken: Iterable[str]) -> str:
    """A name that models take, and that no other tool of the agent has; always the same one for the same tools."""
    whole = source if tool is None else f"{source}__{tool}"
    name = _ODD.sub("_", whole)
    if len(name) <= _NAME_LIMIT and name not in taken:
        return name
    return next(marked for marked in _marked(name, f"{source}.{tool}") if marked not in taken)


def _marked(name: str, whole: str) -> Iterator[str]:
    kept = name[: _NAME_LIMIT - _MARK_DIGITS - 1]
    for turn in range(_NAME_LIMIT):
        mark = hashlib.sha256(f"{whole}{turn or ''}".encode()).hexdigest()[:_MARK_DIGITS]
        yield f"{kept}_{mark}"
