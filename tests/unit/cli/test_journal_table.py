import re

import pytest

from gossamer.cli.journal_table import HEADING, render_row
from gossamer.core.record import Outcome, Record, Usage


def record(status: int = 200, outcome: Outcome = "completed", **changes: object) -> Record:
    fields: dict[str, object] = {"target": "openai/gpt-4o-mini", "usage": Usage(input=412, output=180), **changes}
    return Record(
        "req_1",
        1_800_000_000.1234,
        0,
        1,
        "POST",
        "/",
        status,
        outcome,
        [],
        812_345_678,
        31_234,
        **fields,  # type: ignore[arg-type]
    )


def test_a_row_says_what_a_person_looks_for() -> None:
    row = render_row(record(), is_coloured=False)
    assert re.match(r"2027-01-1[45] \d\d:\d\d:00\.123  ", row)
    assert row[25:] == ("200  completed        openai/gpt-4o-mini                 812.3     0.031      412/180  req_1")


def test_an_error_comes_last() -> None:
    row = render_row(record(502, "provider_failed", error="provider_unavailable"), is_coloured=False)
    assert row.endswith("  req_1  provider_unavailable")


@pytest.mark.parametrize(
    ("target", "model", "shown"),
    [("openai/gpt-4o", "gpt-4o", "openai/gpt-4o"), (None, "gpt-4o", "gpt-4o"), (None, None, "-")],
)
def test_the_target_stands_for_the_model_where_there_is_one(target: str, model: str, shown: str) -> None:
    assert f"  {shown:28}  " in render_row(record(target=target, model=model), is_coloured=False)


def test_columns_stand_under_their_heading() -> None:
    row = render_row(record(usage=None), is_coloured=False)
    assert row.index("req_1") == HEADING.index("id", HEADING.index("tokens"))
    assert row.index("completed") == HEADING.index("outcome")
    assert row.index("openai/") == HEADING.index("target")


@pytest.mark.parametrize(("status", "colour"), [(200, "\x1b[32m"), (404, "\x1b[33m"), (502, "\x1b[31m")])
def test_colour_is_the_class_of_the_status_and_only_where_asked(status: int, colour: str) -> None:
    assert f"{colour}{status}\x1b[0m" in render_row(record(status), is_coloured=True)
    assert "\x1b" not in render_row(record(status), is_coloured=False)


def test_what_a_caller_chose_cannot_steer_the_terminal() -> None:
    row = render_row(record(target=None, model="\x1b[2Jgone\r", error="two\nlines"), is_coloured=False)
    assert row.isprintable()
    assert "\\x1b[2Jgone\\r" in row
