"""Whether a gateway has become dearer than what it is compared with: pass, fail or inconclusive, and never by luck.

Pure. A change fails only where all of it holds: the ratio is over the limit, its lower end is over one and the noise
floor, the change is large enough for anybody to feel, and it is significant among all that were looked at (Holm).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.bench.families import holm
from gossamer.bench.statistics import Interval
from gossamer.bench.student import NORMAL
from gossamer.bench.tails import UNBOUNDED
from gossamer.bench.verdict import LEAST_CONFIDENCE, Answer, Budget, Result

LATENCY_LIMIT = 1.20
CPU_LIMIT = 1.10
LEAST_FLOOR = 0.05
FELT_US = {0.5: 250.0, 0.99: 1000.0}
"""By quantile: a smaller change is true, perhaps, and nobody's trouble."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure now, against the same figure before."""

    name: str
    ratio: Interval
    p: float
    """How well what was drawn goes with a ratio of one and the floor."""
    floor: float
    """Noise, as a share of the figure before."""
    limit: float
    change_us: Interval | None = None
    """None where the figure is no time that anybody feels."""
    felt_us: float = 0.0
    doubt: str = ""
    """Why it is shown and not judged; empty where it is judged."""
    notes: tuple[str, ...] = ()


def judge_changes(changes: Sequence[Change], unit: str) -> list[Result]:
    """All of one comparison together: the more is looked at, the more it takes."""
    judged = {change.name: change.p for change in changes if not change.doubt}
    significant = holm(judged)
    return [_result(change, unit, change.name in significant) for change in changes]


def floor_of(noise: float) -> float:
    """As the method has it: at least 5 %."""
    return max(LEAST_FLOOR, noise)


def p_of(ratio: Interval, threshold: float) -> float:
    """One-sided, from an interval alone, as if it were normal."""
    error = (ratio.high - ratio.low) / 2 / NORMAL.inv_cdf(0.975)
    if ratio.confidence < LEAST_CONFIDENCE:
        return 1.0
    if error <= 0:
        return 0.0 if ratio.centre > threshold else 1.0
    return NORMAL.cdf((threshold - ratio.centre) / error)


def _result(change: Change, unit: str, is_significant: bool) -> Result:
    answer = Answer.SHOWN if change.doubt else judge_change(change, is_significant=is_significant)
    notes = list(change.notes)
    is_told = change.ratio.confidence >= LEAST_CONFIDENCE and change.ratio.high < UNBOUNDED
    if not is_told:
        notes.append("no ratio can be told: too few rounds, or one side adds nothing that is clear of noise")
    elif change.doubt:
        notes.append(change.doubt)
    elif answer is Answer.INCONCLUSIVE:
        notes.append(f"this run could have seen a change of {change.ratio.smallest_effect:.0%}")
    return Result(change.name, Budget(change.limit, unit), answer, change.ratio if is_told else None, tuple(notes))


def judge_change(change: Change, *, is_significant: bool) -> Answer:
    """The rule."""
    ratio = change.ratio
    if ratio.confidence < LEAST_CONFIDENCE:
        return Answer.INCONCLUSIVE
    if ratio.high <= change.limit or _nobody_feels(change):
        return Answer.PASS
    is_dearer = ratio.centre > change.limit and ratio.low > 1 + change.floor
    if is_dearer and is_significant and _is_felt(change):
        return Answer.FAIL
    return Answer.INCONCLUSIVE


def _nobody_feels(change: Change) -> bool:
    """However dear it is as a ratio: the whole interval of the change lies below what counts."""
    found = change.change_us
    return found is not None and found.confidence >= LEAST_CONFIDENCE and found.high <= change.felt_us


def _is_felt(change: Change) -> bool:
    return change.change_us is None or change.change_us.centre > change.felt_us
