"""The command line from outside: what is printed where, and the exit status."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gossamer import __version__
from gossamer.cli import main as cli
from gossamer.config.problems import ConfigError, Place, Problem


def command_that(run: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `gossamer doctor` do what the test wants."""
    module = ModuleType("gossamer.cli.doctor")

    def add_commands(subparsers: "cli.Subparsers") -> None:
        subparsers.add_parser("doctor").set_defaults(run=run)

    monkeypatch.setattr(module, "add_commands", add_commands, raising=False)
    monkeypatch.setitem(sys.modules, "gossamer.cli.doctor", module)


def test_version_names_everything_that_runs_here(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["version"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"gossamer {__version__}\nCPython 3.")
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["uvloop", "httptools", "msgspec"]
    assert "not installed" not in out


def test_version_imports_neither_an_event_loop_nor_yaml():
    program = "import sys; from gossamer.cli.main import main; main(['version']); print(*sys.modules, file=sys.stderr)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr.split()
    assert {"uvloop", "yaml", "asyncio", "httptools", "gossamer.supervisor"}.isdisjoint(modules)


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    for command in cli.COMMANDS:
        assert f"    {command.name} " in out
        assert command.summary.split()[0] in out


@pytest.mark.parametrize(
    ("word", "hint"),
    [("serv", "Did you mean `gossamer serve`?"), ("vresion", "`gossamer version`"), ("zzz", "`gossamer --help`")],
)
def test_an_unknown_command_names_the_nearest(word: str, hint: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main([word]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith(f"gossamer: There is no command '{word}'. ")
    assert hint in streams.err


def test_a_command_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    table = (cli.Command("brew", "gossamer.cli.no_such_module", "coffee"), *cli.COMMANDS)
    monkeypatch.setattr(cli, "COMMANDS", table)
    assert cli.main(["brew"]) == 2
    assert capsys.readouterr().err == "gossamer: This installation has no `gossamer brew`.\n"
    assert cli.main(["version"]) == 0


def test_a_module_that_a_command_lacks_is_a_defect_and_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "brew_command.py").write_text("import no_such_module_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(cli, "COMMANDS", (cli.Command("brew", "brew_command", "coffee"),))
    with pytest.raises(ModuleNotFoundError, match="no_such_module_at_all"):
        cli.main(["brew"])


def test_the_exit_status_is_the_commands(monkeypatch: pytest.MonkeyPatch):
    command_that(lambda args: 7, monkeypatch)
    assert cli.main(["doctor"]) == 7


def test_a_bad_configuration_is_told_problem_by_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    problems = [Problem(Place("g.yaml", line), "server.prt", "is unknown", "write port") for line in (3, 9)]

    def run(args: object) -> int:
        raise ConfigError(problems)

    command_that(run, monkeypatch)
    assert cli.main(["doctor"]) == 2
    assert capsys.readouterr().err.splitlines() == [f"gossamer: {problem}" for problem in problems]


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(args: object) -> int:
        raise KeyboardInterrupt

    command_that(run, monkeypatch)
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_leaves_ends_it_quietly():
    program = (
        "import sys; from gossamer.cli import main as cli\n"
        "cli.show_versions = lambda args: [print('x' * 100) for _ in range(100_000)] and 0\n"
        "sys.exit(cli.main(['version']))"
    )
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout
    assert writer.stderr
    writer.stdout.read(10)
    writer.stdout.close()
    error = writer.stderr.read()
    writer.stderr.close()
    assert (writer.wait(timeout=30), error) == (141, b"")
