"""What of the tools outlives a reload."""

from typing import cast

from gossamer.agents.seam import AskAgent
from gossamer.agents.tools.mcp_server import McpServer
from gossamer.agents.tools.toolset import ToolSet
from gossamer.config.tools import McpSettings

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
