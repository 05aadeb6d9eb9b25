"""The words of the project: nothing unfinished, nothing of somebody's own machine, no link that leads nowhere."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.pages import ROOT, pages, prose

# Written so that no pattern finds itself.
UNFINISHED = re.compile(
    r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K]|TB[D]|WI[P])\b"
    r"|(?i:\b(lorem ipsu[m]|coming soo[n]|to be don[e]|not yet implemente[d]|placeholde[r])\b)"
    r"|\bNotImplemented[E]rror\b"
)
MACHINE = re.compile(r"/wor[k](space|trees?)?/\w|/hom[e]/\w\w|/User[s]/\w|/roo[t]/|/tmp/ven[v]")
"""Paths of somebody's own; /home/g, of nobody's, stands in a test."""
REGISTRY = re.compile(r"(?i)pypi\.or[g]|pythonhosted\.or[g]|--(extra-)?index-ur[l]|artifactor[y]|proxy\.golang\.or[g]")
TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)

UI = "src/gossamer/control/ui/**/*"
WRITTEN = ("src/**/*.py", UI, "tests/**/*.py", "docs/**/*", "*.md", "*.toml", "*.yaml", "Makefile", ".ci/*")

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def written() -> list[Path]:
    """Everything that somebody wrote and somebody reads."""
    return sorted({path for form in WRITTEN for path in ROOT.glob(form) if path.is_file() and path.suffix != ".pyc"})


def found(pattern: re.Pattern[str], paths: Iterable[Path]) -> list[str]:
    """Where a pattern stands, as file:line: text."""
    places = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if pattern.search(line):
                places.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return places


@pytest.mark.parametrize(
    "pattern", [UNFINISHED, MACHINE, REGISTRY, TRAILING], ids=["unfinished", "machine", "registry", "trailing space"]
)
def test_no_word_is_written_that_nobody_should_read(pattern: re.Pattern[str]):
    assert found(pattern, written()) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (UNFINISHED, "# TO" + "DO: later"),
        (UNFINISHED, "raise NotImplemented" + "Error"),
        (UNFINISHED, "Place" + "holder for the figure"),
        (MACHINE, "see /ho" + "me/someone/notes"),
        (MACHINE, "cd /wo" + "rk/main"),
        (REGISTRY, "pip install --index-" + "url X"),
    ],
)
def test_such_a_word_would_be_found(pattern: re.Pattern[str], line: str):
    assert pattern.search(line)


def test_what_is_looked_at_is_the_project():
    assert {ROOT / "README.md", ROOT / "Makefile", Path(__file__), ROOT / "src/gossamer/__init__.py"} <= set(written())


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(path: Path):
    links = _LINK.findall(prose(path.read_text(encoding="utf-8")))
    astray = [link for link in links if not link.startswith(("https://", "http://")) and not leads(path, link)]
    assert astray == []


def leads(path: Path, link: str) -> bool:
    """Whether a relative link has its file, and its heading where it names one."""
    name, _, anchor = link.partition("#")
    target = path.parent / name if name else path
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(path: Path) -> set[str]:
    """The headings of a page, as forges make anchors of them."""
    heads = _HEADING.findall(prose(path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_a_link_that_leads_nowhere_would_be_found():
    readme = ROOT / "README.md"
    assert leads(readme, "ARCHITECTURE.md#the-floors")
    assert not leads(readme, "ARCHITECTURE.md#the-roof")
    assert not leads(readme, "ATTIC.md")


def test_the_paths_that_the_recipes_name_exist():
    """CONTRIBUTING.md sends people to files and folders; so does the README."""
    text = " ".join((ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "README.md"))
    named = re.findall(r"`((?:src|tests|docs|core|config|worker|mock|supervisor)/[\w./-]*)`", text)
    missing = [name for name in named if not ((ROOT / name).exists() or (ROOT / "src" / "gossamer" / name).exists())]
    assert named
    assert missing == []
