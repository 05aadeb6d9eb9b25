"""Agents in the settings: what is missing, what goes round in a circle, and what is named as it may not be."""

import sys
from pathlib import Path

import pytest

from gossamer.config.agents import AgentLimits
from gossamer.config.load import load_settings

EXAMPLE = Path(__file__).parents[3] / "gossamer.agents.yaml"
BASE = "models: {mock: mock/mock}\n"


def test_the_example_is_valid_and_needs_nothing_of_the_environment():
    assert list(load_settings(EXAMPLE, {}).agents) == ["standard_agent", "coding_agent", "mock_agent"]


def test_an_agent_needs_no_more_than_a_model(read):
    agent = read(BASE + "agents: {a: {model: mock}}").agents["a"]
    assert (agent.pattern, agent.tools, agent.at_limit) == ("react", (), "answer")
    assert agent.limits == AgentLimits(steps=10, time_s=120.0)


@pytest.mark.usefixtures("functions")
def test_all_of_an_agent_is_read(read):
    text = """
        models: {mock: mock/mock}
        tools:
          clock: {kind: mcp, command: [clock]}
          sum: {kind: python, entry_point: sum}
        agents:
          helper: {model: mock}
          a:
            model: mock
            directive: |
              Be kind.
              Be brief.
            tools: [clock.now, sum, "agent:helper"]
            limits: {steps: 3, time: 1m, tokens: 10k, cost: 0.05}
            at_limit: error
            memory: 4
            stop: [DONE]
            output_schema: '{"type": "object"}'
    """
    agent = read(text).agents["a"]
    assert agent.directive == "Be kind.\nBe brief.\n"
    assert agent.limits == AgentLimits(steps=3, time_s=60.0, tokens=10_000, cost_nanos=50_000_000)
    assert agent.tools == ("clock.now", "sum", "agent:helper")


@pytest.mark.parametrize(
    ("agents", "complaint"),
    [
        (
            "{a: {model: mokc}}",
            "2: agents.a.model: there is no model mokc; did you mean mock? models: mock; or write provider/model",
        ),
        (
            "{a: {model: mock, pattern: reakt}}",
            (
                "2: agents.a.pattern: there is no pattern reakt; "
                "did you mean react? patterns: react, react_text; others come by entry points"
            ),
        ),
        ("{a: {model: mock, tools: [clok.now]}}", "2: agents.a.tools[0]: there is no tool clok; in `tools`: none"),
        (
            "{a: {model: mock, tools: ['agent:b']}}",
            "2: agents.a.tools[0]: there is no agent b; agents: a",
        ),
        (
            "{a: {model: mock, tools: ['agent:a']}}",
            "2: agents.a.tools[0]: a uses a; a run would never end: take it out",
        ),
        (
            (
                "{a: {model: mock, tools: ['agent:b']}, b: {model: mock, tools: ['agent:c']}, "
                "c: {model: mock, tools: ['agent:a']}}"
            ),
            "2: agents.c.tools[0]: a uses b uses c uses a; a run would never end: take it out",
        ),
        (
            "{a: {model: b}, b: {model: mock}}",
            "2: agents.a.model: b is an agent itself; name a model, and let it use the agent as a tool: agent:b",
        ),
        (
            "{a: {model: agents/b}, b: {model: mock}}",
            "2: agents.a.model: agents/b is an agent itself; name a model, and let it use the agent as a tool: agent:b",
        ),
        ("{a: {model: mock/}}", "2: agents.a.model: mock/ names no model; write mock/MODEL"),
        (
            '{a: {model: mock, output_schema: \'{"properties": {"city": {"type": "text"}}}\'}}',
            (
                "2: agents.a.output_schema: this is no JSON Schema: $.properties.city.type: 'text' is not valid under "
                "any of the given schemas; write it as https://json-schema.org describes it"
            ),
        ),
        (
            "{mock: {model: mock/mock}}",
            "2: agents.mock: models.mock has the name already; clients ask for both: rename one of them",
        ),
        (
            "{a: {model: mock, limits: {steps: 0}}}",
            "2: agents.a.limits.steps: 0 is too small; write a whole number from 1 to 1000",
        ),
        (
            "{a: {model: mock, at_limit: stop}}",
            "2: agents.a.at_limit: 'stop' is not one of the words; write one of: answer, error",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_would_do(complaints, agents: str, complaint: str):
    assert complaints(f"{BASE}agents: {agents}") == [complaint]


TOOLS = """
models: {mock: mock/mock}
tools: {clock: {kind: mcp, command: [clock], allow: [now]}, sum: {kind: python, entry_point: sum}}
agents: {a: {model: mock, tools: [%s]}}
"""


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize(
    ("tool", "complaint"),
    [
        (
            "clock.n*",
            "'clock.n*' does not have the form; write SERVER.TOOL, SERVER.*, the name of a function, or agent:NAME",
        ),
        ("clock", "clock is a server; write clock.* for all of its tools, or clock.TOOL"),
        ("sum.up", "sum is a function, and has no up; write sum"),
        ("clock.then", "tools.clock.allow does not name then; it names: now"),
    ],
)
def test_a_tool_is_named_as_what_it_is(complaints, tool: str, complaint: str):
    assert complaints(TOOLS % tool) == [f"4: agents.a.tools[0]: {complaint}"]


def test_a_schema_needs_whoever_checks_by_it(complaints, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "jsonschema.validators", None)
    assert complaints(BASE + "agents: {a: {model: mock, output_schema: '{}'}}") == [
        "2: agents.a.output_schema: it needs the package jsonschema; pip install 'gossamer[agents]'"
    ]


def test_a_function_is_one_that_a_package_brings(complaints, functions):
    del functions
    assert complaints("tools: {louder: {kind: python, entry_point: shuot}}") == [
        (
            "1: tools.louder.entry_point: no package that is installed has shuot in the group gossamer.tools; "
            "did you mean shout? there is: shout, sum"
        )
    ]


CALLERS = """
keys: [{name: support, token: gsm_test_0123456789abcdef}]
tools: {clock: {kind: mcp, command: [clock], callers: [%s]}}
"""


def test_who_may_use_a_tool_is_somebody(read, complaints):
    an_id = "01932f7c-1111-7abc-8def-0123456789ab"
    assert read(CALLERS % f"support, {an_id}").tools["clock"].callers == ("support", an_id)
    assert read(CALLERS % "").tools["clock"].callers == (), "nobody, which is not the same as everybody"
    assert read("tools: {clock: {kind: mcp, command: [clock]}}").tools["clock"].callers is None
    assert complaints(CALLERS % "suport") == [
        "3: tools.clock.callers[0]: there is no key suport; did you mean support? keys: support; or write an id"
    ]


def test_a_model_that_cannot_call_tools_is_found(complaints):
    text = """
providers: {up: {kind: openai-compatible, base_url: http://h/v1, models: {dumb: {tools: false}}}}
models: {mock: mock/mock, tier: {targets: [up/dumb]}, mixed: {targets: [up/dumb, mock/mock]}}
agents:
  helper: {model: up/dumb}
  a: {model: tier, tools: ["agent:helper"]}
  b: {model: mixed, tools: ["agent:helper"]}
  c: {model: tier, tools: ["agent:helper"], pattern: react_text}
"""
    (line,) = complaints(text)
    assert line == (
        "6: agents.a.model: tier cannot call tools, as `providers` say; "
        "name another model, or write pattern: react_text"
    )


def test_a_provider_may_not_have_the_name_of_all_agents(complaints):
    text = "providers: {agents: {kind: openai-compatible, base_url: http://h/v1}}\nagents: {a: {model: mock/mock}}"
    assert complaints(text) == [
        "1: providers.agents: agents are a provider of this name; give the provider another one"
    ]
