"""Days and months of UTC as numbers that can be compared, from Unix time that is handed in."""

from datetime import UTC, datetime
from typing import Final

DAY_S: Final = 86_400
_MONTHS: Final = 12


def day_of(at: float) -> int:
    """Days since 1970-01-01."""
    return int(at // DAY_S)


def month_of(day: int) -> int:
    """Months since year 0: one more each month, over the ends of years too."""
    date = datetime.fromtimestamp(day * DAY_S, UTC)
    return date.year * _MONTHS + date.month - 1


def day_ends_in_s(at: float) -> float:
    return (day_of(at) + 1) * DAY_S - at


def month_ends_in_s(at: float) -> float:
    month = month_of(day_of(at)) + 1
    return datetime(month // _MONTHS, month % _MONTHS + 1, 1, tzinfo=UTC).timestamp() - at
