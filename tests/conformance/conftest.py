"""What the frameworks need: a gateway before the mock, and an environment of their own, installed once a run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.system.gateway import Gateway, standard_config, start_gateway, start_mock

HERE = Path(__file__).parent
INSTALL_WITHIN_S = 600.0
_KEPT_OUT = re.compile(r"PYTHON|OPENAI_|ANTHROPIC_|LANGCHAIN_|LANGSMITH_|\w+_API_KEY|\w+_proxy$", re.IGNORECASE)
"""Variables that would lead a client elsewhere, or give it our packages."""


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with (
        start_mock() as mock,
        start_gateway(tmp_path_factory.mktemp("conformance"), standard_config(mock.url)) as gateway,
    ):
        yield gateway


@pytest.fixture(scope="session")
def frameworks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that has the frameworks."""
    home = tmp_path_factory.mktemp("frameworks") / "venv"
    python = home / "bin" / "python"
    run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--no-compile", "-r", str(HERE / "requirements.txt")])  # most of its modules are never imported
    return python


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in node/, with its packages as the lock file has them."""
    home = tmp_path_factory.mktemp("node") / "talk"
    shutil.copytree(HERE / "node", home, ignore=shutil.ignore_patterns("node_modules"))
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], home)
    return home


def run(command: list[str], cwd: Path | None = None) -> str:
    """What a command writes; where it fails, the test does, with its words."""
    done = subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=INSTALL_WITHIN_S, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def environment() -> Mapping[str, str]:
    """Our own, so that packages come from where this machine gets them, without what would change a client's ways."""
    return {name: value for name, value in os.environ.items() if not _KEPT_OUT.match(name)}
