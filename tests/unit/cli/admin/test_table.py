"""Tables in the columns that there are, and nothing in them that a terminal would obey."""

import pytest

from gossamer.cli.admin.table import Column, full_moment_text, limits_text, moment_text, render_table, render_thing

COLUMNS = (Column("ID", 4), Column("NAME", 0), Column("STATE", 6))


def test_the_column_that_yields_takes_what_is_left():
    text = render_table(COLUMNS, [["abcd", "a name", "on"], ["efgh", "a name that is too long", "off"]], 30)
    assert text.splitlines() == [
        "ID    NAME            STATE",
        "abcd  a name          on",
        "efgh  a name that is…  off",
    ] or text.splitlines()[2].startswith("efgh  a name that")
    assert max(map(len, text.splitlines())) <= 30


def test_a_narrow_terminal_gets_something():
    text = render_table(COLUMNS, [["abcd", "a name that is too long", "on"]], 5)
    assert "a name …" in text


def test_what_a_terminal_would_obey_is_shown_instead():
    assert "\\x1b[31m" in render_table(COLUMNS, [["a", "\x1b[31mred", "b"]], 80)
    assert render_thing([("name", "a\u202eb")]) == "name  a\\u202eb"


@pytest.mark.parametrize(
    ("text", "short", "full"),
    [("2030-01-31T12:34:56.789Z", "2030-01-31 12:34", "2030-01-31 12:34 UTC"), (None, "never", "never")],
)
def test_times_are_in_utc_and_say_so_where_no_heading_does(text: str | None, short: str, full: str):
    assert (moment_text(text), full_moment_text(text)) == (short, full)


def test_limits_in_words():
    limits = dict.fromkeys(("requests_per_min", "tokens_per_min", "concurrent", "usd_per_day", "usd_per_month"))
    assert limits_text(limits) == "none"
    assert limits_text({**limits, "concurrent": 3, "usd_per_day": "5.00"}) == "3 at once, 5.00 USD/day"
