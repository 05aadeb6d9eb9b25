"""What `doctor` asks of the tools of agents: can each server be reached or started, and how many tools has it?"""

import asyncio
from collections.abc import Mapping

from gossamer.agents.tools.functions import UnfitFunction, load_function
from gossamer.agents.tools.mcp_server import McpServer
from gossamer.cli.probe_node import Finding
from gossamer.config.tools import McpSettings, ToolSettings
from gossamer.core.clock import now_ns

_NS_PER_MS = 1_000_000


def probe_tools(tools: Mapping[str, ToolSettings]) -> list[Finding]:
    """One line each, all at once. Servers that are commands are started, and ended."""
    return asyncio.run(_probe_all(tools)) if tools else []


async def _probe_all(tools: Mapping[str, ToolSettings]) -> list[Finding]:
    return list(await asyncio.gather(*(_probe(name, settings) for name, settings in tools.items())))


async def _probe(name: str, settings: ToolSettings) -> Finding:
    subject = f"tools.{name}"
    if isinstance(settings, McpSettings):
        return await _probe_server(subject, McpServer(name, settings), settings)
    try:
        load_function(settings.entry_point)
    except UnfitFunction as error:
        return Finding("fail", subject, str(error))
    return Finding("ok", subject, f"is the function {settings.entry_point}")


async def _probe_server(subject: str, server: McpServer, settings: McpSettings) -> Finding:
    started_ns = now_ns()
    try:
        count = len(await server.tools())
    finally:
        await server.close()
    if server.reason:
        return Finding("fail", subject, f"{server.reason}; is the command or the URL right?")
    took_ms = (now_ns() - started_ns) / _NS_PER_MS
    text = f"told its tools in {took_ms:.0f} ms: {count}" + (" that are allowed" if settings.allow else "")
    return Finding("ok" if count else "warn", subject, text)
