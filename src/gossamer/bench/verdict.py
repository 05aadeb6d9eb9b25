"""What a measure found, held against its budget. A noisy run must be able to say so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from gossamer.bench.statistics import Interval


class Answer(StrEnum):
    """Ordered by nothing: see `exit_code` for what a whole run says."""

    PASS = "pass"  # noqa: S105 - an answer, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_COMPARABLE = "not comparable"
    SHOWN = "not judged"
    """A figure from too little to decide on: it takes no part in the whole."""


@dataclass(frozen=True, slots=True)
class Budget:
    """An upper limit, in `unit`."""

    limit: float
    unit: str


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the verdict. `interval` is None where nothing was measured, and then `notes` say why."""

    name: str
    budget: Budget
    answer: Answer
    interval: Interval | None = None
    notes: tuple[str, ...] = ()
    rounds: dict[str, list[float]] = field(default_factory=dict)
    """What the interval was made of, a series for each arm."""


LEAST_CONFIDENCE = 0.9
"""Under this an interval decides nothing: three rounds that agree do so by chance one time in four."""


def judge(interval: Interval, limit: float) -> Answer:
    """The whole interval must lie on one side of the limit; the limit itself is still within budget."""
    if interval.confidence < LEAST_CONFIDENCE:
        return Answer.INCONCLUSIVE
    if interval.high <= limit:
        return Answer.PASS
    if interval.low > limit:
        return Answer.FAIL
    return Answer.INCONCLUSIVE


def exit_code(results: Iterable[Result]) -> int:
    """0 when all is within its limit, 1 when something is known to be over it, 3 when nothing compares, else 2."""
    answers = {result.answer for result in results} - {Answer.SHOWN}
    if Answer.FAIL in answers:
        return 1
    if Answer.INCONCLUSIVE in answers or not answers:
        return 2
    return 3 if Answer.NOT_COMPARABLE in answers else 0
