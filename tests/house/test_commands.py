"""Every command that a page or the Makefile shows exists, with the options that it is shown with."""

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest

from gossamer.cli.main import COMMANDS, _build_parser
from tests.house.pages import ROOT, code, codes, page, pages, table

_PROMPT = re.compile(r"^\s*\$ (.*)$", re.MULTILINE)
_PROGRAM = re.compile(r"(\S*/)?gossamer ")
_UNIT = re.compile(r"^ExecStart=(.*)$", re.MULTILINE)
_RECIPE = re.compile(r"^\t@?(.*)$", re.MULTILINE)


def commands_of(line: str) -> Iterator[tuple[str, ...]]:
    """What is said to gossamer in a line of a shell: `check|show` is two commands."""
    for part in re.split(r" \| | && ", line):
        if _PROGRAM.match(part):
            yield tuple(shlex.split(part, comments=True)[1:])


def shown() -> list[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for path in pages():
        text = path.read_text(encoding="utf-8")
        inline = [word for word in codes(text) if word.startswith("gossamer ")]
        for line in [*inline, *_PROMPT.findall(text), *_UNIT.findall(text)]:
            found.update(commands_of(line))
    for line in _RECIPE.findall(page("Makefile")):
        found.update(commands_of(line.replace("$(BIN)", "bin")))
    return sorted(found)


def parser_of(command: str) -> argparse.ArgumentParser:
    return below(_build_parser([command]))[command]


def below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of a command."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(groups[0].choices) if groups else {}


def test_there_is_something_to_look_at():
    assert {("serve",), ("doctor",), ("mock",)} <= set(shown())


def all_parsers(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The command and, below it, all of its verbs."""
    yield name, parser
    for verb, lower in below(parser).items():
        yield from all_parsers(f"{name} {verb}", lower)


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_the_help_of_a_command_and_of_each_verb_can_be_shown(command: str):
    """argparse fills in `%` in the words of an option or a verb and nowhere else: an unwritten `%%` ends in a stack."""
    for name, parser in all_parsers(command, parser_of(command)):
        assert "%%" not in parser.format_help(), name


@pytest.mark.parametrize("words", shown(), ids=" ".join)
def test_a_command_that_is_shown_exists(words: tuple[str, ...]):
    name, *rest = words
    if name == "--help":
        return
    assert name in {command.name for command in COMMANDS}
    parsers = [parser_of(name)]
    verbs = rest[0].split("|") if rest and below(parsers[0]) else []
    if verbs:
        assert set(verbs) <= below(parsers[0]).keys()
        parsers = [below(parsers[0])[verb] for verb in verbs]
    options = {word.partition("=")[0] for word in rest if word.startswith("--")}
    for parser in parsers:
        assert options <= parser._option_string_actions.keys()


@pytest.mark.parametrize(
    ("path", "parser"),
    [("docs/reference/mock.md", parser_of("mock")), ("docs/reference/journal.md", below(parser_of("journal"))["show"])],
    ids=["mock", "journal show"],
)
def test_a_table_of_options_has_them_all(path: str, parser: argparse.ArgumentParser):
    listed = [code(cell) for cell in table(path, "option").column("option")]
    own = [action.option_strings[-1] for action in parser._actions]
    assert sorted(listed) == sorted(set(own) - {"--help"})


def test_the_defaults_in_the_mocks_table_are_its_own():
    asked = parser_of("mock").parse_args([])
    told = {code(row[0]).lstrip("-"): row[1].strip("`") for row in table("docs/reference/mock.md", "option").rows}
    names = ("host", "port", "processes", "ttft", "gap", "tokens", "seed")
    assert {name: told[name] for name in names} == {
        name: f"{getattr(asked, name)}".removesuffix(".0") for name in names
    }


def test_the_targets_that_are_shown_are_in_the_makefile():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {match for path in pages() for match in re.findall(r"(?:\$ |`)make ([a-z0-9-]+)", path.read_text())}
    assert {"run", "test", "check"} <= named
    assert named - targets == set()
