"""An agent's tools, over sources that are no processes."""

from collections.abc import Sequence
from typing import Any

from gossamer.agents.seam import Observation, Run
from gossamer.agents.tools.allowed import parse_entry
from gossamer.agents.tools.asked_agents import AskedAgent
from gossamer.agents.tools.box import AllowedTools, Granted
from gossamer.agents.tools.source import Tool

RUN = Run("run", "tester", 0, "token")
ANY = {"type": "object"}


class Shelf:
    """A source that tells what it was asked."""

    is_single = False
    max_bytes = 1024
    secrets: tuple[str, ...] = ("sk-123456",)

    def __init__(self, name: str, *tools: str) -> None:
        self.name = name
        self.listed = tuple(Tool(tool, f"Does {tool}.", ANY) for tool in tools)

    async def tools(self) -> Sequence[Tool]:
        return self.listed

    async def call(self, tool: Tool, arguments: dict[str, Any], for_run: Run) -> Observation:
        return Observation(f"{self.name}.{tool.name} {arguments} sk-123456")

    async def close(self) -> None: ...


def box(source: Shelf, *entries: str) -> AllowedTools:
    return AllowedTools([Granted(parse_entry(entry), source) for entry in entries])


async def names(tools: AllowedTools) -> list[str]:
    return [spec.name for spec in await tools.specs(RUN)]


async def test_what_is_listed_twice_is_told_once_in_the_order_of_the_list():
    assert await names(box(Shelf("f", "a", "b", "c"), "f.b", "f.*", "f.b")) == ["f__b", "f__a", "f__c"]


async def test_a_call_goes_to_its_tool_and_shows_no_secret():
    seen = await box(Shelf("f", "a"), "f.a").call("f__a", b'{"x": 1}', RUN)
    assert seen == Observation("f.a {'x': 1} ****")


async def test_a_server_that_offers_more_later_gives_no_more_than_is_allowed():
    shelf = Shelf("f", "a")
    tools = box(shelf, "f.a")
    assert await names(tools) == ["f__a"]
    shelf.listed = Shelf("f", "a", "b", "*", "a.b").listed
    assert await names(tools) == ["f__a"]
    assert (await tools.call("f__b", b"", RUN)).text == "There is no tool 'f__b'. The tools are: f__a."


async def test_a_tool_that_is_gone_is_told_of():
    shelf = Shelf("f", "a", "b")
    tools = box(shelf, "f.*")
    await tools.specs(RUN)
    shelf.listed = shelf.listed[1:]
    assert await names(tools) == ["f__b"]
    assert (await tools.call("f__a", b"", RUN)).is_error


def run_of(*ids: str) -> Run:
    return Run("run", "tester", 0, "token", callers=frozenset(ids))


async def test_what_a_caller_may_not_use_is_not_there_for_it_and_is_for_others():
    free, guarded = Shelf("f", "a"), Shelf("g", "a", "b")
    tools = AllowedTools(
        [Granted(parse_entry("f.a"), free), Granted(parse_entry("g.*"), guarded, frozenset({"ops", "user-1"}))]
    )

    async def told(run: Run) -> list[str]:
        return [spec.name for spec in await tools.specs(run)]

    for run in (run_of("ops"), run_of("key-7", "user-1")):
        assert await told(run) == ["f__a", "g__a", "g__b"]
        assert not (await tools.call("g__a", b"", run)).is_error
    for run in (run_of(), run_of("key-7", "user-2"), run_of("op"), run_of("ops ")):
        assert await told(run) == ["f__a"]
        refused = await tools.call("g__a", b"", run)
        assert refused == Observation("There is no tool 'g__a'. The tools are: f__a.", is_error=True)


async def test_nobody_may_use_what_is_for_nobody():
    tools = AllowedTools([Granted(parse_entry("f.a"), Shelf("f", "a"), frozenset())])
    assert await tools.specs(run_of("ops")) == []


async def test_another_agent_is_asked_with_a_text():
    async def ask(agent: str, text: str, for_run: Run) -> Observation:
        return Observation(f"{agent}: {text} for {for_run.id}")

    tools = AllowedTools([Granted(parse_entry("agent:v1.2"), AskedAgent("v1.2", "Helps.", 1024, ask))])
    assert await names(tools) == ["agent__v1_2"]
    assert (await tools.call("agent__v1_2", b'{"text": "go"}', RUN)).text == "v1.2: go for run"
    assert (await tools.call("agent__v1_2", b"{}", RUN)).is_error
