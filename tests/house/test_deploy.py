"""deploy/ holds together: what one file there names, another has, and the gateway takes the configurations.

That they work is shown with processes in tests/system/test_deploy.py; no container is started by any test.
"""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from gossamer.config.load import load_settings
from gossamer.config.settings import Settings
from gossamer.config.values import read_duration
from tests.house.pages import ROOT

DEPLOY = ROOT / "deploy"
CONTAINER = DEPLOY / "container"
COMPOSE = DEPLOY / "compose"
CHART = DEPLOY / "helm/gossamer"
SECRETS = {"POSTGRES_PASSWORD": "of-postgres", "CACHE_SECRET": "0123456789abcdef0123456789abcdef"}
SERVICES: dict[str, Any] = msgspec.yaml.decode((COMPOSE / "compose.yaml").read_bytes())["services"]
DOCKERFILE = (CONTAINER / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(COMPOSE / "gossamer.yaml", SECRETS)


def copied() -> list[str]:
    """What the image is built from."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def is_sent(path: str) -> bool:
    """As .dockerignore has it: the last pattern that fits says."""
    sent = True
    for line in (CONTAINER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and fnmatch(path, line.removeprefix("!").removeprefix("**/")):
            sent = line.startswith("!")
    return sent


def mounts() -> list[tuple[Path, str]]:
    """What the services see of the repository, and where."""
    volumes = [volume.split(":") for service in SERVICES.values() for volume in service.get("volumes", [])]
    return [((COMPOSE / source), inside) for source, inside, *_ in volumes if source.startswith(".")]


def test_the_image_is_built_from_what_there_is_and_is_sent():
    assert copied()
    for source in copied():
        assert (ROOT / source).exists(), source
        assert is_sent(source), source
    assert not is_sent(".git")
    assert not is_sent("tests")


def test_the_image_has_every_extra_that_a_configuration_can_ask_for():
    (extras,) = re.findall(r"'\.\[(.+)\]'", DOCKERFILE)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (section,) = re.findall(r"^\[project\.optional-dependencies\]\n(.*?)^dev =", project, re.MULTILINE | re.DOTALL)
    assert set(extras.split(",")) == set(re.findall(r"^(\w+) = ", section, re.MULTILINE))


@pytest.mark.parametrize("service", [name for name in SERVICES if "build" not in SERVICES[name]])
def test_every_image_has_its_version(service: str):
    _, _, version = SERVICES[service]["image"].partition(":")
    assert re.match(r"v?\d+\.\d+", version)


def test_what_is_mounted_is_there():
    assert mounts()
    for source, _ in mounts():
        assert source.resolve().exists(), source


def test_the_gateway_finds_its_configuration_and_keeps_its_data(settings: Settings):
    (at,) = (inside for source, inside in mounts() if source.name == "gossamer.yaml")
    (folder,) = re.findall(r"^WORKDIR (/etc.*)$", DOCKERFILE, re.MULTILINE)
    assert Path(at) == Path(folder) / "gossamer.yaml"
    assert f"gossamer:{settings.data_dir}" in SERVICES["gossamer"]["volumes"]
    assert f"VOLUME {settings.data_dir}\n" in DOCKERFILE


def test_the_stores_are_services_beside_it(settings: Settings):
    hosts = {str(urlsplit(str(url)).hostname) for url in (settings.state, settings.counters)}
    assert hosts == {"postgres", "redis"}
    assert hosts == SERVICES["gossamer"]["depends_on"].keys()
    assert all("healthcheck" in SERVICES[host] for host in hosts)


def test_nothing_is_open_to_others_than_this_machine():
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service.get("ports", []))


def test_it_has_more_time_to_stop_than_it_takes(settings: Settings):
    assert read_duration(SERVICES["gossamer"]["stop_grace_period"]) > settings.server.limits.drain_timeout_s


def test_every_variable_is_handed_on():
    assert SECRETS.keys() <= SERVICES["gossamer"]["environment"].keys()


def test_the_dashboards_lie_where_grafana_looks():
    (provider,) = msgspec.yaml.decode((DEPLOY / "grafana/provisioning/dashboards/gossamer.yaml").read_bytes())[
        "providers"
    ]
    inside = {str(at): source.resolve() for source, at in mounts()}
    assert inside[provider["options"]["path"]] == DEPLOY / "grafana/dashboards"
    assert inside["/etc/grafana/provisioning"] == DEPLOY / "grafana/provisioning"


def test_the_chart_is_of_this_version():
    chart = msgspec.yaml.decode((CHART / "Chart.yaml").read_bytes())
    assert f'\nversion = "{chart["appVersion"]}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_chart_says_what_each_value_may_be():
    values = msgspec.yaml.decode((CHART / "values.yaml").read_bytes())
    schema = msgspec.json.decode((CHART / "values.schema.json").read_bytes())
    assert values.keys() == schema["properties"].keys() - {"global"}
    for name, value in values.items():
        if "properties" in schema["properties"][name]:
            assert value.keys() == schema["properties"][name]["properties"].keys(), name


def test_the_chart_runs_as_the_user_of_the_image():
    (user,) = re.findall(r"^USER (\d+):", DOCKERFILE, re.MULTILINE)
    assert f"runAsUser: {user}\n" in (CHART / "templates/statefulset.yaml").read_text(encoding="utf-8")
