"""gossamer.agents.yaml as people copy it, with the server of tools of this source, wherever another is installed."""

import sys
from pathlib import Path

import msgspec

from tests.house.pages import ROOT
from tests.system.gateway import Gateway, quiet_environment, start_gateway

EXAMPLE_TOKEN = "gsm_try_the_agents_0123"
_INSTALLED = "command: [gossamer, mcp-demo]"


def start_example(home: Path) -> Gateway:
    command = msgspec.json.encode([sys.executable, "-m", "gossamer", "mcp-demo"]).decode()
    path = msgspec.json.encode(quiet_environment()["PYTHONPATH"]).decode()
    text = (ROOT / "gossamer.agents.yaml").read_text(encoding="utf-8")
    assert _INSTALLED in text
    gateway = start_gateway(home, text.replace(_INSTALLED, f"command: {command}\n    env: {{PYTHONPATH: {path}}}"))
    gateway.token = EXAMPLE_TOKEN
    return gateway
