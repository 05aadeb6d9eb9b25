"""`gossamer ...`: finds the command, runs it, and turns what an operator can mend into words and an exit status.

A command's module is imported only when it is asked for, so that each command starts as fast as it can.
"""

import argparse
import importlib
import os
import platform
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gossamer import __version__
from gossamer.config.problems import ConfigError, suggest

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

MISUSED: Final = 2
"""A wrong command line or configuration; argparse uses the same."""
INTERRUPTED: Final = 130
"""128 and SIGINT's number, as the shell counts it."""
READER_GONE: Final = 141
"""128 and SIGPIPE's number: `gossamer journal show | head`."""


class HelpFormatter(argparse.HelpFormatter):
    """Python's own forgets by how much the names of commands are indented, and breaks the line behind the longest."""

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        if action.nargs == argparse.PARSER:
            self._action_max_length += self._indent_increment


class Command(NamedTuple):
    """`module` has `add_commands(subparsers)`, which adds the command's parser and sets `run(args) -> int` on it."""

    name: str
    module: str
    summary: str


COMMANDS: Final = (
    Command("serve", "gossamer.cli.serve", "start the gateway"),
    Command("mock", "gossamer.cli.mock", "a provider that nobody pays, as a process of its own"),
    Command("mcp-demo", "gossamer.cli.mcp_demo", "a small server of tools, to try agents with"),
    Command("config", "gossamer.cli.config", "check, show and describe the configuration"),
    Command("doctor", "gossamer.cli.doctor", "is everything that the gateway leans on reachable?"),
    Command("journal", "gossamer.cli.journal", "look into the records of finished requests"),
    Command("user", "gossamer.cli.admin.user", "who may log in"),
    Command("key", "gossamer.cli.admin.key", "the keys that clients send"),
    Command("agent", "gossamer.cli.admin.agent", "the agents on whose behalf keys speak"),
    Command("directive", "gossamer.cli.admin.directive", "system prompts that agents are given, in versions"),
    Command("invite", "gossamer.cli.admin.invite", "let somebody register"),
    Command("cache", "gossamer.cli.admin.cache", "forget answers that are kept"),
    Command("audit", "gossamer.cli.admin.audit", "who changed what, and who asked what"),
    Command("usage", "gossamer.cli.admin.usage", "how much was used, and what it cost"),
    Command("trace", "gossamer.cli.admin.trace", "finished requests: who answered, how long, at what cost"),
    Command("session", "gossamer.cli.admin.session", "conversations: turn by turn, closed, exported, deleted"),
    Command("migrate", "gossamer.cli.admin.migrate", "bring the tables of the state store up to date"),
    Command("bench", "gossamer.cli.bench", "measure what a gateway costs, this one or another, on your machine"),
    Command("version", "gossamer.cli.main", "what runs here, for a bug report"),
)

FOUNDATIONS: Final = {"uvloop": "event loop", "httptools": "HTTP parser, with llhttp inside", "msgspec": "JSON"}


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        args = _build_parser(words).parse_args(words)
        status: int = args.run(args)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse has shown help, or said what is wrong with the words
        return stop.code if isinstance(stop.code, int) else MISUSED
    except ConfigError as error:
        return _complain(*map(str, error.problems))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _end_quietly()
    return status


def _build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command that is asked for; the others are there by their names, for the help."""
    parser = argparse.ArgumentParser(
        prog="gossamer",
        description="The LLM gateway that you cannot feel, and can prove it.",
        allow_abbrev=False,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"gossamer {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    asked = _find_command(words)
    for command in COMMANDS:
        if asked and command.module == asked.module:
            if command.name not in subparsers.choices:
                _import_module(asked).add_commands(subparsers)
        else:
            subparsers.add_parser(command.name, help=command.summary)
    return parser


def _find_command(words: Sequence[str]) -> Command | None:
    """None where no command is named: there is only help to show. A name that nobody knows ends here."""
    if words[0].startswith("-"):
        return None
    by_name = {command.name: command for command in COMMANDS}
    if words[0] not in by_name:
        nearest = suggest(words[0], by_name)
        hint = f"Did you mean `gossamer {nearest}`?" if nearest else "`gossamer --help` lists what there is."
        raise SystemExit(_complain(f"There is no command {words[0]!r}. {hint}"))
    return by_name[words[0]]


def _import_module(command: Command) -> Any:
    try:
        return importlib.import_module(command.module)
    except ModuleNotFoundError as error:
        if error.name != command.module:
            raise
        raise SystemExit(_complain(f"This installation has no `gossamer {command.name}`.")) from error


def _complain(*lines: str) -> int:
    for line in lines:
        print(f"gossamer: {line}", file=sys.stderr)
    return MISUSED


def _end_quietly() -> int:
    """Whoever read our output has left; the flush at exit must not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE


# --- gossamer version ---


def add_commands(subparsers: "Subparsers") -> None:
    parser = subparsers.add_parser("version", help="what runs here, for a bug report")
    parser.set_defaults(run=show_versions)


def show_versions(_: argparse.Namespace) -> int:
    """From the packages' metadata: nothing is imported to be asked."""
    print(f"gossamer {__version__}")
    print(f"{platform.python_implementation()} {platform.python_version()} on {sys.platform} {platform.machine()}")
    for package, purpose in FOUNDATIONS.items():
        print(f"{package} {_version_of(package)} ({purpose})")
    return 0


def _version_of(package: str) -> str:
    from importlib import metadata  # noqa: PLC0415 - a third of a start's time, which only this command pays

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "is not installed"
