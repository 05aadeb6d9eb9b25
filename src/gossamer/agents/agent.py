"""An agent as the process has it: its settings, and what follows from them once."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gossamer.agents.form import Form, form_of
from gossamer.agents.patterns.known import MakePattern, find_pattern
from gossamer.agents.seam import Message, ToolBox, Tools
from gossamer.config.agents import AgentSettings


class Agent(msgspec.Struct, frozen=True):
    """`form`: where its answers must have one."""

    name: str
    settings: AgentSettings
    box: ToolBox
    make_pattern: MakePattern
    form: Form | None = None

    @property
    def directive(self) -> tuple[Message, ...]:
        text = self.settings.directive
        return ({"role": "system", "content": text},) if text else ()


def make_agents(settings: Mapping[str, AgentSettings], tools: Tools) -> dict[str, Agent]:
    """Raises ValueError, which names the agent."""
    return {name: _make(name, each, tools) for name, each in settings.items()}


def _make(name: str, settings: AgentSettings, tools: Tools) -> Agent:
    try:
        schema: Any = msgspec.json.decode(settings.output_schema) if settings.output_schema is not None else None
        form = form_of(schema) if schema is not None else None
        return Agent(name, settings, tools.box(name, settings.tools), find_pattern(settings.pattern), form)
    except ValueError as error:
        raise ValueError(f"agents.{name}: {error}") from error
