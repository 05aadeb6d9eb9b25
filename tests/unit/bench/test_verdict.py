"""When a number is within budget, over it, or cannot say."""

import pytest

from gossamer.bench.statistics import Interval
from gossamer.bench.verdict import Answer, Budget, Result, exit_code, judge

BUDGET = Budget(2.0, "x nginx")


@pytest.mark.parametrize(
    ("low", "high", "confidence", "answer"),
    [
        (1.7, 1.9, 0.95, Answer.PASS),
        (1.7, 2.0, 0.95, Answer.PASS),
        (1.7, 2.1, 0.95, Answer.INCONCLUSIVE),
        (2.0, 2.1, 0.95, Answer.INCONCLUSIVE),
        (2.1, 2.2, 0.95, Answer.FAIL),
        (1.7, 1.9, 0.75, Answer.INCONCLUSIVE),
        (2.1, 2.2, 0.75, Answer.INCONCLUSIVE),
        (1.7, 1.9, 0.9375, Answer.PASS),
    ],
)
def test_the_whole_interval_decides(low: float, high: float, confidence: float, answer: Answer):
    assert judge(Interval((low + high) / 2, low, high, confidence), BUDGET.limit) is answer


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ("pass", 0),
        ("pass pass", 0),
        ("pass inconclusive", 2),
        ("pass fail", 1),
        ("inconclusive fail pass", 1),
        ("", 2),
        ("not_comparable", 3),
        ("not_comparable pass", 3),
        ("not_comparable fail", 1),
        ("not_comparable inconclusive", 2),
        ("not_comparable shown", 3),
        ("shown", 2),
    ],
)
def test_the_exit_code_of_a_run(answers: str, code: int):
    assert exit_code(Result("x", BUDGET, Answer[answer.upper()]) for answer in answers.split()) == code
