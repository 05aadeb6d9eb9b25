"""Finished requests: what was asked, who answered, how long each step took, and what it cost."""

from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import structs
from pydantic import Field, StringConstraints

from gossamer.control.api.shapes.limits import Usd, to_nanos, to_usd
from gossamer.control.api.shapes.values import Ask, Id, Moment, Search, SessionName, Shape
from gossamer.control.store.page import PAGE_DEFAULT
from gossamer.core.record import Directed, Finish, Outcome, Usage
from gossamer.projections.traces.query import MOST_A_PAGE, Order, Place, Query
from gossamer.projections.traces.trace import US_PER_S, Trace

_PLACE: Final = r"^[0-9]{1,17}\.[0-9A-Za-z_-]{0,64}$"
_NS_PER_MS: Final = 1_000_000
_US_PER_MS: Final = 1_000
_MS_PLACES: Final = 3
_FAILED: Final = 400

Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
After = Annotated[str, StringConstraints(pattern=_PLACE)]
Status = Annotated[int, Field(ge=100, le=599)]


class AttemptOut(Shape):
    """A try that failed, or the last one where any did."""

    target: str
    status: Annotated[int, Field(description="The provider's; 0 where no answer came.")]
    ms: float
    error: str | None


class UsageOut(Shape):
    """Tokens as the provider counted them. `cached` is part of `input`, `reasoning` of `output`."""

    input: int
    output: int
    cached: int
    reasoning: int

    @classmethod
    def of(cls, usage: Usage) -> "UsageOut":
        return cls(input=usage.input, output=usage.output, cached=usage.cached, reasoning=usage.reasoning)


class DirectedOut(Shape):
    """The directive that was put before what was asked."""

    id: str
    number: Annotated[int, Field(description="Of its version.")]


class ContentOut(Shape):
    """What was asked and answered, where `capture.content` has it kept."""

    request: str
    answer: Annotated[str, Field(description="Of a stream, what it told.")]
    request_cut_bytes: Annotated[int, Field(description="So many more there were.")]
    answer_cut_bytes: int
    request_sha256: str
    answer_sha256: str
    is_redacted: bool


class TraceOut(Shape):
    """One finished request. Times are in milliseconds."""

    id: str
    request_id: Annotated[str, Field(description="What the caller was shown: its own, if it sent one.")]
    at: Annotated[Moment, Field(description="Arrival.")]
    method: str
    path: str
    status: int
    outcome: Outcome
    error: str | None
    key: Annotated[str | None, Field(description="The key's id; of one that the configuration grants, its name.")]
    user: str | None
    agent: str | None
    model: Annotated[str | None, Field(description="As it was asked for.")]
    target: Annotated[str | None, Field(description="Who answered: provider/model.")]
    stream: bool
    finish: Annotated[Finish | None, Field(description="Why the answer ended.")]
    total_ms: float
    overhead_ms: Annotated[float, Field(description="The gateway's own part, up to the head of the answer.")]
    first_byte_ms: float | None
    stages: Annotated[dict[str, float], Field(description="How long each step took, in their order.")]
    attempts: list[AttemptOut]
    usage: UsageOut | None
    cost_usd: Annotated[str | None, Field(description="null: nobody knows, since the model has no price.")]
    session: Annotated[str | None, Field(description="`X-Session-ID`, where the caller sent one.")]
    directive: Annotated[DirectedOut | None, Field(description="null: its agent has none, or it had no place.")]
    content: Annotated[ContentOut | None, Field(description="null in lists.")]

    @classmethod
    def of(cls, trace: Trace, *, is_whole: bool = False) -> "TraceOut":
        """Whole ones have their content."""
        record = trace.record
        return cls(
            id=record.id,
            request_id=record.request_id,
            at=datetime.fromtimestamp(trace.at_us / US_PER_S, UTC),
            method=record.method,
            path=record.path,
            status=record.status,
            outcome=record.outcome,
            error=record.error,
            key=record.key,
            user=record.user,
            agent=record.agent,
            model=record.model,
            target=record.target,
            stream=record.stream,
            finish=record.finish,
            total_ms=_ms(record.total_ns),
            overhead_ms=_ms(record.overhead_ns),
            first_byte_ms=_ms(record.first_byte_ns) if record.first_byte_ns else None,
            stages={name: _ms(ns) for name, ns in zip(trace.stages, record.stages_ns, strict=False)},
            attempts=[
                AttemptOut(target=each.target, status=each.status, ms=_ms(each.duration_ns), error=each.error)
                for each in record.attempts
            ],
            usage=UsageOut.of(record.usage) if record.usage is not None else None,
            cost_usd=None if record.cost_nanos is None else to_usd(record.cost_nanos),
            session=record.session,
            directive=_directed(record.directive),
            content=ContentOut(**structs.asdict(record.content)) if is_whole and record.content is not None else None,
        )


class TraceAsk(Ask):
    """All that is given must hold."""

    since: Annotated[Moment | None, Field(description="Arrived then or later.")] = None
    until: Annotated[Moment | None, Field(description="Arrived before.")] = None
    key: Name | None = None
    user: Id | None = None
    agent: Id | None = None
    session: Annotated[SessionName | None, Field(description="`X-Session-ID`, as the caller sent it.")] = None
    model: Annotated[Name | None, Field(description="As it was asked for.")] = None
    target: Annotated[Name | None, Field(description="Who answered: provider/model.")] = None
    outcome: Outcome | None = None
    failed: Annotated[bool | None, Field(description="true: only what was answered with 400 or above.")] = None
    status: Annotated[Status | None, Field(description="This status alone.")] = None
    least_usd: Annotated[Usd | None, Field(description="Cost so much at least.")] = None
    least_ms: Annotated[
        float | None, Field(ge=0, le=1e9, description="Took so long at least, the provider included.")
    ] = None
    text: Annotated[
        Search | None,
        Field(
            description="Anywhere in the caller's id, the path, the error, or what was captured: all of it is read, a "
            "part with each page. Give a `since`, too."
        ),
    ] = None
    order: Annotated[Order, Field(description="By arrival.")] = "newest"
    limit: Annotated[int, Field(ge=1, le=MOST_A_PAGE, description="How many at most.")] = PAGE_DEFAULT
    after: Annotated[After | None, Field(description="The `next` of the page before.")] = None

    def query(self, owner: str | None) -> Query:
        """`owner` sees only what its own keys asked."""
        return Query(
            since_us=_us(self.since),
            until_us=_us(self.until),
            key=self.key,
            user=self.user if owner is None else owner,
            agent=self.agent,
            session=self.session,
            model=self.model,
            target=self.target,
            outcome=self.outcome,
            status_least=self.status or (_FAILED if self.failed else None),
            status_most=self.status or (_FAILED - 1 if self.failed is False else None),
            cost_least_nanos=None if self.least_usd is None else to_nanos(self.least_usd),
            total_least_us=None if self.least_ms is None else round(self.least_ms * _US_PER_MS),
            text=self.text,
            limit=self.limit,
            after=None if self.after is None else place_of_text(self.after),
            order=self.order,
        )


def place_text(place: Place) -> str:
    """Where the next page begins."""
    return f"{place.at_us}.{place.id}"


def place_of_text(text: str) -> Place:
    at_us, _, trace_id = text.partition(".")
    return Place(int(at_us), trace_id)


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * US_PER_S)


def _ms(duration_ns: int) -> float:
    return round(duration_ns / _NS_PER_MS, _MS_PLACES)


def _directed(directed: Directed | None) -> DirectedOut | None:
    return None if directed is None else DirectedOut(id=directed.id, number=directed.number)
