"""Servers of tools that others wrote, unchanged, from PyPI and npm: listed and called over stdio and HTTP."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gossamer.agents.seam import Observation, Run, ToolBox
from gossamer.agents.tools.toolset import ToolSet
from gossamer.config.tools import McpSettings, ToolSettings
from tests.conformance.conftest import HERE, environment, run

SERVERS = HERE / "tool_servers"
RUN = Run("run-1", "tester", 0, "gsm_token")
PORT_WITHIN_S = 60.0

needs_node = pytest.mark.skipif(
    shutil.which("npm") is None,
    reason="NOT TRIED: npm is not installed, so nothing is known of tools in Node (apt-get install nodejs npm)",
)


@pytest.fixture(scope="module")
def python_servers(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of a new environment that has them."""
    home = tmp_path_factory.mktemp("tool-servers") / "venv"
    python = str(home / "bin" / "python")
    run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--no-compile", "-r", str(SERVERS / "requirements.txt")])
    return python


@pytest.fixture(scope="module")
def node_servers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of those of npm, as the lock file has them."""
    home = tmp_path_factory.mktemp("tool-servers-node")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SERVERS / name, home)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], home)
    return home / "node_modules" / "@modelcontextprotocol"


@pytest.fixture(scope="module")
def everything_over_http(node_servers: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    command = ["node", str(node_servers / "server-everything/dist/index.js"), "streamableHttp"]
    server = subprocess.Popen(
        command, env={**environment(), "PORT": str(port)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        asyncio.run(_until_open(port))
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.kill()
        server.wait()


async def _until_open(port: int) -> None:
    async with asyncio.timeout(PORT_WITHIN_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


async def nobody(agent: str, text: str, for_run: Run) -> Observation:
    raise AssertionError("no agent is asked")


@asynccontextmanager
async def box_of(**tools: ToolSettings) -> AsyncIterator[ToolBox]:
    made = ToolSet(tools, {}, nobody)
    try:
        yield made.box("tester", [f"{name}.*" for name in tools])
    finally:
        await made.close()


async def names(box: ToolBox) -> set[str]:
    return {spec.name for spec in await box.specs(RUN)}


async def said(box: ToolBox, tool: str, arguments: str) -> str:
    seen = await box.call(tool, arguments.encode(), RUN)
    assert not seen.is_error, seen.text
    return seen.text


async def test_the_clock_of_pypi(python_servers: str):
    async with box_of(time=_slow(python_servers, "-m", "mcp_server_time")) as box:
        assert await names(box) == {"time__get_current_time", "time__convert_time"}
        assert '"timezone": "Asia/Tokyo"' in await said(box, "time__get_current_time", '{"timezone": "Asia/Tokyo"}')
        wrong = await box.call("time__get_current_time", b'{"timezone": "Nowhere"}', RUN)
        assert wrong.is_error
        missing = await box.call("time__convert_time", b"{}", RUN)
        assert "required property" in missing.text


async def test_git_of_pypi(python_servers: str, tmp_path: Path):
    run(["git", "init", "--quiet", "--initial-branch", "silk", str(tmp_path)])
    (tmp_path / "thread.txt").write_text("dew")
    server = _slow(python_servers, "-m", "mcp_server_git", "--repository", str(tmp_path))
    async with box_of(git=server) as box:
        assert "thread.txt" in await said(box, "git__git_status", f'{{"repo_path": "{tmp_path}"}}')
        outside = await box.call("git__git_status", f'{{"repo_path": "{HERE}"}}'.encode(), RUN)
        assert outside.is_error


@needs_node
async def test_files_of_npm(node_servers: Path, tmp_path: Path):
    server = _slow("node", str(node_servers / "server-filesystem/dist/index.js"), str(tmp_path))
    async with box_of(files=server) as box:
        assert "files__read_text_file" in await names(box)
        path = tmp_path / "a.txt"
        await said(box, "files__write_file", f'{{"path": "{path}", "content": "dew"}}')
        assert path.read_text() == "dew"
        assert "dew" in await said(box, "files__read_text_file", f'{{"path": "{path}"}}')
        outside = await box.call("files__read_text_file", b'{"path": "/etc/passwd"}', RUN)
        assert outside.is_error


@needs_node
async def test_a_memory_of_npm(node_servers: Path, tmp_path: Path):
    server = _slow(
        "node",
        str(node_servers / "server-memory/dist/index.js"),
        env={"MEMORY_FILE_PATH": str(tmp_path / "memory.json")},
    )
    async with box_of(memory=server) as box:
        entity = '{"entities": [{"name": "Weft", "entityType": "thread", "observations": ["silver"]}]}'
        await said(box, "memory__create_entities", entity)
        assert "silver" in await said(box, "memory__read_graph", "{}")


@needs_node
async def test_everything_of_npm_over_stdio(node_servers: Path):
    async with box_of(all=_slow("node", str(node_servers / "server-everything/dist/index.js"))) as box:
        await _use_everything(box)


@needs_node
async def test_everything_of_npm_over_http(everything_over_http: str):
    async with box_of(all=McpSettings(url=everything_over_http, connect_timeout_s=60.0)) as box:
        await _use_everything(box)


async def _use_everything(box: ToolBox) -> None:
    found = await names(box)
    assert {"all__echo", "all__get-sum", "all__get-tiny-image"} <= found
    assert not any("sampling" in name for name in found), "it offers that to those only who say that they take it"
    assert await said(box, "all__echo", '{"message": "dew"}') == "Echo: dew"
    sums = await asyncio.gather(*(said(box, "all__get-sum", f'{{"a": {number}, "b": 1}}') for number in range(10)))
    assert [f" {number + 1}." in text for number, text in enumerate(sums)] == [True] * 10
    assert "image/png" in await said(box, "all__get-tiny-image", "{}")
    long = asyncio.create_task(box.call("all__trigger-long-running-operation", b'{"duration": 60, "steps": 2}', RUN))
    await asyncio.sleep(0.2)
    long.cancel()
    await asyncio.wait({long}, timeout=5.0)  # a bound, and no measure
    assert long.cancelled()
    assert await said(box, "all__echo", '{"message": "again"}') == "Echo: again"


def _slow(*command: str, env: dict[str, str] | None = None) -> McpSettings:
    """With time to start: others may be busy on this machine."""
    kept = {name: os.environ[name] for name in ("LANG",) if name in os.environ}
    return McpSettings(command=command, env={**kept, **(env or {})}, connect_timeout_s=60.0, timeout_s=60.0)
