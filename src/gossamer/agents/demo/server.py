"""The server itself, by the SDK of MCP: over stdin and stdout, or over HTTP."""

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from gossamer import __version__
from gossamer.agents.demo.calculator import BadSum, calculate
from gossamer.agents.demo.sandbox import NotHere, Sandbox

T = TypeVar("T")


def demo_server(sandbox: Sandbox) -> MCPServer:
    """With all of its tools."""
    server = MCPServer("gossamer-demo", version=__version__, log_level="WARNING")

    @server.tool(name="now")
    def tell_time(zone: str = "UTC") -> str:
        """The date and the time in a time zone, such as Europe/Berlin."""
        try:
            return datetime.now(ZoneInfo(zone)).isoformat(timespec="seconds")
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ToolError(f"There is no time zone {zone!r}: write one such as UTC or Europe/Berlin.") from error

    @server.tool(name="calculate")
    def work_out(expression: str) -> str:
        """What a sum comes to: numbers, + - * / // % ** and brackets."""
        try:
            return str(calculate(expression))
        except BadSum as error:
            raise ToolError(str(error)) from error

    @server.tool()
    def list_files(folder: str = ".") -> str:
        """The names in a folder, a line each; folders end with a slash."""
        return "\n".join(_or_told(lambda: sandbox.names(folder))) or "(empty)"

    @server.tool()
    def read_file(path: str) -> str:
        """The text of a file."""
        return _or_told(lambda: sandbox.read(path))

    @server.tool()
    def write_file(path: str, text: str) -> str:
        """Writes a file, or replaces it."""
        return f"{_or_told(lambda: sandbox.write(path, text))} bytes are written"

    return server


def _or_told(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except NotHere as error:
        raise ToolError(str(error)) from error


def serve_stdio(sandbox: Sandbox) -> None:
    """Until stdin ends."""
    demo_server(sandbox).run("stdio")


def serve_http(sandbox: Sandbox, sock: socket.socket) -> None:
    """Until told to end."""
    app = demo_server(sandbox).streamable_http_app(host=sock.getsockname()[0])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    asyncio.run(server.serve(sockets=[sock]))
