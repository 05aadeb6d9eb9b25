"""Sessions: conversations that were held by requests of one `X-Session-ID`, and their turns."""

from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import structs
from pydantic import Field, StringConstraints

from gossamer.control.api.shapes.limits import to_usd
from gossamer.control.api.shapes.traces import ContentOut, DirectedOut, UsageOut
from gossamer.control.api.shapes.values import Ask, Id, Moment, SessionName, Shape
from gossamer.control.store.page import PAGE_DEFAULT
from gossamer.core.record import Content, Finish, Outcome
from gossamer.dialects.spoken import spoken
from gossamer.projections.sessions.search import MOST_A_PAGE, Query
from gossamer.projections.sessions.session import Session, Turn
from gossamer.projections.sessions.states import Spans, State, state_at
from gossamer.projections.traces.trace import US_PER_S

_PLACE: Final = r"^[0-9]{1,17}\.[0-9A-Za-z_-]{1,64}$"
_NS_PER_MS: Final = 1_000_000
_MS_PLACES: Final = 3

After = Annotated[str | None, StringConstraints(pattern=_PLACE), Field(description="The `next` of the page before.")]
Limit = Annotated[int, Field(ge=1, le=MOST_A_PAGE, description="How many at most.")]


class SessionOut(Shape):
    """One conversation."""

    id: Annotated[str, Field(description="The gateway's own: another user's session of the same name has another.")]
    name: Annotated[str, Field(description="`X-Session-ID`.")]
    user: str | None
    key: Annotated[str, Field(description="Of its first turn.")]
    agent: Annotated[str | None, Field(description="Of its last turn.")]
    state: State
    began_at: Moment
    last_at: Moment
    turns: int
    failed: Annotated[int, Field(description="Turns that were answered with 400 or above.")]
    input_tokens: int
    output_tokens: int
    cost_usd: Annotated[str, Field(description="Of the turns that have a price.")]

    @classmethod
    def of(cls, session: Session, now_us: int, spans: Spans) -> "SessionOut":
        return cls(
            id=session.id,
            name=session.name,
            user=session.user,
            key=session.key,
            agent=session.agent,
            state=state_at(session.last_us, session.closed_us, now_us, spans),
            began_at=_moment(session.began_us),
            last_at=_moment(session.last_us),
            turns=session.turns,
            failed=session.failed,
            input_tokens=session.input,
            output_tokens=session.output,
            cost_usd=to_usd(session.cost_nanos),
        )


class SaidOut(Shape):
    """One voice."""

    by: Annotated[str, Field(description="`user`, `assistant`, `tool`, ..., as the dialect calls it.")]
    text: str


class TurnOut(Shape):
    """One request of a session."""

    id: Annotated[str, Field(description="Of its trace.")]
    at: Moment
    path: str
    status: int
    outcome: Outcome
    error: str | None
    model: str | None
    target: str | None
    agent: str | None
    directive: DirectedOut | None
    stream: bool
    finish: Annotated[Finish | None, Field(description="Why the answer ended.")]
    total_ms: float
    usage: UsageOut | None
    cost_usd: str | None
    said: Annotated[
        list[SaidOut] | None,
        Field(description="What is new in this turn, and its answer; null where `content` is null or a digest."),
    ]
    content: Annotated[ContentOut | None, Field(description="null unless `content` is asked for, and was captured.")]

    @classmethod
    def of(cls, turn: Turn, content: Content | None = None) -> "TurnOut":
        usage, directive = turn.usage, turn.directive
        return cls(
            id=turn.id,
            at=_moment(turn.at_us),
            path=turn.path,
            status=turn.status,
            outcome=turn.outcome,
            error=turn.error,
            model=turn.model,
            target=turn.target,
            agent=turn.agent,
            directive=None if directive is None else DirectedOut(id=directive.id, number=directive.number),
            stream=turn.stream,
            finish=turn.finish,
            total_ms=round(turn.total_ns / _NS_PER_MS, _MS_PLACES),
            usage=None if usage is None else UsageOut.of(usage),
            cost_usd=None if turn.cost_nanos is None else to_usd(turn.cost_nanos),
            said=None if content is None else _said(content),
            content=None if content is None else ContentOut(**structs.asdict(content)),
        )


class SessionAsk(Ask):
    """All that is given must hold."""

    name: Annotated[SessionName | None, Field(description="`X-Session-ID`, the whole of it.")] = None
    user: Id | None = None
    key: Annotated[str | None, Field(min_length=1, max_length=300)] = None
    agent: Id | None = None
    state: State | None = None
    since: Annotated[Moment | None, Field(description="Spoken in then or later.")] = None
    until: Annotated[Moment | None, Field(description="Spoken in last before.")] = None
    least_turns: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None
    limit: Limit = PAGE_DEFAULT
    after: After = None

    def query(self, owner: str | None, now_us: int, spans: Spans) -> Query:
        return Query(
            name=self.name,
            user=self.user if owner is None else owner,
            key=self.key,
            agent=self.agent,
            state=self.state,
            since_us=_us(self.since),
            until_us=_us(self.until),
            turns_least=self.least_turns,
            now_us=now_us,
            spans=spans,
            limit=self.limit,
            after=place_of(self.after),
        )


class TurnAsk(Ask):
    """A page of them."""

    limit: Limit = MOST_A_PAGE
    content: Annotated[
        bool, Field(description="With what was said, where `capture.content` has it kept: 20 turns a page at most.")
    ] = False
    after: After = None


def _said(content: Content) -> list[SaidOut] | None:
    if not (content.request or content.answer):
        return None
    voices = spoken(content.request, content.answer)
    return [SaidOut(by=voice.by, text=voice.text) for voice in voices]


def place_of(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    at_us, _, thing_id = text.partition(".")
    return int(at_us), thing_id


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * US_PER_S)


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / US_PER_S, UTC)
