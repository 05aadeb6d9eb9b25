"""ARCHITECTURE.md is true: its tables say what the code says."""

import importlib
import tomllib
from typing import Any

import pytest

from gossamer.cli.main import COMMANDS
from gossamer.pipeline import ADMIT, TIMING
from gossamer.supervisor.run import AGENTS_COMMAND, CONTROL_COMMAND, RECORDER_COMMAND, WORKER_COMMAND
from tests.house.pages import ROOT, SOURCE, code, codes, page, table

PAGE = "ARCHITECTURE.md"
BESIDE_THE_FLOORS = {"bench"}
"""Its own contract says what it may import."""


def contract(begins: str) -> dict[str, Any]:
    """What import-linter is told, by the beginning of its name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (found,) = [each for each in project["contracts"] if each["name"].startswith(begins)]
    return dict(found)


def layers() -> list[list[str]]:
    """The floors from the top; those on one floor are parted by a bar."""
    floors = contract("Imports go down")["layers"]
    return [[name.strip().removeprefix("gossamer.") for name in floor.split("|")] for floor in floors]


def test_the_floors_are_those_that_the_import_linter_holds():
    assert [codes(cell) for cell in table(PAGE, "floor").column("floor")] == layers()


def test_every_part_of_the_package_stands_on_a_floor():
    folders = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    modules = {path.stem for path in SOURCE.glob("*.py") if not path.stem.startswith("__")}
    on_floors = {name for floor in layers() for name in floor}
    assert folders | modules == on_floors | BESIDE_THE_FLOORS


def test_each_floor_is_said_to_import_the_next_one_down():
    said = [codes(cell) for cell in table(PAGE, "floor").column("may import")]
    assert said == [*layers()[1:], []]


def test_the_yardstick_is_forbidden_every_floor_but_http():
    forbidden = {name.removeprefix("gossamer.") for name in contract("The yardstick")["forbidden_modules"]}
    assert forbidden == {name for floor in layers() for name in floor} - {"http"}


def test_only_who_administers_may_know_a_database_or_a_web_framework():
    told = {name.removeprefix("gossamer.") for name in contract("What requests pass")["source_modules"]}
    assert told == {name for floor in layers() for name in floor} - {"cli", "supervisor", "control"}


def test_the_names_of_what_is_timed_are_those_in_every_answer():
    assert [code(cell) for cell in table(PAGE, "name").column("name")] == list(TIMING.names)


def test_the_picture_of_a_request_has_the_stages_in_their_order():
    (line,) = [line for line in page(PAGE).splitlines() if line.startswith("   ADMIT ")]
    drawn = line.removeprefix("   ADMIT ").partition("   each")[0].split("─►")
    assert [name.strip() for name in drawn] == [stage.__name__ for stage in ADMIT]


@pytest.mark.parametrize("place", table(PAGE, "name").column("in"))
def test_where_each_name_is_said_to_live_there_is_something(place: str):
    assert (SOURCE / code(place)).exists()


@pytest.mark.parametrize("row", table(PAGE, "process").rows, ids=lambda row: row[0])
def test_each_process_is_started_as_it_is_said(row: list[str]):
    _, started_by, begins_in, _ = row
    words = code(started_by).split()
    if words[0] == "gossamer":
        assert words[1] in {command.name for command in COMMANDS}
    else:
        assert words[-2:] in [
            list(command[-2:]) for command in (WORKER_COMMAND, CONTROL_COMMAND, RECORDER_COMMAND, AGENTS_COMMAND)
        ]
    assert importlib.import_module(code(begins_in)).__file__


def test_the_files_that_the_page_names_exist():
    named = [word for word in codes(page(PAGE)) if word.endswith(".py")]
    assert named
    assert [word for word in named if not ((SOURCE / word).exists() or (ROOT / word).exists())] == []
