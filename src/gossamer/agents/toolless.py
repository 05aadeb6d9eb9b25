"""Tools of agents that have no tools but each other (Tools, and a ToolBox)."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gossamer.agents.seam import AskAgent, Observation, Run, ToolSpec
from gossamer.config.agents import AS_TOOL, AgentSettings

_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"text": {"type": "string", "description": "What it shall do, with all that it must know."}},
    "required": ["text"],
    "additionalProperties": False,
}


class _Arguments(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class AgentsAlone:
    def __init__(self, agents: dict[str, AgentSettings], ask: AskAgent) -> None:
        self._agents = agents
        self._ask = ask

    def box(self, agent: str, allowed: Sequence[str]) -> "AgentBox":
        del agent  # all are told alike what they may use
        names = [name.removeprefix(AS_TOOL) for name in allowed if name.startswith(AS_TOOL)]
        return AgentBox({name: self._agents[name].description for name in names if name in self._agents}, self._ask)

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """Nor to close."""


class AgentBox:
    def __init__(self, known: dict[str, str], ask: AskAgent) -> None:
        self._known = known
        self._ask = ask

    async def specs(self) -> Sequence[ToolSpec]:
        return [
            ToolSpec(name, description or f"The agent {name}.", _SCHEMA) for name, description in self._known.items()
        ]

    async def call(self, name: str, arguments: bytes, for_run: Run) -> Observation:
        if name not in self._known:
            return Observation(f"There is no tool {name!r}. Known: {', '.join(self._known) or 'none'}.", is_error=True)
        try:
            said = msgspec.json.decode(arguments, type=_Arguments)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Observation(f'Call it with {{"text": "..."}}: {error}', is_error=True)
        return await self._ask(name, said.text, for_run)
