"""The three promises, held against one answer and its books: no silent end, no double answer, no double bill."""

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.bench.faults.asking import Answer
from gossamer.bench.faults.books import Record, Visits
from gossamer.bench.faults.cases import TOKENS, Case
from gossamer.bench.faults.prices import SECOND_NAME, price_of
from gossamer.bench.faults.story import Story

_OK = 200
_LEEWAY_TOKENS = 1
"""Of input that nobody counted, an estimate by its length; and of output, an event that was on its way."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One request, and everything that is known of it afterwards."""

    case: Case
    answer: Answer
    story: Story
    records: tuple[Record, ...]
    first: Visits
    second: Visits

    @property
    def is_complete(self) -> bool:
        """The client has the whole answer."""
        return self.answer.status == _OK and (self.story.has_finished or self.story.has_done) and not self.story.error

    @property
    def attempts(self) -> int:
        return self.first.attempts + self.second.attempts


def broken_promises(cell: Cell) -> Iterator[str]:
    """Each in words; nothing where all were kept."""
    yield from _silent_end(cell)
    yield from _double_answer(cell)
    if len(cell.records) != 1:
        yield f"{len(cell.records)} records of one request"
    else:
        yield from _wrong_bill(cell, cell.records[0])


def _silent_end(cell: Cell) -> Iterator[str]:
    answer, story = cell.answer, cell.story
    if answer.status == 0:
        yield "no answer at all"
    elif answer.status != _OK and not story.error:
        yield f"a {answer.status} without a reason"
    elif answer.status == _OK and not cell.is_complete and not story.error and not story.unreadable:
        yield "a silent end: neither the whole answer nor an error"
    elif answer.status == _OK and cell.is_complete and not answer.is_whole:
        yield "the answer is whole, and its connection broke off"


def _double_answer(cell: Cell) -> Iterator[str]:
    if len(cell.story.ids) > 1 or cell.story.tokens > TOKENS:
        yield f"a double answer: {cell.story.tokens} tokens of {len(cell.story.ids)} answers"
    if cell.first.has_answered and cell.second.has_answered:
        yield "both targets generated an answer"


def _wrong_bill(cell: Cell, record: Record) -> Iterator[str]:
    nanos, story = record.cost_nanos or 0, cell.story
    price = price_of(record.target)
    if cell.second.has_answered and not record.target.startswith(f"{SECOND_NAME}/"):
        yield f"the second target answered, and {record.target} is in the record"
    if cell.is_complete and story.has_usage:
        due = price.nanos(story.prompt, story.tokens if cell.case.shape == "JSON" else _written(cell))
        if nanos != due:
            yield f"billed {nanos} nano-dollars, and {due} were used"
    elif story.tokens:
        least = price.nanos(0, story.tokens - _LEEWAY_TOKENS)
        most = price.nanos(_prompt(cell) + _LEEWAY_TOKENS, story.tokens + _LEEWAY_TOKENS)
        if not least <= nanos <= most:
            yield f"billed {nanos} nano-dollars for {story.tokens} tokens that went out"
    elif nanos and cell.answer.status != _OK:
        yield f"billed {nanos} nano-dollars for no answer"


def _written(cell: Cell) -> int:
    """By the provider's own count: one chunk that cannot be read was generated all the same."""
    return cell.story.tokens + cell.story.unreadable


def _prompt(cell: Cell) -> int:
    """Of a stream that never told its usage, about a token for four bytes: the longest body that is sent here."""
    return cell.story.prompt or 60
