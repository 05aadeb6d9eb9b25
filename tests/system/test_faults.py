"""The faults of a provider through a real gateway, shortened: every promise is kept, and the page says what happens."""

import pytest

from gossamer.bench.faults.cases import SHORT
from gossamer.bench.faults.page import all_broken, write_tables
from gossamer.bench.faults.round import Round, take_round
from tests.house.pages import Table, page, tables

PAGE = "docs/reference/faults.md"
OUTAGE = "15"
"""Its counts are those of a moment."""
SAME_EACH_TIME = ("", "asked", "the client saw", "asked of", "record")


@pytest.fixture(scope="module")
def found() -> Round:
    return take_round(SHORT)


def rows(table: Table) -> list[list[str]]:
    columns = [table.column(head) for head in SAME_EACH_TIME]
    return [list(row) for row in zip(*columns, strict=True) if row[0] != OUTAGE]


def test_no_silent_end_no_double_answer_no_double_bill(found: Round):
    assert list(all_broken(found)) == []


def test_the_page_says_what_happens(found: Round):
    told = [rows(table) for table in tables(page(PAGE))]
    now = [rows(table) for table in tables(write_tables(found))]
    assert told == now, "write it anew: gossamer bench faults --write docs/reference/faults.md"
