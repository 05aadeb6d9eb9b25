"""What is left for others when our own part is taken off."""

import pytest

from gossamer.bench.neighbours import share


@pytest.mark.parametrize(
    ("ours", "idle", "others", "expected"),
    [
        (3.0, 1.0, 0.0, 0.0),
        (2.0, 1.0, 1.0, 0.5),
        (2.0, 1.0, 9.0, 0.5),  # the others ran on cores that are not ours
        (2.0, 1.0, 0.1, 0.05),  # the rest was interrupts
        (3.0, 1.02, 0.2, 0.0),  # idle time is counted in ticks
    ],
)
def test_the_smaller_reading_counts(ours: float, idle: float, others: float, expected: float):
    assert share(2.0, 2, ours, idle, others) == pytest.approx(expected)
