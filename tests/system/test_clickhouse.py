"""A whole gateway with its traces in ClickHouse, which is killed and returns; and the journal taken again meanwhile."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.real.clickhouse import running_clickhouse
from tests.system.gateway import TOKEN, Gateway, eventually, quiet_environment, standard_config, start_gateway
from tests.system.raw_client import RawClient

WITHIN_S = 60.0
"""For what is behind an outage: the pauses between two tries grow to some seconds."""
ASK = {"model": "house-in", "messages": [{"role": "user", "content": "hi"}]}


async def ask(gateway: Gateway, count: int) -> None:
    async with RawClient(gateway.port, TOKEN) as client:
        for _ in range(count):
            await client.send("POST", "/v1/chat/completions", ASK)
            assert (await client.answer()).status == 200


def run(gateway: Gateway, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gossamer", *words]
    return subprocess.run(
        command, cwd=gateway.home, env=quiet_environment(), capture_output=True, text=True, timeout=60, check=False
    )


def traces(gateway: Gateway) -> list[dict[str, Any]]:
    said = run(gateway, "trace", "list", "--config", "gossamer.yaml", "--limit", "200", "--json")
    found: list[dict[str, Any]] = msgspec.json.decode(said.stdout)["data"] if said.returncode == 0 else []
    return found


def used(gateway: Gateway) -> int:
    said = run(gateway, "usage", "--config", "gossamer.yaml", "--json")
    return sum(row["requests"] for row in msgspec.json.decode(said.stdout)["data"])


def recorder(gateway: Gateway) -> int:
    (pid,) = gateway._running("gossamer.recorder")
    return pid


def test_each_request_is_there_once_whoever_is_killed(tmp_path: Path):
    with (
        running_clickhouse(tmp_path / "engine") as clickhouse,
        start_gateway(tmp_path / "home", standard_config("http://127.0.0.1:1", traces=clickhouse.url())) as gateway,
    ):
        asyncio.run(ask(gateway, 30))
        eventually(lambda: len(traces(gateway)) == 30, WITHIN_S)
        clickhouse.kill()
        asyncio.run(ask(gateway, 30))
        os.kill(recorder(gateway), signal.SIGKILL)
        said = run(gateway, "trace", "list", "--config", "gossamer.yaml")
        assert said.returncode == 1
        assert "The traces cannot be read (ClickHouse at" in said.stderr
        clickhouse.start()
        asyncio.run(ask(gateway, 30))
        eventually(lambda: len(traces(gateway)) == 90, WITHIN_S)
        assert {each["id"] for each in traces(gateway)} == {each.id for each in gateway.records()}
        for sink in ("traces", "usage", "metrics"):
            said = run(gateway, "journal", "replay", "--sink", sink, "--data-dir", str(gateway.data_dir))
            assert (said.returncode, said.stdout) == (0, f"{sink}: 90 records were taken again\n"), said.stderr
        assert len(traces(gateway)) == 90
        eventually(lambda: used(gateway) == 90)
        unknown = run(gateway, "journal", "replay", "--sink", "nothing", "--data-dir", str(gateway.data_dir))
        assert unknown.returncode == 1
        assert all(name in unknown.stderr for name in ("metrics", "sessions", "traces", "usage"))
