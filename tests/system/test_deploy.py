"""The configurations of deploy/ under gateways that run: everything but the containers.

helm draws the chart where it is installed; neither Debian nor PyPI has it.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.house.test_deploy import CHART, COMPOSE, SECRETS
from tests.real.postgres import running_postgres
from tests.real.redis import free_port, redis_server
from tests.system.gateway import Gateway, quiet_environment, start_gateway
from tests.system.node import CHAT, Node
from tests.system.sdk import HELLO

SHARED = ("--set", "config.state=postgresql://a@b/c", "--set", "config.counters=redis://d")


def status(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def run_at(gateway: Gateway, environment: Mapping[str, str], *words: str) -> str:
    """A command beside the gateway, as `docker compose exec` and `kubectl exec` start it."""
    command = (sys.executable, "-m", "gossamer", *words)
    done = subprocess.run(command, cwd=gateway.home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def helm() -> str:
    found = shutil.which("helm")
    if found is None:
        pytest.skip("helm is NOT INSTALLED and the chart is not drawn: go install helm.sh/helm/v3/cmd/helm@v3.19.0")
    return found


def draw(helm: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [helm, "template", "llm", str(CHART), "--kube-version", "1.31.0", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def drawn(helm: str, *words: str) -> dict[tuple[str, str], Any]:
    """What the chart becomes, by kind and name."""
    done = draw(helm, *words)
    assert done.returncode == 0, done.stderr
    documents = [msgspec.yaml.decode(text) for text in done.stdout.split("\n---\n")]
    return {(each["kind"], each["metadata"]["name"]): each for each in documents}


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Mapping[str, str]]]:
    """What compose.yaml starts, with the addresses of this machine instead of the services' names."""
    home = tmp_path_factory.mktemp("composed")
    with running_postgres() as postgres, redis_server("--maxmemory-policy", "noeviction") as redis:
        environment = quiet_environment(
            **SECRETS,
            GOSSAMER_STATE=postgres.url_of(postgres.make_database()),
            GOSSAMER_COUNTERS=redis.url,
            GOSSAMER_DATA_DIR=str(home / ".gossamer"),
            GOSSAMER_SERVER__HOST="127.0.0.1",
        )
        config = (COMPOSE / "gossamer.yaml").read_text(encoding="utf-8")
        with start_gateway(home, config, workers=2, environment=environment) as gateway:
            yield gateway, environment


def test_a_composed_gateway_answers_with_a_key_that_was_made_beside_it(composed: tuple[Gateway, Mapping[str, str]]):
    gateway, environment = composed
    made = msgspec.json.decode(run_at(gateway, environment, "key", "create", "first-app", "--json"))
    answer = Node(gateway).request("POST", CHAT, made["token"], {"model": "mock", "messages": HELLO})
    assert answer.status == 200, answer.body
    assert answer.body["choices"]


def test_all_that_it_names_is_reachable(composed: tuple[Gateway, Mapping[str, str]]):
    gateway, environment = composed
    assert "FAIL" not in run_at(gateway, environment, "doctor")


def test_the_chart_is_without_fault(helm: str):
    done = subprocess.run([helm, "lint", "--strict", str(CHART)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_gateway_of_the_chart_keeps_administration_off_the_port_for_models(helm: str, tmp_path: Path):
    config = drawn(helm)["ConfigMap", "llm-gossamer"]["data"]["gossamer.yaml"]
    control = free_port()
    environment = quiet_environment(
        GOSSAMER_SERVER__HOST="127.0.0.1",
        GOSSAMER_CONTROL__LISTEN=f"127.0.0.1:{control}",
        GOSSAMER_DATA_DIR=str(tmp_path / ".gossamer"),
    )
    with start_gateway(tmp_path, config, environment=environment) as gateway:
        of_models = {path: status(gateway.port, path) for path in ("/readyz", "/healthz", "/docs", "/admin/v1/keys")}
        of_control = {path: status(control, path) for path in ("/docs", "/admin/v1/keys")}
    assert of_models == {"/readyz": 200, "/healthz": 200, "/docs": 404, "/admin/v1/keys": 404}
    assert of_control == {"/docs": 200, "/admin/v1/keys": 401}


def test_one_node_needs_nothing_else(helm: str):
    kinds = sorted(kind for kind, _ in drawn(helm))
    assert kinds == ["ConfigMap", "Service", "Service", "Service", "StatefulSet"]


def test_several_nodes_share_their_stores_or_are_refused(helm: str):
    refused = draw(helm, "--set", "replicas=2")
    assert refused.returncode != 0
    assert "set config.state to postgresql://..., or replicas to 1" in refused.stderr
    refused = draw(helm, "--set", "replicas=2", *SHARED[:2])
    assert "set config.counters to redis://..., or replicas to 1" in refused.stderr
    assert ("PodDisruptionBudget", "llm-gossamer") in drawn(helm, "--set", "replicas=2", *SHARED)


def test_a_value_that_there_is_not_is_refused(helm: str):
    assert "'replica' not allowed" in draw(helm, "--set", "replica=2").stderr


def test_a_set_has_time_to_drain(helm: str):
    everything = drawn(helm, "--set", "drainSeconds=600")
    pod = everything["StatefulSet", "llm-gossamer"]["spec"]["template"]["spec"]
    config = msgspec.yaml.decode(everything["ConfigMap", "llm-gossamer"]["data"]["gossamer.yaml"])
    assert config["server"]["limits"]["drain_timeout"] == "600s"
    assert pod["terminationGracePeriodSeconds"] > 600 + int(
        pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1]
    )


def test_what_is_asked_for_leads_to_the_ports_that_there_are(helm: str):
    more = (
        "ingress.enabled=true",
        "ingress.tlsSecret=tls",
        "serviceMonitor.enabled=true",
        "serviceMonitor.keySecret=key",
    )
    everything = drawn(helm, *(word for each in more for word in ("--set", each)))
    (container,) = everything["StatefulSet", "llm-gossamer"]["spec"]["template"]["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    services = {name: each["spec"]["ports"] for (kind, name), each in everything.items() if kind == "Service"}
    assert {port["targetPort"] for each in services.values() for port in each} <= ports
    (path,) = everything["Ingress", "llm-gossamer"]["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["port"]["name"] in {
        port["name"] for port in services[path["backend"]["service"]["name"]]
    }
    monitor = everything["ServiceMonitor", "llm-gossamer"]["spec"]
    labels = everything["Service", "llm-gossamer-control"]["metadata"]["labels"]
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    assert monitor["endpoints"][0]["port"] in {port["name"] for port in services["llm-gossamer-control"]}
