"""All tools of a process: one source for each name of the configuration, shared by the agents that may use it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from gossamer.agents.seam import AskAgent, ToolBox
from gossamer.agents.tools.allowed import parse_entry
from gossamer.agents.tools.asked_agents import AskedAgent
from gossamer.agents.tools.box import AllowedTools, Granted
from gossamer.agents.tools.functions import FunctionTool, UnfitFunction, load_function
from gossamer.agents.tools.mcp_server import McpServer, load_sdk
from gossamer.agents.tools.schemas import checker_of
from gossamer.agents.tools.source import Source, Tool
from gossamer.config.tools import McpSettings, ToolSettings
from gossamer.core.logs import get_log

_ANSWER_BYTES: Final = 256 * 1024
"""Of another agent's answer."""
_CHATTY: Final = ("mcp", "client", "httpx2", "httpcore2")
"""Loggers of the SDK. They tell of addresses and sessions; what matters of them we say ourselves."""

_log = get_log("gossamer.agents.tools")


class ToolSet:
    """Tools, as the seam has it. `agents` are the descriptions of those that may be asked, by name.

    What is set as it was is taken from `before`, sessions and all: a reload for another's sake ends no call.
    """

    def __init__(
        self,
        tools: Mapping[str, ToolSettings],
        agents: Mapping[str, str],
        ask: AskAgent,
        before: "ToolSet | None" = None,
    ) -> None:
        self._settings = dict(tools)
        self._sources: dict[str, Source] = {}
        for name, settings in tools.items():
            kept = before.same(name, settings) if before is not None else None
            source = kept or _source_of(name, settings)
            if source is not None:
                self._sources[name] = source
        self._opening: asyncio.Future[list[Sequence[Tool]]] | None = None
        self._agents = {name: AskedAgent(name, said, _ANSWER_BYTES, ask) for name, said in agents.items()}

    def box(self, agent: str, allowed: Sequence[str]) -> ToolBox:
        granted = []
        for text in allowed:
            entry = parse_entry(text)
            source = (self._agents if entry.kind == "agent" else self._sources).get(entry.source)
            if source is None:
                _log.warning("an agent may use what is not there", agent=agent, tool=text)
            else:
                settings = self._settings.get(entry.source) if entry.kind == "tool" else None
                callers = settings.callers if settings is not None else None
                granted.append(Granted(entry, source, None if callers is None else frozenset(callers)))
        return AllowedTools(granted)

    async def open(self) -> None:
        """Servers are begun with at once, so that the first run finds their tools; nobody waits for them here."""
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        checker_of({})  # the library is loaded now, and not while somebody waits
        if any(isinstance(each, McpServer) for each in self._sources.values()):
            load_sdk()
        self._opening = asyncio.gather(*(each.tools() for each in self._sources.values()))

    def same(self, name: str, settings: ToolSettings) -> Source | None:
        """The source of that name, where these are its settings. Who may use it is nothing that it knows."""
        own = self._settings.get(name)
        return (
            self._sources.get(name) if own is not None and replace(own, callers=settings.callers) == settings else None
        )

    async def close(self, heir: "ToolSet | None" = None) -> None:
        """All that the heir has not taken."""
        taken = set(map(id, heir._sources.values())) if heir is not None else set()
        await asyncio.gather(*(each.close() for each in self._sources.values() if id(each) not in taken))


def _source_of(name: str, settings: ToolSettings) -> Source | None:
    if isinstance(settings, McpSettings):
        return McpServer(name, settings)
    try:
        return FunctionTool(name, settings, load_function(settings.entry_point))
    except UnfitFunction as error:
        _log.error("a tool cannot be used", tool=name, why=str(error))
        return None
