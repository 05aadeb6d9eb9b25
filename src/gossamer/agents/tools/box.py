"""What one agent may use. The list is made of the configuration and of what servers offer under their own names.

Nothing that a tool or a model says is looked at to decide what is allowed: a name that is not in the list is refused.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from gossamer.agents.seam import Observation, Run, ToolSpec
from gossamer.agents.tools.allowed import Entry, name_for_model
from gossamer.agents.tools.arguments import BadArguments, read_arguments
from gossamer.agents.tools.observations import failed, fit
from gossamer.agents.tools.schemas import Checker, checker_of
from gossamer.agents.tools.source import Source, Tool


class Granted(NamedTuple):
    """An entry of the allow-list, and where it leads. `callers`: whose runs may use it; None: all."""

    entry: Entry
    source: Source
    callers: frozenset[str] | None = None


class _Usable(NamedTuple):
    source: Source
    tool: Tool
    callers: frozenset[str] | None

    def admits(self, run: Run) -> bool:
        return self.callers is None or not self.callers.isdisjoint(run.callers)


class AllowedTools:
    """A ToolBox."""

    def __init__(self, granted: Sequence[Granted]) -> None:
        self._granted = tuple(granted)
        self._usable: dict[str, _Usable] = {}
        self._checkers: dict[Tool, Checker | None] = {}

    async def specs(self, for_run: Run) -> Sequence[ToolSpec]:
        self._usable = await self._look()
        kept = {usable.tool for usable in self._usable.values()}
        self._checkers = {tool: checker for tool, checker in self._checkers.items() if tool in kept}
        return [
            ToolSpec(name, each.tool.description, each.tool.schema)
            for name, each in self._usable.items()
            if each.admits(for_run)
        ]

    async def _look(self) -> dict[str, _Usable]:
        sources = {id(each.source): each.source for each in self._granted}.values()
        listed = dict(zip(map(id, sources), await asyncio.gather(*(each.tools() for each in sources)), strict=True))
        usable: dict[str, _Usable] = {}
        seen: set[tuple[int, str]] = set()
        for entry, source, callers in self._granted:
            for tool in listed[id(source)]:
                if (id(source), tool.name) in seen or not entry.allows(tool.name):
                    continue
                seen.add((id(source), tool.name))
                own = None if source.is_single else tool.name
                usable[name_for_model(source.name, own, usable)] = _Usable(source, tool, callers)
        return usable

    async def call(self, name: str, arguments: bytes, for_run: Run) -> Observation:
        if name not in self._usable:
            self._usable = self._usable or await self._look()
        found = self._usable.get(name)
        if found is None or not found.admits(for_run):  # what somebody may not use is not there for them
            listed = ", ".join(own for own, each in self._usable.items() if each.admits(for_run))
            return failed(f"There is no tool {name[:64]!r}. The tools are: {listed or 'none'}.")
        try:
            given = read_arguments(arguments)
            self._check(found.tool, given)
        except BadArguments as error:
            return failed(str(error))
        observed = await found.source.call(found.tool, given, for_run)
        return fit(observed, found.source.max_bytes, found.source.secrets)

    def _check(self, tool: Tool, given: dict[str, Any]) -> None:
        if tool not in self._checkers:
            self._checkers[tool] = checker_of(tool.schema)
        checker = self._checkers[tool]
        if checker is not None:
            checker.check(given)
