"""What the settings of an agent cannot know alone: that what they name exists, and that nothing goes round in a circle.

Like rules.py, looks only at what could be read. What tools a server has is known once somebody is connected with it.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import msgspec

from gossamer.config.agents import AGENTS, AS_TOOL, PATTERN_GROUP, PATTERNS, AgentSettings
from gossamer.config.document import Node
from gossamer.config.problems import FieldPath, Problem, did_you_mean
from gossamer.config.routes import AbilitySettings, RouteSettings, targets_of
from gossamer.config.rules import ALWAYS_THERE, Found, names_below, problem_at
from gossamer.config.tools import McpSettings, PythonSettings

Agents = Mapping[str, AgentSettings]


def check_agents(found: Found, tree: Node) -> Iterator[Problem]:
    """Every rule, agent by agent."""
    agents = {path[1]: value for path, value in found.items() if isinstance(value, AgentSettings)}
    named = {str(name): agent for name, agent in agents.items()}
    for name, agent in named.items():
        yield from _name_is_free(name, tree)
        yield from _pattern_exists(name, agent, tree)
        yield from _schema_is_one(name, agent, tree)
        yield from _model_exists(name, agent, found, tree)
        yield from _tools_exist(name, agent, found, tree)
        yield from _model_takes_tools(name, agent, found, tree)
    yield from _no_circles(named, tree)


def _name_is_free(name: str, tree: Node) -> Iterator[Problem]:
    path: FieldPath = (AGENTS, name)
    if name in names_below(tree, "models"):
        yield problem_at(tree, path, f"models.{name} has the name already", "clients ask for both: rename one of them")
    if AGENTS in names_below(tree, "providers"):
        yield problem_at(
            tree, ("providers", AGENTS), "agents are a provider of this name", "give the provider another one"
        )


def _pattern_exists(name: str, agent: AgentSettings, tree: Node) -> Iterator[Problem]:
    if agent.pattern in PATTERNS:
        return
    known = [*PATTERNS, *(point.name for point in entry_points(group=PATTERN_GROUP))]
    if agent.pattern not in known:
        advice = f"{did_you_mean(agent.pattern, known, listed_as='patterns')}; others come by entry points"
        yield problem_at(tree, (AGENTS, name, "pattern"), f"there is no pattern {agent.pattern}", advice)


def _schema_is_one(name: str, agent: AgentSettings, tree: Node) -> Iterator[Problem]:
    """That it is a JSON object is known before; that it is a schema, only the library that checks answers by it."""
    if agent.output_schema is None:
        return
    path: FieldPath = (AGENTS, name, "output_schema")
    try:  # an extra: a gateway whose agents have no schema does without
        validators: Any = import_module("jsonschema.validators")
    except ModuleNotFoundError:
        yield problem_at(tree, path, "it needs the package jsonschema", "pip install 'gossamer[agents]'")
        return
    schema = msgspec.json.decode(agent.output_schema)
    draft = validators.validator_for(schema, default=validators.Draft202012Validator)
    wrong = next(draft(draft.META_SCHEMA).iter_errors(schema), None)
    if wrong is not None:
        yield problem_at(
            tree,
            path,
            f"this is no JSON Schema: {wrong.json_path}: {wrong.message}",
            "write it as https://json-schema.org describes it",
        )


def _model_exists(name: str, agent: AgentSettings, found: Found, tree: Node) -> Iterator[Problem]:
    path: FieldPath = (AGENTS, name, "model")
    model, agents = agent.model, names_below(tree, AGENTS)
    provider, slash, inner = model.partition("/")
    if model in agents or provider == AGENTS:
        yield problem_at(
            tree,
            path,
            f"{model} is an agent itself",
            f"name a model, and let it use the agent as a tool: {AS_TOOL}{inner or model}",
        )
    elif slash and not inner:
        yield problem_at(tree, path, f"{model} names no model", f"write {model}MODEL")
    elif model in names_below(tree, "models") or (
        slash and provider in {ALWAYS_THERE, *names_below(tree, "providers")}
    ):
        return
    elif not _has_default(found, tree):
        listed = did_you_mean(model, names_below(tree, "models"), listed_as="models")
        yield problem_at(tree, path, f"there is no model {model}", f"{listed}; or write provider/model")


def _has_default(found: Found, tree: Node) -> bool:
    """Whether there is a provider for models that nobody named."""
    return found.get(("default_provider",)) is not None or len(names_below(tree, "providers") - {ALWAYS_THERE}) == 1


def _tools_exist(name: str, agent: AgentSettings, found: Found, tree: Node) -> Iterator[Problem]:
    agents, tools = names_below(tree, AGENTS), names_below(tree, "tools")
    for place, tool in enumerate(agent.tools):
        path: FieldPath = (AGENTS, name, "tools", place)
        if tool in agent.tools[:place]:
            yield problem_at(tree, path, f"{tool} is named twice", "name each once")
        elif tool.startswith(AS_TOOL):
            other = tool.removeprefix(AS_TOOL)
            if other not in agents:
                yield problem_at(
                    tree, path, f"there is no agent {other}", did_you_mean(other, agents, listed_as="agents")
                )
        elif (source := tool.partition(".")[0]) not in tools:
            yield problem_at(
                tree, path, f"there is no tool {source}", did_you_mean(source, tools, listed_as="in `tools`")
            )
        elif wrong := _unlike(tool, found.get(("tools", source))):
            yield problem_at(tree, path, *wrong)


def _unlike(tool: str, settings: object) -> tuple[str, str] | None:
    """What is wrong with a name, by what it names."""
    source, dot, inner = tool.partition(".")
    if isinstance(settings, PythonSettings) and dot:
        return f"{source} is a function, and has no {inner}", f"write {source}"
    if isinstance(settings, McpSettings) and not dot:
        return f"{source} is a server", f"write {source}.* for all of its tools, or {source}.TOOL"
    if isinstance(settings, McpSettings) and settings.allow and inner not in {"*", *settings.allow}:
        return f"tools.{source}.allow does not name {inner}", did_you_mean(inner, settings.allow, listed_as="it names")
    return None


def _model_takes_tools(name: str, agent: AgentSettings, found: Found, tree: Node) -> Iterator[Problem]:
    if agent.pattern != "react" or not agent.tools:
        return
    asked = found.get(("models", agent.model), agent.model)
    targets = targets_of(asked) if isinstance(asked, str | RouteSettings) else ()
    if targets and not any(_takes_tools(one.target, found) for one in targets):
        wrong = f"{agent.model} cannot call tools, as `providers` say"
        yield problem_at(tree, (AGENTS, name, "model"), wrong, "name another model, or write pattern: react_text")


def _takes_tools(target: str, found: Found) -> bool:
    provider, _, model = target.partition("/")
    can = found.get(("providers", provider, "models", model))
    return not isinstance(can, AbilitySettings) or can.tools


def _no_circles(agents: Agents, tree: Node) -> Iterator[Problem]:
    done: set[str] = set()
    for name in sorted(agents):
        yield from _walk(name, [], done, agents, tree)


def _walk(name: str, way: list[str], done: set[str], agents: Agents, tree: Node) -> Iterator[Problem]:
    """Where a way comes back to itself, the last of it is to blame."""
    if name in way:
        last = way[-1]
        place = agents[last].tools.index(AS_TOOL + name)
        shown = " uses ".join([*way[way.index(name) :], name])
        yield problem_at(tree, (AGENTS, last, "tools", place), shown, "a run would never end: take it out")
    elif name in agents and name not in done:
        for tool in agents[name].tools:
            if tool.startswith(AS_TOOL):
                yield from _walk(tool.removeprefix(AS_TOOL), [*way, name], done, agents, tree)
        done.add(name)
