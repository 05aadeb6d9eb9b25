"""The project's pages and sources, as the tests of the house read them."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "gossamer"

_CELL = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


class Table(NamedTuple):
    """One table of a page."""

    heads: list[str]
    rows: list[list[str]]

    def column(self, head: str) -> list[str]:
        at = self.heads.index(head)
        return [row[at] for row in self.rows]


def page(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def pages() -> list[Path]:
    """Every page that is written for people."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def sources() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def tables(text: str) -> list[Table]:
    """The tables of a page, or of a part of one, in their order."""
    found: list[Table] = []
    block: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            block.append([cell.strip().replace(r"\|", "|") for cell in _CELL.split(line)[1:-1]])
        elif block:
            found.append(Table(block[0], block[2:]))
            block = []
    return found


def table(path: str, head: str) -> Table:
    """The one table of a page whose first column is called `head`."""
    (found,) = [each for each in tables(page(path)) if each.heads[0] == head]
    return found


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return _FENCED.sub("", text)


def blocks(text: str, language: str) -> list[str]:
    """The blocks of code in one language."""
    return [inner for found, inner in _FENCED.findall(text) if found == language]


def codes(text: str) -> list[str]:
    """What stands in backticks within a line."""
    return _CODE.findall(prose(text))


def code(cell: str) -> str:
    """The first of them."""
    return codes(cell)[0]
