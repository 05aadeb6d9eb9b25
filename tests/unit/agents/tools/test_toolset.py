"""What of the tools outlives a reload."""

from typing import cast

from gossamer.agents.seam import AskAgent
from gossamer.agents.tools.mcp_server import McpServer
from gossamer.agents.tools.source import Tool
from gossamer.agents.tools.toolset import ToolSet
from gossamer.config.tools import McpSettings
from gossamer.core.clock import now_ns
from tests.unit.agents.tools.test_box import RUN

ASK = cast("AskAgent", None)


def server_of(tools: ToolSet, name: str) -> McpServer:
    found = tools._sources[name]
    assert isinstance(found, McpServer)
    return found


async def test_a_reload_keeps_the_servers_whose_settings_are_the_same():
    def settings(last: str) -> dict[str, McpSettings]:
        return {"same": McpSettings(command=("a",)), "other": McpSettings(command=("b", last))}

    before = ToolSet(settings("1"), {}, ASK)
    after = ToolSet(settings("2"), {}, ASK, before)
    await before.close(after)
    assert server_of(after, "same") is server_of(before, "same")
    assert not server_of(after, "same")._is_closed
    assert server_of(before, "other")._is_closed
    assert not server_of(after, "other")._is_closed
    await after.close()
    assert server_of(after, "same")._is_closed


async def test_who_may_use_a_server_changes_without_a_new_start_of_it():
    open_to_all = ToolSet({"s": McpSettings(command=("a",))}, {}, ASK)
    for_ops = ToolSet({"s": McpSettings(command=("a",), callers=("ops",))}, {}, ASK, open_to_all)
    assert server_of(for_ops, "s") is server_of(open_to_all, "s")
    server_of(for_ops, "s")._tools = (Tool("look", "", {"type": "object"}),)
    server_of(for_ops, "s")._listed_at = now_ns() / 1e9
    assert await for_ops.box("a", ["s.*"]).specs(RUN) == []
    assert len(await open_to_all.box("a", ["s.*"]).specs(RUN)) == 1
    await for_ops.close()
