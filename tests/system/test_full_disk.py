"""The disk of journal, state and projections is full, and has room again: whole processes on a tmpfs of their own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.system.gateway import quiet_environment
from tests.system.test_journal_full_disk import IN_A_NAMESPACE

MOUNTED = [*IN_A_NAMESPACE, "sh", "-c", 'mount -t tmpfs -o size=16m tmpfs "$1" && shift && exec "$@"', "sh"]
LONGEST_S = 120


def on_a_small_disk(folder: Path, policy: str) -> dict[str, Any]:
    allowed = subprocess.run([*MOUNTED, folder, "true"], capture_output=True, text=True, check=False)
    if allowed.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here, so the disk cannot be filled: {allowed.stderr.strip()}")
    done = subprocess.run(
        [*MOUNTED, folder, sys.executable, "-m", "tests.system.full_disk", folder, policy],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
        env=quiet_environment(),
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = msgspec.json.decode(done.stdout)
    return seen


def test_dropping_costs_records_and_no_request(tmp_path: Path):
    seen = on_a_small_disk(tmp_path, "drop-oldest")
    assert (seen["before"], seen["full"], seen["after"]) == ([200], [200], [200])
    assert seen["ready"][0] == 200
    assert seen["lost"] > 0
    assert f"{seen['lost']} records were lost" in seen["log"], seen["log"]
    came_through(seen)


def test_refusing_costs_requests_and_no_record(tmp_path: Path):
    seen = on_a_small_disk(tmp_path, "refuse")
    assert (seen["before"], seen["full"], seen["after"]) == ([200], [200, 503], [200])
    assert seen["ready"][0] == 503
    assert "no room" in seen["ready"][1]
    assert seen["lost"] == 0
    assert "the journal has no room: requests are refused with 503" in seen["log"]
    assert "the journal has room again" in seen["log"]
    came_through(seen)


def came_through(seen: dict[str, Any]) -> None:
    assert "No space left on device" in seen["log"]
    assert seen["records"] == seen["traces"], "each projection has all that is in the journal"
    assert seen["workers_live"]
    assert seen["exit"] == 0
    assert "Traceback" not in seen["log"]
