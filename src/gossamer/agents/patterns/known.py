"""Patterns by their names: those that are here, and those that others bring by an entry point."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final, cast

from gossamer.agents.seam import Pattern
from gossamer.config.agents import PATTERN_GROUP

MakePattern = Callable[[], Pattern]

_HERE: Final = {
    "react": ("gossamer.agents.patterns.react", "React"),
    "react_text": ("gossamer.agents.patterns.react_text", "ReactText"),
}


def find_pattern(name: str) -> MakePattern:
    """Raises ValueError for one that nobody brings, and for one that cannot be loaded."""
    try:
        if name in _HERE:
            module, attribute = _HERE[name]
            return cast("MakePattern", getattr(import_module(module), attribute))
        return _brought(name)
    except Exception as error:
        raise ValueError(f"the pattern {name!r} cannot be loaded: {type(error).__name__}: {error}") from error


def _brought(name: str) -> MakePattern:
    points = tuple(entry_points(group=PATTERN_GROUP, name=name))
    if len(points) != 1:
        bring = ", ".join(point.dist.name for point in points if point.dist is not None) or "none"
        raise LookupError(f"one package should bring it; these do: {bring}")
    found = points[0].load()
    if not callable(found):
        raise TypeError(f"{points[0].value} cannot be called")
    return cast("MakePattern", found)
