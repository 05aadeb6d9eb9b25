from datetime import UTC, datetime

import pytest

from gossamer.policy.calendar import day_ends_in_s, day_of, month_ends_in_s, month_of


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("before", "after", "is_new_month"),
    [
        ("2026-11-21T23:59:59.999", "2026-11-22T00:00:00", False),
        ("2026-11-30T23:59:59.999", "2026-12-01T00:00:00", True),
        ("2026-12-31T23:59:59.999", "2027-01-01T00:00:00", True),
        ("2028-02-28T23:59:59.999", "2028-02-29T00:00:00", False),
        ("2028-02-29T23:59:59.999", "2028-03-01T00:00:00", True),
    ],
)
def test_days_and_months_are_numbered_one_after_the_other(before, after, is_new_month):
    earlier, later = day_of(at(before)), day_of(at(after))
    assert later == earlier + 1
    assert month_of(later) == month_of(earlier) + is_new_month


@pytest.mark.parametrize(
    ("now", "day_s", "month_s"),
    [
        ("2026-11-30T23:59:00", 60, 60),
        ("2026-11-21T00:00:00", 86_400, 10 * 86_400),
        ("2026-12-31T12:00:00", 43_200, 43_200),
        ("2028-02-28T00:00:00", 86_400, 2 * 86_400),
    ],
)
def test_when_they_end(now, day_s, month_s):
    assert (day_ends_in_s(at(now)), month_ends_in_s(at(now))) == (day_s, month_s)
