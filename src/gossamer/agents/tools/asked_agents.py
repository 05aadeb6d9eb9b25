"""Another agent as a tool: one text in, its answer out. How deep that may go, and at what cost, is not decided here."""

from collections.abc import Sequence
from typing import Any, Final

from gossamer.agents.seam import AskAgent, Observation, Run
from gossamer.agents.tools.observations import failed
from gossamer.agents.tools.source import Tool

_SCHEMA: Final = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1, "description": "All that it must know to answer."}},
    "required": ["text"],
    "additionalProperties": False,
}


class AskedAgent:
    """One agent, which others may ask. It has its own limits, and its own time."""

    is_single = True
    secrets: tuple[str, ...] = ()

    def __init__(self, agent: str, description: str, max_bytes: int, ask: AskAgent) -> None:
        self.name = f"agent__{agent}"
        self.max_bytes = max_bytes
        self._agent = agent
        self._ask = ask
        self._tool = Tool(agent, description or f"Asks the agent {agent}.", _SCHEMA)

    async def tools(self) -> Sequence[Tool]:
        return (self._tool,)

    async def call(self, tool: Tool, arguments: dict[str, Any], for_run: Run) -> Observation:
        del tool
        text = arguments.get("text")
        if not isinstance(text, str):
            return failed("Give the agent a `text`, and all that it must know in it.")
        return await self._ask(self._agent, text, for_run)

    async def close(self) -> None:
        """Nothing is held."""
