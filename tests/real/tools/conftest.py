"""Tools over servers that are real processes."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gossamer.agents.seam import Observation, Run
from gossamer.agents.tools.toolset import ToolSet
from gossamer.config.tools import McpSettings, ToolSettings

ODD = Path(__file__).parent / "odd_server.py"
RUN = Run("run-1", "tester", 0, "gsm_secret")


def odd(way: str = "", **settings: Any) -> McpSettings:
    return McpSettings(command=(sys.executable, str(ODD), way), **settings)


async def nobody(agent: str, text: str, for_run: Run) -> Observation:
    return Observation(f"{agent} was asked {text!r} by {for_run.agent}")


def is_alive(pid: int) -> bool:
    """A zombie is not: whoever should bury it is on the way."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


Open = Callable[[Mapping[str, ToolSettings]], ToolSet]


@pytest.fixture
async def open_tools() -> AsyncIterator[Open]:
    made: list[ToolSet] = []

    def make(tools: Mapping[str, ToolSettings]) -> ToolSet:
        made.append(ToolSet(tools, {"helper": "Helps."}, nobody))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture(autouse=True)
def secret_of_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "OPENAI_API_KEY", "sk-of-the-gateway")
