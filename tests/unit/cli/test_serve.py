"""`gossamer serve` as far as the command line goes: which words it takes, and what stands over the file."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from gossamer.cli import main as cli
from gossamer.cli import serve
from gossamer.config.problems import ConfigError
from gossamer.config.settings import ServerSettings, Settings
from gossamer.supervisor.errors import StartFailed

Read = Callable[[], Settings]


@pytest.fixture
def supervised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Read]:
    """What the supervisor was given to read its settings with; it ends at once."""
    seen: list[Read] = []

    async def supervise(read_settings: Read, announce: object) -> int:
        seen.append(read_settings)
        return 0

    monkeypatch.setattr(serve, "supervise", supervise)
    monkeypatch.chdir(tmp_path)
    return seen


def server_after(words: list[str], supervised: list[Read]) -> ServerSettings:
    assert cli.main(["serve", *words]) == 0
    return supervised[-1]().server


def test_without_a_word_the_defaults_are_served(supervised: list[Read]):
    assert server_after([], supervised) == ServerSettings()


def test_the_file_of_the_directory_is_read(supervised: list[Read], tmp_path: Path):
    (tmp_path / "gossamer.yaml").write_text("server: {port: 9001, workers: 3}")
    server = server_after([], supervised)
    assert (server.port, server.workers) == (9001, 3)


def test_the_named_file_stands_over_that_of_the_directory(supervised: list[Read], tmp_path: Path):
    (tmp_path / "gossamer.yaml").write_text("server: {port: 9001}")
    (tmp_path / "other.yaml").write_text("server: {port: 9002}")
    assert server_after(["--config", "other.yaml"], supervised).port == 9002


def test_the_words_stand_over_the_file_after_a_reload_too(supervised: list[Read], tmp_path: Path):
    (tmp_path / "gossamer.yaml").write_text("server: {host: 127.0.0.2, port: 9001, workers: 3}")
    server = server_after(["--port", "9003", "--workers", "2"], supervised)
    assert (server.host, server.port, server.workers) == ("127.0.0.2", 9003, 2)
    (tmp_path / "gossamer.yaml").write_text("server: {host: 127.0.0.3, port: 9004}")
    reread = supervised[-1]().server
    assert (reread.host, reread.port, reread.workers) == ("127.0.0.3", 9003, 2)


def test_a_file_that_is_not_there_is_a_bad_configuration(supervised: list[Read]):
    cli.main(["serve", "--config", "nowhere.yaml"])
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        supervised[-1]()


@pytest.mark.parametrize(
    "words",
    [["--port", "http"], ["--port", "65536"], ["--port", "-1"], ["--workers", "0"], ["--host", ""], ["--prot", "1"]],
)
def test_words_that_make_no_sense_are_refused(
    words: list[str], supervised: list[Read], capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["serve", *words]) == 2
    assert supervised == []
    assert words[0] in capsys.readouterr().err


def test_a_start_that_fails_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    async def supervise(read_settings: Read, announce: object) -> int:
        raise StartFailed("127.0.0.1:8080 is in use. Stop it.")

    monkeypatch.setattr(serve, "supervise", supervise)
    assert serve.run(argparse.Namespace(config=None, host=None, port=None, workers=None)) == 1
    assert capsys.readouterr().err == "gossamer: 127.0.0.1:8080 is in use. Stop it.\n"
