"""The bundled server, as `gossamer mcp-demo` starts it: over stdio, and over HTTP, gone and back again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gossamer.agents.seam import ToolBox
from gossamer.config.tools import McpSettings
from tests.real.tools.conftest import RUN, Open

COMMAND = (sys.executable, "-m", "gossamer", "mcp-demo")
TOOLS = ["demo__now", "demo__calculate", "demo__list_files", "demo__read_file", "demo__write_file"]


@contextmanager
def over_http(port: int) -> Iterator[str]:
    with subprocess.Popen([*COMMAND, "--http", str(port)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.send_signal(signal.SIGTERM)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


async def said(box: ToolBox, tool: str, arguments: bytes) -> str:
    return (await box.call(f"demo__{tool}", arguments, RUN)).text


async def test_over_stdio(open_tools: Open, tmp_path: Path):
    (tmp_path / "out").symlink_to("/etc")
    settings = McpSettings(
        command=(*COMMAND, "--folder", str(tmp_path)), env={"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    )
    box = open_tools({"demo": settings}).box("tester", ["demo.*"])
    assert [spec.name for spec in await box.specs(RUN)] == TOOLS
    assert await said(box, "calculate", b'{"expression": "(2 + 3) * 4"}') == "20"
    assert await said(box, "now", b'{"zone": "UTC"}') > "2026"
    assert await said(box, "write_file", b'{"path": "a.txt", "text": "hello"}') == "5 bytes are written"
    assert await said(box, "read_file", b'{"path": "a.txt"}') == "hello"
    assert (tmp_path / "a.txt").read_text() == "hello"
    assert await said(box, "list_files", b"{}") == "a.txt\nout"
    for path in ("out/passwd", "../x", "/etc/passwd"):
        seen = await box.call("demo__read_file", b'{"path": "%s"}' % path.encode(), RUN)
        assert seen.is_error, path
    refused = await box.call("demo__calculate", b'{"expression": "__import__(1)"}', RUN)
    assert refused.is_error
    assert "This is no sum" in refused.text


async def test_over_http_gone_and_back(open_tools: Open):
    port = free_port()
    settings = McpSettings(url=f"http://127.0.0.1:{port}/mcp", headers={"x-key": "hush-hush-123"})
    box = open_tools({"demo": settings}).box("tester", ["demo.*"])
    with over_http(port):
        assert [spec.name for spec in await box.specs(RUN)] == TOOLS
        assert await said(box, "calculate", b'{"expression": "6 * 7"}') == "42"
    gone = await box.call("demo__calculate", b'{"expression": "6 * 7"}', RUN)
    assert gone.is_error
    assert "hush" not in gone.text
    with over_http(port):
        async with asyncio.timeout(20):  # a bound for a busy machine: the breaker's first pause is half a second
            while await said(box, "calculate", b'{"expression": "6 * 7"}') != "42":
                await asyncio.sleep(0.05)


async def test_a_server_that_began_anew_between_two_calls_is_not_noticed(open_tools: Open):
    port = free_port()
    box = open_tools({"demo": McpSettings(url=f"http://127.0.0.1:{port}/mcp")}).box("tester", ["demo.*"])
    for _ in range(2):
        with over_http(port):
            assert await said(box, "calculate", b'{"expression": "6 * 7"}') == "42"
