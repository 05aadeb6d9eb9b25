"""What is asked for never becomes part of a statement."""

import pytest

from gossamer.projections.clickhouse.client import _text
from gossamer.projections.clickhouse.search import words_of
from gossamer.projections.traces.query import Place, Query

EVIL = "'} OR 1=1 --"


def test_values_are_bound_and_never_written_into_the_statement():
    asked = dict.fromkeys(("key", "user", "agent", "model", "target", "outcome", "text"), EVIL)
    words, values = words_of(Query(**asked, after=Place(7, EVIL)), 50)  # type: ignore[arg-type]
    assert EVIL not in words
    assert list(values.values()).count(EVIL) == 8
    for name in values:
        assert f"{{{name}:" in words


def test_a_page_that_goes_on_spares_the_days_before_it():
    words, _ = words_of(Query(after=Place(7, "a")), 50)
    assert "at <= " in words
    words, _ = words_of(Query(after=Place(7, "a"), order="oldest"), 50)
    assert "at >= " in words


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\\b\tc\nd", "a\\\\b\\tc\\nd"), (7, "7"), (["a", "b'c"], "['a','b\\\\'c']")],
)
def test_a_bound_value_is_escaped_as_a_field(value: str | int | list[str], text: str):
    assert _text(value) == text
