from pathlib import Path
from textwrap import dedent

import msgspec
import pytest
import yaml


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "gossamer.yaml"
    path.write_text(
        dedent("""\
            server: {port: 9000}
            providers: {local: {kind: openai-compatible, base_url: http://h/v1, api_keys: ["${KEY}"]}}
            models: {fast: local/a}
            keys: [{name: team, token: gsm_hidden_0123}]
        """)
    )
    return path


def test_check_without_a_file(gossamer):
    assert gossamer("config", "check") == (
        0,
        "built-in defaults: valid\n  providers  mock\n  models     mock\n  keys       none here\n",
        "",
    )


def test_check_a_valid_file(gossamer, file, monkeypatch):
    monkeypatch.setenv("KEY", "sk-1")
    monkeypatch.setenv("GOSSAMER_SERVER__PORT", "9001")
    assert gossamer("config", "check") == (
        0,
        dedent("""\
            gossamer.yaml: valid
              providers  mock, local
              models     fast
              keys       team
              override   server.port by GOSSAMER_SERVER__PORT
        """),
        "",
    )


def test_check_names_every_mistake_on_stderr(gossamer, tmp_path):
    (tmp_path / "bad.yaml").write_text("server:\n  prot: 1\nlog: {level: loud}\n")
    status, out, err = gossamer("config", "check", "--config", "bad.yaml")
    assert (status, out) == (1, "")
    assert err == dedent("""\
        bad.yaml:2: server.prot: unknown key; did you mean port? keys here: host, limits, port, tls, uds, workers
        bad.yaml:3: log.level: 'loud' is not one of the words; write one of: debug, error, info, warning
        2 problems
    """)


def test_check_a_file_that_is_not_there(gossamer):
    status, _, err = gossamer("config", "check", "--config", "nope.yaml")
    assert status == 1
    assert err == (
        "nope.yaml: cannot be read: No such file or directory; name a file that exists and may be read\n1 problem\n"
    )


def test_show_prints_what_is_in_force_without_secrets(gossamer, file, monkeypatch):
    monkeypatch.setenv("KEY", "sk-hidden-0123456789")
    monkeypatch.setenv("GOSSAMER_SERVER__PORT", "9001")
    status, out, _ = gossamer("config", "show")
    assert status == 0
    assert out.startswith("# gossamer.yaml\n# server.port comes from GOSSAMER_SERVER__PORT\nserver:\n")
    assert yaml.safe_load(out)["server"]["port"] == 9001
    assert yaml.safe_load(out)["providers"]["local"]["api_keys"] == ["****6789"]
    assert "hidden" not in out


def test_show_of_a_broken_file_shows_the_mistakes(gossamer, file):
    status, out, err = gossamer("config", "show")
    assert (status, out) == (1, "")
    assert err == (
        "gossamer.yaml:2: providers.local.api_keys[0]: ${KEY} is not set in the environment; "
        "set KEY, or give a default: ${KEY:-...}\n1 problem\n"
    )


def test_schema_prints_json(gossamer):
    status, out, _ = gossamer("config", "schema")
    assert status == 0
    assert msgspec.json.decode(out)["title"] == "gossamer.yaml"


def test_a_command_without_its_second_word_says_what_there_is(gossamer, capsys):
    with pytest.raises(SystemExit):
        gossamer("config")
    assert "COMMAND" in capsys.readouterr().err
