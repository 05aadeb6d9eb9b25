"""Nothing grows beyond what one can read at a sitting, and no two modules need each other."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.house.pages import ROOT, SOURCE, sources

FILE_LINES = 400
FUNCTION_LINES = 60
LEAST_WORDS = 3
"""A docstring of fewer says nothing that the name does not say."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Imports = dict[str, set[str]]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources()}


def test_no_file_is_longer_than_one_can_oversee():
    lines = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: count for path, count in lines.items() if count > FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen(trees: dict[Path, ast.Module]):
    long = [
        f"{shown(path)}:{node.lineno} {node.name}: {lines_of(node)} lines"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, Function) and lines_of(node) > FUNCTION_LINES
    ]
    assert long == []


def test_every_module_says_where_one_is(trees: dict[Path, ast.Module]):
    silent = [shown(path) for path, tree in trees.items() if len((ast.get_docstring(tree) or "").split()) < LEAST_WORDS]
    assert silent == []


def test_no_two_modules_need_each_other(trees: dict[Path, ast.Module]):
    imports = imports_of({module_name(path): tree for path, tree in trees.items()})
    assert find_cycle(imports) == []


# --- the reading of imports ---


def imports_of(trees: dict[str, ast.Module]) -> Imports:
    """Which modules each one loads as it is loaded; what only the type checker reads does not count."""
    return {name: {found for found in loaded_by(tree.body) if found in trees} - {name} for name, tree in trees.items()}


def loaded_by(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module or ""
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from loaded_by(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            yield from loaded_by(node.body)


def find_cycle(imports: Imports) -> list[str]:
    """One circle of modules, its first at its end again; empty where there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for needed in sorted(imports[name]):
            if circle := walk(needed, [*way, name]):
                return circle
        done.add(name)
        return []

    return next((circle for name in sorted(imports) if (circle := walk(name, []))), [])


def test_a_circle_would_be_found():
    text = {
        "a": "import b",
        "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nimport c",
        "c": "",
    }
    parsed = {name: ast.parse(source) for name, source in text.items()}
    assert find_cycle(imports_of(parsed)) == []
    circle = find_cycle(imports_of({**parsed, "c": ast.parse("from a import x")}))
    assert list(pairwise(circle)) == [("a", "b"), ("b", "c"), ("c", "a")]
