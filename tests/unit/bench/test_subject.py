"""How a gateway is started."""

import re
from pathlib import Path

import pytest
import yaml

from gossamer.bench.errors import RigBroken
from gossamer.bench.subject import DEFAULT_TOKEN, Subject


def test_gossamer_gets_a_config_of_its_own(tmp_path: Path):
    command = Subject().command(8123, 9123, tmp_path)
    assert command[1:5] == ["-m", "gossamer", "serve", "--config"]
    config = yaml.safe_load(Path(command[5]).read_text())
    assert config["server"] == {"host": "127.0.0.1", "port": 8123, "workers": 1}
    assert config["providers"]["up"]["base_url"] == "http://127.0.0.1:9123/v1"
    assert config["models"] == {"gpt-4o-mini": "up/gpt-4o-mini"}
    assert config["keys"] == [{"name": "bench", "token": DEFAULT_TOKEN}]
    assert Path(config["data_dir"]).parent == tmp_path


def test_another_gateway_by_its_command(tmp_path: Path):
    subject = Subject("run 'two words' --port={port} --to {upstream} {upstream_port} {folder}")
    assert subject.command(1, 2, tmp_path) == [
        "run",
        "two words",
        "--port=1",
        "--to",
        "http://127.0.0.1:2/v1",
        "2",
        str(tmp_path),
    ]


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("run {prot}", "filled in are {port}"),
        ("run 'x", "No closing quotation"),
        ("run {", "a brace is {{"),
        (" ", "is empty"),
    ],
)
def test_a_command_that_cannot_be_filled_in_says_what_can(template: str, why: str, tmp_path: Path):
    with pytest.raises(RigBroken, match=re.escape(why)):
        Subject(template).command(1, 2, tmp_path)
