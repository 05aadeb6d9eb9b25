"""The dashboard's scripts are small, ask only what the admin API has, and make no page of what a stranger said."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from gossamer.config.load import load_settings
from gossamer.control.api.app import make_app
from gossamer.control.api.dashboard import FOLDER, files
from tests.house.pages import ROOT, SOURCE, code, codes, page, tables
from tests.house.test_size import find_cycle

LINES = 150
LINE_CHARS = 120
PATHS = make_app(None, load_settings(None, {})).openapi()["paths"]
SCRIPTS = sorted(FOLDER.rglob("*.js"))
WRITTEN = sorted(path for path in FOLDER.rglob("*") if path.is_file())

HOSTILE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|setHTML"
    r"|\beval\b|\bFunction\(|javascript:|set(Timeout|Interval)\(\s*[\"'`]"
    r"|\bon[a-z]+\s*=(?!=|>)|localStorage|document\.cookie"
)
"""Ways for a text to become a page or a script, and places in which a token outlives its tab."""
ELSEWHERE = re.compile(r"(?:https?:)?//[a-z0-9]")
_ASKED = re.compile(r'^  \w+: "([A-Z]+ /\S*)",$', re.MULTILINE)
_ASKS = re.compile(r'\bask(?:IfAllowed)?\(\s*"(\w+)"')
_NAMES = re.compile(r"^  (\w+):", re.MULTILINE)

_IMPORT = re.compile(r'^import .* from "(\./|\.\./)([\w/]+\.js)";$', re.MULTILINE)


def table_of(script: str, name: str) -> str:
    return (FOLDER / script).read_text(encoding="utf-8").partition(f"const {name} = {{\n")[2].partition("\n};")[0]


def shown(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def imports(path: Path) -> set[str]:
    found = _IMPORT.findall(path.read_text(encoding="utf-8"))
    return {shown((path.parent / up / name).resolve()) for up, name in found}


def test_each_path_that_is_asked_is_in_the_document_with_its_method():
    asked = _ASKED.findall(table_of("api.js", "PATHS") + "\n")
    there = {f"{method.upper()} {path}" for path, methods in PATHS.items() for method in methods}
    assert len(asked) == len(_NAMES.findall(table_of("api.js", "PATHS"))) > 10
    assert set(asked) - there == set()


def test_what_is_asked_by_name_has_a_path_and_no_path_is_left_over():
    asked = {name for path in SCRIPTS for name in _ASKS.findall(path.read_text(encoding="utf-8"))}
    assert asked == set(_NAMES.findall(table_of("api.js", "PATHS")))


def test_nobody_else_goes_to_the_network():
    reaching = [
        shown(path) for path in SCRIPTS if re.search(r"\bfetch\(|XMLHttp|sendBeacon|WebSocket", path.read_text())
    ]
    assert reaching == ["api.js"]


@pytest.mark.parametrize("path", WRITTEN, ids=shown)
def test_nothing_can_become_a_script_or_come_from_another_host(path: Path):
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")  # the name of a language
    assert [line for line in text.splitlines() if HOSTILE.search(line) or ELSEWHERE.search(line)] == []
    assert "<style" not in text
    assert re.findall(r"<script(?![^>]* src=)", text) == []
    assert re.findall(r"\sstyle=", text) == []


@pytest.mark.parametrize(
    "line",
    [
        "x.innerHTML = y",
        "el.onclick = go",
        '<img src=x onerror="y">',
        "eval (x)",
        "new Function('x')",
        "setTimeout('x', 1)",
    ],
)
def test_such_a_line_would_be_found(line: str):
    assert HOSTILE.search(line)


@pytest.mark.parametrize("path", SCRIPTS, ids=shown)
def test_each_script_is_small_and_says_where_one_is(path: Path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= LINE_CHARS
    assert lines[0].startswith("// ")
    assert len(lines[0].split()) > 3


def test_each_script_is_there_and_is_needed_and_no_two_need_each_other():
    needs = {shown(path): imports(path) for path in SCRIPTS}
    linked = set(re.findall(r'(?:src|href)="([^"#]+)"', (FOLDER / "index.html").read_text()))
    assert set().union(*needs.values()) <= set(needs)
    assert set(needs) == set().union(*needs.values()) | {"main.js"}
    assert linked == {"main.js", "style.css", "icon.svg"}
    assert find_cycle(needs) == []


def test_no_view_needs_another_one_that_has_an_address():
    """What two of them need stands beside them."""
    addressed = {name for name in imports(FOLDER / "main.js") if name.startswith("views/")}
    views = [path for path in SCRIPTS if path.parent.name == "views"]
    assert {shown(path): sorted(imports(path) & addressed) for path in views if imports(path) & addressed} == {}


def test_the_wheel_has_all_of_it():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["gossamer"]
    folders = {(pattern.rpartition("/")[0], pattern.rpartition("/")[2]) for pattern in data}
    left = [
        path
        for path in WRITTEN
        if not any(path.parent == SOURCE / folder and fnmatch(path.name, name) for folder, name in folders)
    ]
    assert left == []
    assert {shown(path) for path in WRITTEN} == set(files()), "each has a type that it is sent with"


def test_there_is_advice_on_each_error_that_a_trace_can_have():
    told, *_ = [
        each for each in tables(page("docs/reference/errors.md")) if each.heads[:3] == ["error", "status", "code"]
    ]
    listed = {code(cell) for cell in told.column("code")}
    assert set(_NAMES.findall(table_of("advice.js", "ADVICE"))) == listed | {"provider_refused"}
    assert "provider_refused" in codes(page("docs/reference/errors.md"))


def test_each_stage_is_explained():
    stages = {
        code(cell)
        for table in tables(page("ARCHITECTURE.md"))
        if table.heads[0] == "name"
        for cell in table.column("name")
    }
    assert set(_NAMES.findall(table_of("views/waterfall.js", "MEANS"))) == stages | {"cache"}
