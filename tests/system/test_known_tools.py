"""The scripts for tools that people know, short, against a real gateway: they end, and with zero failures.

A tool that is missing is a skip that says how to get it; CI installs them (.ci/run), k6 apart, which is compiled.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.house.pages import ROOT
from tests.system.agents_example import EXAMPLE_TOKEN, start_example
from tests.system.gateway import TOKEN, Gateway, Mock, standard_config, start_gateway, start_mock

BENCHMARKS = ROOT / "benchmarks"
WITHIN_S = 120.0
"""A busy machine included; each takes a few seconds."""
OWN = ROOT / ".venv-bench" / "bin"
"""`make load-tools`."""


def tool(name: str, remedy: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(OWN))
    if found is None:
        pytest.skip(f"{name} is NOT INSTALLED and its script is not tested: {remedy}")
    return found


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with start_mock() as mock:
        yield mock


@pytest.fixture(scope="module")
def gateway(mock: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    config = standard_config(mock.url, server={"port": 0}, auth={"registration": "open"})
    with start_gateway(tmp_path_factory.mktemp("known-tools"), config) as gateway:
        yield gateway


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )


def keyed(**more: str) -> Mapping[str, str]:
    return {"TOKEN": TOKEN, "MODEL": "mock/mock", **more}


def test_ab(gateway: Gateway):
    tool("ab", "apt-get install apache2-utils")
    done = run(str(BENCHMARKS / "ab.sh"), gateway.base_url, **keyed(REQUESTS="200", USERS="10"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("PASS: 200 requests, none failed\n")


def test_ab_with_a_wrong_key_fails(gateway: Gateway):
    tool("ab", "apt-get install apache2-utils")
    done = run(str(BENCHMARKS / "ab.sh"), gateway.base_url, **keyed(TOKEN="sk-nobody", REQUESTS="20", USERS="2"))
    assert done.returncode == 1
    assert "20 were answered with something else than 2xx" in done.stderr


def wrk(gateway: Gateway, token: str) -> str:
    script = str(BENCHMARKS / "wrk.lua")
    url = f"{gateway.base_url}/chat/completions"
    found = tool("wrk", "apt-get install wrk")
    return run(found, "-t1", "-c4", "-d1s", "-s", script, url, **keyed(TOKEN=token)).stdout


def test_wrk(gateway: Gateway):
    assert wrk(gateway, TOKEN).endswith("verdict PASS\n")
    assert wrk(gateway, "sk-nobody").endswith("verdict FAIL\n")


def test_the_suite_is_one_table_that_ends_in_a_verdict(gateway: Gateway):
    tool("wrk", "apt-get install wrk")
    tool("curl", "apt-get install curl")
    suite = str(BENCHMARKS / "suite.sh")
    done = run(suite, gateway.base_url, **keyed(REQUESTS="30", SECONDS_OF_LOAD="1", USERS="4"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("PASS\n")
    rows = [line.split("|") for line in done.stdout.splitlines() if line.startswith("| ")]
    counts = {row[1].strip(): row[5].strip() for row in rows[2:]}
    assert counts["overhead, as the gateway says"] == "30"
    assert counts["provider, as the gateway saw it"] == "30"
    assert "throughput: " in done.stdout
    refused = run(suite, gateway.base_url, **keyed(TOKEN="sk-nobody", REQUESTS="3", SECONDS_OF_LOAD="1", USERS="2"))
    assert refused.returncode == 1
    assert "3 401 instead of 200" in refused.stderr


def locust(gateway: Gateway, tag: str, users: int = 2, seconds: int = 3, **environment: str) -> str:
    """What it told of requests without a failure, one line a name."""
    found = tool("locust", "make load-tools")
    words = ["-f", str(BENCHMARKS / "locustfile.py"), "--headless", "--only-summary", "--exit-code-on-error", "1"]
    shape = ["-u", str(users), "-r", str(users), "-t", f"{seconds}s", "--host", gateway.url, "--tags", tag]
    done = run(found, *words, *shape, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stderr + done.stdout
    total = next(line for line in told.splitlines() if "Aggregated" in line)
    requests, failures = total.split()[1], total.split()[2]
    assert int(requests) > 0, total
    assert failures.startswith("0("), total
    return told


@pytest.mark.parametrize("tag", ["stress", "react", "switchover", "registration"])
def test_locust(tag: str, gateway: Gateway):
    locust(gateway, tag, GATEWAY_TOKEN=TOKEN, GATEWAY_MODEL="mock/mock")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with start_example(tmp_path_factory.mktemp("agents")) as gateway:
        yield gateway


def test_locust_asks_each_agent_of_the_example_in_each_dialect(example: Gateway):
    told = locust(example, "agents", users=4, seconds=8, GATEWAY_TOKEN=EXAMPLE_TOKEN)
    for agent in ("standard_agent", "coding_agent", "mock_agent"):
        for dialect in ("chat", "responses", "messages"):
            assert f"{agent}: {dialect}" in told
            assert f"{agent}: {dialect}, streamed" in told


@pytest.mark.parametrize("agent", ["standard_agent", "coding_agent", "mock_agent"])
@pytest.mark.parametrize("tag", ["stress", "react", "switchover"])
def test_agents_stand_locusts_scenarios_of_models(tag: str, agent: str, example: Gateway):
    token = EXAMPLE_TOKEN
    locust(example, tag, GATEWAY_TOKEN=token, GATEWAY_MODEL=agent, GATEWAY_ALIAS=agent, GATEWAY_AGENT=agent)


def test_locust_with_an_agent_that_is_not_there_fails(example: Gateway):
    with pytest.raises(AssertionError, match="no agent|model_not_found|404"):
        locust(example, "agents", GATEWAY_TOKEN=EXAMPLE_TOKEN, GATEWAY_AGENTS="nobody")


def k6(home: Path, *orders: str) -> subprocess.CompletedProcess[str]:
    found = tool("k6", "go install go.k6.io/k6@v1.8.1")
    words = [word for each in orders for word in ("-e", each)]
    script = str(BENCHMARKS / "k6" / "proxy_load.js")
    return run(found, "run", "--quiet", "--no-usage-report", *words, script, HOME=str(home))


def test_k6(mock: Mock, gateway: Gateway, tmp_path: Path):
    """Whether the overhead is under its limit is no question for a busy machine: the limit is taken away."""
    told = [f"BASE_URL={gateway.base_url}", f"TOKEN={TOKEN}", "MODEL=mock/mock", "SHORT=1", "P99_MS=60000"]
    done = k6(tmp_path, *told, f"DIRECT_URL={mock.url}/v1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ has the stamps of the mock" in done.stdout
    (straight,) = re.findall(r"without_gateway\.*:.*count=(\d+)", done.stdout)
    assert int(straight) > 0


def test_k6_fails_when_the_overhead_is_above_its_limit(gateway: Gateway, tmp_path: Path):
    done = k6(tmp_path, f"BASE_URL={gateway.base_url}", f"TOKEN={TOKEN}", "MODEL=mock/mock", "SHORT=1", "P99_MS=0.001")
    assert done.returncode != 0
    assert "gateway_overhead" in done.stderr


def test_k6_stops_at_the_first_refusal_and_names_it(gateway: Gateway, tmp_path: Path):
    done = k6(tmp_path, f"BASE_URL={gateway.base_url}", "TOKEN=sk-nobody", "MODEL=mock/mock", "SHORT=1")
    assert done.returncode != 0
    assert "says 401" in done.stderr
