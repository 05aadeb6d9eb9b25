"""What offers tools, alike for servers, functions and agents: the nouns that the rest of this folder shares."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from gossamer.agents.seam import Observation, Run


class Tool(msgspec.Struct, frozen=True, eq=False):
    """One tool, by the name that its source has for it. Compared by identity: a list that is read anew has new ones."""

    name: str
    description: str
    schema: Mapping[str, Any]


class Source(Protocol):
    """Whatever has tools. What goes wrong with it is an Observation; only the cancellation of its task is raised."""

    name: str
    is_single: bool
    """Whether its name is also that of its only tool."""
    max_bytes: int
    """Of one result, as text."""
    secrets: tuple[str, ...]
    """Texts that no result may show."""

    async def tools(self) -> Sequence[Tool]:
        """What it has, or had when it was last heard of. Waits only where nobody knows yet whether it is there, and not
        for ever.
        """

    async def call(self, tool: Tool, arguments: dict[str, Any], for_run: Run) -> Observation: ...

    async def close(self) -> None: ...
