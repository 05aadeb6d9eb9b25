"""What is asked for never becomes part of a statement."""

import pytest

from gossamer.projections.clickhouse.client import _text
from gossamer.projections.clickhouse.statements import rows_of, times_of
from gossamer.projections.clickhouse.windows import Window
from gossamer.projections.traces.query import Place, Query

EVIL = "'} OR 1=1 --"
WINDOW = Window(3, 9, 100)


def test_values_are_bound_and_never_written_into_a_statement():
    asked = dict.fromkeys(("key", "user", "agent", "model", "target", "session", "outcome", "text"), EVIL)
    query = Query(**asked, after=Place(7, EVIL))  # type: ignore[arg-type]
    for count, (words, values) in ((8, times_of(query, WINDOW, 50)), (9, rows_of(query, [7], 50, by_id=True))):
        assert EVIL not in words
        assert list(values.values()).count(EVIL) == count
        for name in values:
            assert f"{{{name}:" in words


def test_times_are_those_of_the_window_and_no_others():
    words, values = times_of(Query(since_us=1, until_us=20), WINDOW, 50)
    assert (values["low_us"], values["high_us"]) == (3, 9)
    assert "at >= " in words
    assert "at < " in words


def test_rows_are_read_by_the_key_of_the_table():
    words, values = rows_of(Query(key="k"), [7, 5], 50, by_id=False)
    assert "at IN (SELECT " in words
    assert values["times"] == [7, 5]
    assert " id " not in words, "a granule of ids would be unpacked for each of them"
    assert "key = {key:String}" in words, "another trace may have come in the same microsecond"


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\\b\tc\nd", "a\\\\b\\tc\\nd"), (7, "7"), (["a", "b'c"], "['a','b\\\\'c']"), ([1, 23], "[1,23]")],
)
def test_a_bound_value_is_escaped_as_a_field(value: str | int | list[str], text: str):
    assert _text(value) == text
