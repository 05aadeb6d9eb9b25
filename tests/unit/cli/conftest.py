"""The command line as `gossamer` builds it, in an empty directory and an environment that says nothing."""

import argparse
import os
from collections.abc import Callable

import pytest

from gossamer.cli import config, doctor

Gossamer = Callable[..., tuple[int, str, str]]


@pytest.fixture
def gossamer(tmp_path, monkeypatch, capsys) -> Gossamer:
    """Runs a command; gives its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("GOSSAMER_") or name == "OPENAI_API_KEY" or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    parser = argparse.ArgumentParser(prog="gossamer")
    subparsers = parser.add_subparsers(required=True)
    config.add_commands(subparsers)
    doctor.add_commands(subparsers)

    def gossamer(*words: str) -> tuple[int, str, str]:
        args = parser.parse_args(words)
        status = args.run(args)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return gossamer
