"""Which turns are believed."""

import pytest

from gossamer.bench.measures.request_cpu import wrong_with
from gossamer.bench.wrk import Counts


def test_a_turn_that_the_provider_confirms():
    assert wrong_with(Counts(1000, 0, 0), 1065) is None


@pytest.mark.parametrize(
    ("counts", "reached", "told"),
    [
        (Counts(1000, 7, 0), 1000, "7 were refused"),
        (Counts(1000, 0, 2), 1000, "2 broke off"),
        (Counts(0, 0, 0), 0, "not one request"),
        (Counts(1000, 0, 0), 12, "only 12 reached the provider"),
    ],
)
def test_a_turn_that_cannot_be_believed(counts: Counts, reached: int, told: str):
    assert told in (wrong_with(counts, reached) or "")
