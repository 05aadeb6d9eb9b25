"""`gossamer config check|schema|show`: the configuration as the gateway would read it, without starting anything.

Results go to stdout, what is wrong with the configuration to stderr.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

import msgspec

from gossamer.config.load import Loaded, find_config, load
from gossamer.config.problems import ConfigError, field_name
from gossamer.config.schema import json_schema
from gossamer.config.show import show_settings

OK: Final = 0
BROKEN: Final = 1
"""The exit status of a check that found something, as linters have it."""


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("config", help="check, show and describe the configuration")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = commands.add_parser("check", help="is it valid? every mistake, with its file, line and field")
    add_config_option(check)
    check.set_defaults(run=run_check)
    schema = commands.add_parser("schema", help="print the JSON Schema of gossamer.yaml, for editors")
    schema.set_defaults(run=run_schema)
    show = commands.add_parser("show", help="print what is in force, defaults and overrides included, secrets masked")
    add_config_option(show)
    show.set_defaults(run=run_show)


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """The same `--config` for every command that reads the configuration."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the file to read; else ./gossamer.yaml where there is one, else the built-in defaults",
    )


def load_chosen(config: Path | None) -> Loaded:
    """What `--config` names, or what stands in for it. Raises ConfigError."""
    return load(config or find_config(Path()), os.environ)


def run_check(args: argparse.Namespace) -> int:
    try:
        loaded = load_chosen(args.config)
    except ConfigError as error:
        return complain(error)
    print(f"{loaded.source}: valid")
    for subject, text in summarise(loaded):
        print(f"  {subject:<9}  {text}")
    return OK


def run_schema(_: argparse.Namespace) -> int:
    print(msgspec.json.format(msgspec.json.encode(json_schema())).decode())
    return OK


def run_show(args: argparse.Namespace) -> int:
    try:
        loaded = load_chosen(args.config)
    except ConfigError as error:
        return complain(error)
    print(f"# {loaded.source}")
    for override in loaded.overrides:
        print(f"# {field_name(override.path)} comes from {override.variable}")
    print(show_settings(loaded.settings), end="")
    return OK


def summarise(loaded: Loaded) -> list[tuple[str, str]]:
    """What to look at first when a file is valid and still not what was meant."""
    settings = loaded.settings
    lines = [
        ("providers", ", ".join(settings.providers)),
        ("models", ", ".join(settings.models) or "no aliases"),
        ("keys", ", ".join(key.name for key in settings.keys) or "none here"),
    ]
    lines += [("override", f"{field_name(each.path)} by {each.variable}") for each in loaded.overrides]
    return lines


def complain(error: ConfigError) -> int:
    """Every problem on a line, then how many there are: the first may have scrolled away."""
    for problem in error.problems:
        print(problem, file=sys.stderr)
    count = len(error.problems)
    print(f"{count} problem{'s' if count > 1 else ''}", file=sys.stderr)
    return BROKEN
