"""Agents, as the file says them. Part of settings.py, in a file of its own; rules across fields: agent_rules.py."""

from typing import Annotated, Final, Literal

from msgspec import Meta, field

from gossamer.config.section import Duration, ModelName, Section

AtLimit = Literal["answer", "error"]

PATTERNS: Final = ("react", "react_text")
"""Those that are here. Others are entry points of this group."""
PATTERN_GROUP: Final = "gossamer.patterns"
AGENTS: Final = "agents"
"""The provider that agents are: `agents/NAME` is what a name of theirs stands for."""
AS_TOOL: Final = "agent:"
"""Before the name of an agent that another one may use as a tool."""

AgentName = Annotated[str, Meta(extra={"leaf": "provider_name"})]
PatternName = Annotated[str, Meta(extra={"leaf": "provider_name"})]
ToolName = Annotated[str, Meta(extra={"leaf": "allowed_tool"})]
Prose = Annotated[str, Meta(extra={"leaf": "prose"})]
JsonSchema = Annotated[str, Meta(extra={"leaf": "json_schema"})]
Count = Annotated[int, Meta(ge=1, extra={"leaf": "count"})]
Usd = Annotated[int, Meta(gt=0, extra={"leaf": "usd"})]


class AgentLimits(Section, frozen=True, kw_only=True):
    """How far one run may go. Agents that it uses as tools have their own; their money and tokens count here too."""

    steps: Annotated[int, Meta(ge=1, le=1000, description="Calls of the model.")] = 10
    time_s: Annotated[Duration, Meta(description="From the question on.")] = field(name="time", default=120.0)
    tokens: Annotated[Count | None, Meta(description="Read and written, of all calls; left out, any number.")] = None
    cost_nanos: Annotated[
        Usd | None, Meta(description="US dollars, of all calls; its model must have a price. Left out, any amount.")
    ] = field(name="cost", default=None)


class AgentSettings(Section, frozen=True, kw_only=True):
    """A model with tools and a way of working, asked for like a model, by the agent's name."""

    model: Annotated[ModelName, Meta(description="Whom it asks: a name of `models`, or provider/model.")]
    description: Annotated[str, Meta(description="What it is for: told to other agents that use it as a tool.")] = ""
    pattern: Annotated[
        PatternName,
        Meta(
            description="react: the model calls tools natively; react_text: it writes Thought and Action; or your own."
        ),
    ] = "react"
    directive: Annotated[Prose, Meta(description="The system prompt, before all that is asked.")] = ""
    tools: Annotated[
        tuple[ToolName, ...],
        Meta(description="All that it may use: SERVER.TOOL, SERVER.*, the name of a function, or agent:NAME."),
    ] = ()
    limits: AgentLimits = field(default_factory=AgentLimits)
    at_limit: Annotated[
        AtLimit,
        Meta(description="answer: one last call of the model, without tools, with what is there; error: none."),
    ] = "answer"
    memory: Annotated[
        int,
        Meta(
            ge=0, le=1000, description="Messages of a session that it knows again, where a client sends the last alone."
        ),
    ] = 20
    output_schema: Annotated[
        JsonSchema | None, Meta(description="JSON Schema, written as JSON, that the answer must fit.")
    ] = None
    stop: Annotated[
        tuple[str, ...],
        Meta(description="Where the model writes one of these, it is done, and its answer ends before it."),
    ] = ()
