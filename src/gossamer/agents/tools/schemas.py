"""Where checks by a schema come from: the library for them is part of the extra that servers of tools need.

Without it there are no servers, functions check their arguments themselves, and agents take a text.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast


class Checker(Protocol):
    """Of one tool. `check` raises BadArguments, which names what does not fit."""

    def check(self, arguments: dict[str, Any]) -> None: ...


def checker_of(schema: Mapping[str, Any]) -> Checker | None:
    """None: there is no library to check with."""
    try:
        module = import_module("gossamer.agents.tools.schema_check")
    except ModuleNotFoundError:
        return None
    return cast("Checker", module.SchemaCheck(schema))
