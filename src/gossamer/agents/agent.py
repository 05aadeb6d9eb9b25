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


def make_agents(settings: Mapping[str, AgentSettings], tools: Tools) -> tuple[dict[str, Agent], dict[str, str]]:
    """And why others cannot be: one that cannot takes nothing from the rest."""
    made: dict[str, Agent] = {}
    unmade: dict[str, str] = {}
    for name, each in settings.items():
        try:
            made[name] = _make(name, each, tools)
        except ValueError as error:
            unmade[name] = str(error)
    return made, unmade


def _make(name: str, settings: AgentSettings, tools: Tools) -> Agent:
    schema: Any = msgspec.json.decode(settings.output_schema) if settings.output_schema is not None else None
    form = form_of(schema) if schema is not None else None
    return Agent(name, settings, tools.box(name, settings.tools), find_pattern(settings.pattern), form)
