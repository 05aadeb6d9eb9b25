"""What every route reaches for: the store, the settings, and the gates. As long as the app lives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Final

from fastapi import Depends, Request

from gossamer.config.settings import AuthSettings
from gossamer.control.kept_answers import KeptAnswers
from gossamer.control.nouns import Actor
from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.store import Store
from gossamer.core.clock import wall_time
from gossamer.core.errors import RateLimitExceeded
from gossamer.policy.log_in_gate import LogInGate
from gossamer.policy.pace import Cells, Pace
from gossamer.projections.sessions.states import SPANS, Spans
from gossamer.projections.traces.reader import TraceReader

OF_TOKENS: Final = Pace(50, 0.1)
"""Bad tokens of one address: each is a question to the store."""
MOST_GOOD_TOKENS: Final = 10_000
"""Some 1.5 MB; the one that was not used for longest is forgotten."""
OF_REGISTRATIONS: Final = Pace(10, 60.0)
"""Of one address: each costs a password's digest, 50 ms of a core."""


@dataclass(slots=True)
class Desk:
    """The state of one app. What may change in its life has no underscore and is set from outside."""

    opened: Store | None
    """None: the database could not be reached yet."""
    auth: AuthSettings
    traces: TraceReader
    answers: KeptAnswers
    data_dir: Path
    """Where the recorder listens."""
    providers: frozenset[str]
    """Names of providers in the settings."""
    names_in_file: frozenset[str]
    """Names of models that the configuration gives."""
    spans: Spans = SPANS
    """After which sessions are idle, and expired."""
    operator: Actor | None = None
    """Who asks whatever is asked, where the app runs inside a command at the machine; None: whoever shows a token."""
    now: Callable[[], float] = monotonic
    wall_time: Callable[[], float] = wall_time
    passwords: LogInGate = field(default_factory=LogInGate)
    tokens: Cells = field(default_factory=lambda: Cells(OF_TOKENS))
    good_tokens: dict[bytes, None] = field(default_factory=dict)
    """Digests that were good the last time: asked for again each time, but never made to wait for others' bad ones."""
    registrations: Cells = field(default_factory=lambda: Cells(OF_REGISTRATIONS))

    @property
    def store(self) -> Store:
        if self.opened is None:
            raise StoreUnavailable("it could not be opened yet")
        return self.opened

    def note_token(self, digest: bytes, *, is_good: bool) -> None:
        self.good_tokens.pop(digest, None)
        if is_good:
            self.good_tokens[digest] = None
            if len(self.good_tokens) > MOST_GOOD_TOKENS:
                del self.good_tokens[next(iter(self.good_tokens))]

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.wall_time(), UTC)


async def desk_of(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]


def too_many(what: str, wait_s: float) -> RateLimitExceeded:
    return RateLimitExceeded(f"{what}. Wait for Retry-After.", retry_after_s=wait_s)
