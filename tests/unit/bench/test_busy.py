"""What is made of a crowded machine."""

import pytest

from gossamer.bench.busy import beside_neighbours
from gossamer.bench.verdict import Answer, Budget, Result


@pytest.mark.parametrize(
    ("answer", "share", "left", "notes"),
    [
        (Answer.PASS, 0.05, Answer.PASS, 0),
        (Answer.PASS, 0.9, Answer.PASS, 1),
        (Answer.FAIL, 0.05, Answer.FAIL, 0),
        (Answer.FAIL, 0.15, Answer.FAIL, 1),
        (Answer.FAIL, 0.9, Answer.INCONCLUSIVE, 1),
        (Answer.INCONCLUSIVE, 0.9, Answer.INCONCLUSIVE, 1),
    ],
)
def test_neighbours_make_it_dearer_never_cheaper(answer: Answer, share: float, left: Answer, notes: int):
    result = beside_neighbours(Result("x", Budget(2.0, "s"), answer), share)
    assert (result.answer, len(result.notes)) == (left, notes)
