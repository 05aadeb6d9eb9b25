"""What a session is at a moment: a table of transitions, walked through by the times that are kept of it.

No process has to change anything for a session to fall idle: its state is read, not stored.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

State = Literal["open", "idle", "closed", "expired"]
Event = Literal["turn", "quiet", "close", "age"]
"""A request came; none came for a while; somebody closed it; none came for long."""

TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = {
    "open": {"turn": "open", "quiet": "idle", "close": "closed"},
    "idle": {"turn": "open", "close": "closed", "age": "expired"},
    "closed": {"turn": "open", "age": "expired"},
    "expired": {"turn": "open", "close": "closed"},
}
"""What is not here changes nothing. A turn opens any session again: the gateway never refuses one."""


IDLE_AFTER_S: Final = 30 * 60
"""Somebody who went to lunch is still in the same conversation."""
EXPIRED_AFTER_S: Final = 24 * 3600
"""Whoever asks on the next day begins anew, whatever they call it."""


class Spans(NamedTuple):
    """In microseconds."""

    idle_us: int
    expired_us: int


SPANS: Final = Spans(IDLE_AFTER_S * 1_000_000, EXPIRED_AFTER_S * 1_000_000)


def next_state(state: State, event: Event) -> State:
    return TRANSITIONS[state].get(event, state)


def state_at(last_us: int, closed_us: int | None, now_us: int, spans: Spans = SPANS) -> State:
    """From its last turn on."""
    state: State = "open"
    for _, event in sorted(_events(last_us, closed_us, now_us, spans)):
        state = next_state(state, event)
    return state


def _events(last_us: int, closed_us: int | None, now_us: int, spans: Spans) -> list[tuple[int, Event]]:
    events: list[tuple[int, Event]] = [(last_us + spans.idle_us, "quiet"), (last_us + spans.expired_us, "age")]
    if closed_us is not None and closed_us >= last_us:
        events.append((closed_us, "close"))
    return [(at_us, event) for at_us, event in events if at_us <= now_us]
