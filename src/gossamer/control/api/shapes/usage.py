"""How much was used, and what it cost, apart by whatever one asks."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from gossamer.control.api.shapes.limits import to_usd
from gossamer.control.api.shapes.values import Ask, Id, Moment, Shape
from gossamer.projections.usage.report import Asked, Row, Step
from gossamer.projections.usage.sums import DIMENSIONS, S_PER_MINUTE, Dimension

_NEWEST: Final = timedelta(days=30)
_BY: Final = rf"^({'|'.join(DIMENSIONS)})(,({'|'.join(DIMENSIONS)}))*$"
Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class UsageOut(Shape):
    """The sums of one time, and of who was asked for apart; the others are null."""

    at: Annotated[Moment | None, Field(description="When the minute, hour or day begins; null where all is one.")]
    key: str | None
    user: str | None
    agent: str | None
    target: Annotated[str | None, Field(description="provider/model.")]
    requests: int
    failed: Annotated[int, Field(description="Answered with 400 or above.")]
    input_tokens: int
    output_tokens: int
    cached_tokens: Annotated[int, Field(description="Of the input.")]
    reasoning_tokens: Annotated[int, Field(description="Of the output.")]
    cost_usd: str
    unpriced: Annotated[int, Field(description="Requests of which nobody knows what they cost: not in cost_usd.")]

    @classmethod
    def of(cls, row: Row) -> "UsageOut":
        sums = row.sums
        return cls(
            at=None if row.at is None else datetime.fromtimestamp(row.at * S_PER_MINUTE, UTC),
            **{name: row.who.get(name) or None for name in DIMENSIONS},
            requests=sums.requests,
            failed=sums.failed,
            input_tokens=sums.input,
            output_tokens=sums.output,
            cached_tokens=sums.cached,
            reasoning_tokens=sums.reasoning,
            cost_usd=to_usd(sums.cost_nanos),
            unpriced=sums.unpriced,
        )


class UsageListOut(Shape):
    """The earliest first; of one time, who cost most first."""

    data: list[UsageOut]
    since: Moment
    until: Moment


class UsageAsk(Ask):
    """All that is given must hold."""

    since: Annotated[Moment | None, Field(description="30 days before `until`, if it is left out.")] = None
    until: Annotated[Moment | None, Field(description="Now with the rest of the day, if it is left out.")] = None
    step: Annotated[
        Step,
        Field(
            description="Apart by minute, hour or UTC day; or one sum, `all` of whole days, `span` to the minute. "
            "Minutes, hours and spans are known for a while only. `since` and `until` are rounded up."
        ),
    ] = "all"
    by: Annotated[
        str | None,
        StringConstraints(pattern=_BY, max_length=40),
        Field(description="Apart by key, user, agent, target: one, or several with commas between."),
    ] = None
    key: Name | None = None
    user: Id | None = None
    agent: Id | None = None
    target: Name | None = None

    def asked(self, owner: str | None, now: datetime) -> Asked:
        """`owner` sees only what its own keys used."""
        until = self.until or (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        since = self.since or (until - _NEWEST)
        given: dict[Dimension, str | None] = {
            "key": self.key,
            "user": self.user if owner is None else owner,
            "agent": self.agent,
            "target": self.target,
        }
        by: tuple[Dimension, ...] = tuple(name for name in DIMENSIONS if self.by and name in self.by.split(","))
        return Asked(
            since=_minute_from(since),
            until=_minute_from(until),
            step=self.step,
            by=by,
            where={name: value for name, value in given.items() if value is not None},
        )


def bounds_of(asked: Asked) -> tuple[datetime, datetime]:
    """Which time the answer is really of."""
    since, until = asked.bounds
    return _moment(since), _moment(until)


def _minute_from(moment: datetime) -> int:
    """The first that begins then or later."""
    return -int(-moment.timestamp() // S_PER_MINUTE)


def _moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * S_PER_MINUTE, UTC)
