"""`make e2e-smoke`: a person's first hour with the gateway, as separate processes, each step with its name.

With OPENAI_API_KEY in the environment of `make e2e-smoke` the walk goes to OpenAI as well (or to OPENAI_BASE_URL).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from openai import OpenAI

from tests.system.gateway import (
    PATIENCE_S,
    TOKEN,
    Gateway,
    quiet_environment,
    standard_config,
    start_gateway,
    start_mock,
)
from tests.system.sdk import HELLO
from tests.system.walk import AT_THE_END, EVERYWHERE, WITH_THE_MOCK, Walk, say, take

ANY_PORT = {"port": 0}
"""Not 8080, which a gateway of yours may have: `gossamer doctor` would say so."""


def test_the_main_uses_with_the_mock(tmp_path: Path):
    with start_mock() as mock:
        config = standard_config(mock.url, server=ANY_PORT, cache={"enabled": True, "temperature": 0})
        with start_gateway(tmp_path, config) as gateway, client_of(gateway) as client:
            take(Walk(gateway, config, client, "house", "house"), (*EVERYWHERE, *WITH_THE_MOCK, *AT_THE_END))


@pytest.mark.skipif(
    not (os.environ.get("E2E_SMOKE") and os.environ.get("OPENAI_API_KEY")),
    reason="`make e2e-smoke` with OPENAI_API_KEY in the environment asks OpenAI too; `make test` costs nobody money",
)
def test_the_main_uses_with_openai(tmp_path: Path):
    config = {
        "providers": {
            "openai": {
                "kind": "openai",
                "api_keys": ["${OPENAI_API_KEY}"],
                "base_url": os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1"),
            }
        },
        "models": {"house": "openai/gpt-4o-mini"},
        "keys": [{"name": "test", "token": TOKEN}],
        "server": ANY_PORT,
        "log": {"format": "text"},
    }
    named = {name: value for name, value in os.environ.items() if name == "OPENAI_API_KEY" or "proxy" in name.lower()}
    with (
        start_gateway(tmp_path, config, environment=quiet_environment(**named)) as gateway,
        client_of(gateway) as client,
    ):
        take(Walk(gateway, config, client, "house", "openai/text-embedding-3-small"), (*EVERYWHERE, *AT_THE_END))


def client_of(gateway: Gateway) -> OpenAI:
    return OpenAI(base_url=gateway.base_url, api_key=gateway.token, max_retries=0)


# --- the first start ---


def test_the_first_start_prints_lines_that_answer_and_the_next_one_keeps_the_key(tmp_path: Path):
    with Gateway(tmp_path) as gateway:
        lines = gateway.out.splitlines()
        (curl,) = (line for line in lines if line.startswith("curl "))
        (python,) = (line for line in lines if line.startswith("python -c "))
        (token,) = (line.strip() for line in lines if line.strip().startswith("gsm_"))
        if shutil.which("curl"):
            answer = msgspec.json.decode(pasted(curl))
            assert answer["choices"][0]["message"]["content"]
        else:
            say("\nWARNING: curl is not installed, so the printed curl line was NOT tried; the SDK line was.\n")
        assert len(pasted(python).split()) > 10, "the words of the mock"

    with Gateway(tmp_path) as gateway, OpenAI(base_url=gateway.base_url, api_key=token) as client:
        assert "gsm_" not in gateway.out
        assert client.chat.completions.create(model="mock/mock", messages=HELLO).choices


def pasted(line: str) -> str:
    """What a shell prints for a line that is pasted into it. `python` is the one that runs here."""
    done = subprocess.run(
        ["bash", "-c", f'python() {{ "{sys.executable}" "$@"; }}\n{line}'],
        env=quiet_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
