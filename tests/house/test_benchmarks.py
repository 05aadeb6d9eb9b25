"""Benchmarks are run by hand, and now and then: that each of them still finds what it imports is looked at here."""

from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
MODULES = sorted(file.stem for file in FOLDER.glob("*.py") if file.stem not in {"__init__", "locustfile"})
"""The one left out has an environment of its own, and tests of its own."""


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_finds_what_it_imports(name: str) -> None:
    assert import_module(f"benchmarks.{name}").__doc__
