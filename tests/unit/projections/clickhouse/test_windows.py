"""How a search goes through the time: all of it once, in windows as large as they must be and may be."""

from collections.abc import Sequence

import pytest

from gossamer.projections.clickhouse.windows import FIRST_ROWS, FIRST_ROWS_OF_TEXT, Day, Window, Windows
from gossamer.projections.traces.query import Place, Query

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
DAYS = [Day(number * DAY_US, (number + 1) * DAY_US - 1, 1_000_000) for number in (3, 0, 4, 1)]
"""As ClickHouse gives them, in no order; on one of them nothing came."""
LIMIT = 50


def windows_of(query: Query, *, days: Sequence[Day] = DAYS, within_s: float | None = None) -> Windows:
    return Windows(days, query, LIMIT, within_s)


def walked(windows: Windows, found_each: int = 0, took_s: float = 0.01) -> list[Window]:
    """All of its windows, each of which had so many."""
    seen = []
    while (window := windows.next()) is not None:
        windows.saw(window, [window.low_us] * found_each, took_s, is_cut=False)
        seen.append(window)
    return seen


def test_from_the_newest_on_each_window_begins_where_the_one_before_it_ended():
    seen = walked(windows_of(Query()))
    assert seen[0].high_us == 5 * DAY_US
    assert seen[-1].low_us == 0
    for before, window in zip(seen, seen[1:], strict=False):
        assert before.low_us - window.high_us in (0, DAY_US), "what is between them is the day on which nothing came"


def test_from_the_oldest_on_they_go_the_other_way():
    seen = walked(windows_of(Query(order="oldest")))
    assert seen[0].low_us == 0
    assert seen[-1].high_us == 5 * DAY_US
    for before, window in zip(seen, seen[1:], strict=False):
        assert window.low_us - before.high_us in (0, DAY_US)


def test_where_nothing_is_found_they_grow():
    rows = [window.rows for window in walked(windows_of(Query(key="nobody")))]
    assert rows == [FIRST_ROWS, 8 * FIRST_ROWS, 64 * FIRST_ROWS]
    rows = [window.rows for window in walked(windows_of(Query(text="nowhere")))]
    assert rows[:3] == [FIRST_ROWS_OF_TEXT, 2 * FIRST_ROWS_OF_TEXT, 4 * FIRST_ROWS_OF_TEXT]


def test_what_was_found_says_how_far_to_look():
    windows = windows_of(Query(key="k"))
    window = windows.next()
    assert window is not None
    windows.saw(window, range(40), 0.01, is_cut=False)
    following = windows.next()
    assert following is not None
    assert following.rows == FIRST_ROWS, "the ten that are missing are near"
    windows.saw(following, range(9), 0.01, is_cut=False)
    assert len(walked(windows, found_each=1)) == 1


def test_when_enough_was_found_it_goes_on_behind_the_last_of_them():
    windows = windows_of(Query(key="k"))
    window = windows.next()
    assert window is not None
    last_us = 4 * DAY_US + 20 * HOUR_US
    windows.saw(window, [last_us] * LIMIT, 0.01, is_cut=True)
    assert windows.next() is None
    assert windows.rest == Place(last_us, "")
    windows = windows_of(Query(key="k", order="oldest"))
    window = windows.next()
    assert window is not None
    windows.saw(window, [HOUR_US] * LIMIT, 0.01, is_cut=True)
    assert windows.rest == Place(HOUR_US + 1, "")


def test_when_the_time_is_up_it_says_where_to_go_on_and_that_is_further_each_time():
    after, pages = None, 0
    while True:
        windows = windows_of(Query(text="nowhere", after=after), within_s=0.1)
        seen = walked(windows, took_s=0.2)
        assert len(seen) == 1
        pages += 1
        after = windows.rest
        if after is None:
            break
        assert after == Place(seen[0].low_us, "") or after.at_us == 2 * DAY_US
    assert pages == pytest.approx(sum(day.rows for day in DAYS) / FIRST_ROWS_OF_TEXT, rel=0.05)


def test_no_window_is_larger_than_what_can_be_read_in_the_time_that_is_left():
    windows = windows_of(Query(text="nowhere"), within_s=0.1)
    window = windows.next()
    assert window is not None
    windows.saw(window, [], 0.05, is_cut=False)
    following = windows.next()
    assert following is not None
    assert following.rows == FIRST_ROWS_OF_TEXT


@pytest.mark.parametrize(
    ("query", "low_us", "high_us"),
    [
        (Query(since_us=HOUR_US), HOUR_US, 5 * DAY_US),
        (Query(until_us=HOUR_US), 0, HOUR_US),
        (Query(after=Place(HOUR_US, "")), 0, HOUR_US),
        (Query(after=Place(HOUR_US, "req_7")), 0, HOUR_US + 1),
        (Query(after=Place(HOUR_US, "req_7"), order="oldest"), HOUR_US, 5 * DAY_US),
        (Query(after=Place(HOUR_US, ""), order="oldest", since_us=2), HOUR_US, 5 * DAY_US),
        (Query(after=Place(9 * DAY_US, "x"), until_us=HOUR_US), 0, HOUR_US),
    ],
)
def test_nothing_is_looked_at_that_was_not_asked_for(query: Query, low_us: int, high_us: int):
    seen = walked(windows_of(query))
    assert min(window.low_us for window in seen) == low_us
    assert max(window.high_us for window in seen) == high_us


@pytest.mark.parametrize("query", [Query(since_us=9 * DAY_US), Query(until_us=0), Query(since_us=7, until_us=7)])
def test_where_there_is_nothing_nothing_is_asked(query: Query):
    windows = windows_of(query)
    assert windows.next() is None
    assert windows.rest is None
    assert windows_of(Query(), days=[]).rest is None


def test_a_moment_with_many_of_them_is_one_window():
    windows = windows_of(Query(), days=[Day(7, 7, 90 * FIRST_ROWS)])
    (window,) = walked(windows)
    assert (window.low_us, window.high_us) == (7, 8)
