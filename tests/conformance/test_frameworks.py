"""Clients that others wrote, unchanged: a question, a tool that is called, its result, and an answer in words."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.core.record import Record
from tests.conformance.conftest import HERE, run
from tests.system.gateway import Gateway, eventually

PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
WAYS = [(dialect, streamed) for dialect in PATHS for streamed in (False, True)]
TURNS = 2
TOKENS = 60
"""Of the mock's answer in words."""

needs_node = pytest.mark.skipif(
    shutil.which("npm") is None,
    reason="NOT TRIED: npm is not installed, so nothing is known of Vercel's AI SDK (apt-get install nodejs npm)",
)


def talks(gateway: Gateway, command: list[str], cwd: Path | None = None) -> tuple[list[Any], list[Record]]:
    """What the client of one framework says of its conversations, and the records of them."""
    before = len(gateway.records())
    said = [msgspec.json.decode(line) for line in run([*command, gateway.url, gateway.token], cwd).splitlines()]
    expected = before + TURNS * len(WAYS)
    eventually(lambda: len(gateway.records()) >= expected)
    return said, gateway.records()[before:]


def check(said: list[Any], records: list[Record]) -> None:
    assert [(each["dialect"], each["streamed"]) for each in said] == WAYS
    for each in said:
        assert each["tool"] == "tell_weather", each
        assert each["arguments"].keys() == {"city", "days"}, each
        assert len(each["text"].split()) == TOKENS, each
        assert each.get("output", TOKENS) == TOKENS, "the client knows what it used"
    turns = [(PATHS[dialect], streamed) for dialect, streamed in WAYS for _ in range(TURNS)]
    assert [(record.path, record.stream) for record in records] == turns
    assert {(record.status, record.outcome, record.error) for record in records} == {(200, "completed", None)}
    assert all(record.usage is not None for record in records)


@pytest.mark.parametrize("framework", ["langchain", "llama_index"])
def test_a_python_framework_uses_a_tool(gateway: Gateway, frameworks: Path, framework: str):
    check(*talks(gateway, [str(frameworks), str(HERE / "talks" / f"by_{framework}.py")]))


@needs_node
def test_vercels_ai_sdk_uses_a_tool(gateway: Gateway, node_folder: Path):
    check(*talks(gateway, ["node", "talk.mjs"], node_folder))


def test_the_lock_file_names_no_registry():
    """Packages come from the registry of the machine that installs them; the lock has their digests."""
    lock = msgspec.json.decode((HERE / "node" / "package-lock.json").read_bytes())
    packages = {name: found for name, found in lock["packages"].items() if name}
    assert packages
    assert [name for name, found in packages.items() if "resolved" in found] == []
    assert [name for name, found in packages.items() if "integrity" not in found] == []
