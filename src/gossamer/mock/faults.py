"""The faults that a provider can have, as one table from name to behaviour, and when one strikes.

Only names and numbers: what a fault does to the bytes of an answer is in script.py, what an error says in render/.
"""

from enum import Enum
from math import inf

import msgspec


class Kind(Enum):
    """What a fault does to an answer."""

    REFUSE = "an error instead of an answer"
    RESET = "the connection is cut before any byte"
    HANG = "no answer, ever"
    SLOW = "the first byte comes late"
    CUT = "the connection is cut in the middle"
    STALL = "a long silence in the middle"
    MALFORMED = "a piece in the middle is no JSON"
    NO_DONE = "the last event of a stream is missing"
    ERROR_EVENT = "an error in the middle, after status 200"
    HALF_USAGE = "the last chunk has choices and usage together"
    REFUSAL = "the model declines"
    PREFILL = "an error where the conversation ends with the assistant's words"


class Behaviour(msgspec.Struct, frozen=True):
    """One row of the table. `number` is what a number after the colon replaces; None takes no number."""

    kind: Kind
    says: str
    error: str = ""
    """The row of render/errors.py that is answered."""
    is_once: bool = False
    """Strikes the first attempt of a request id only."""
    number: float | None = None


UNSAID = -1.0
"""A number that the plan works out: two thirds of the answer."""

FAULTS: dict[str, Behaviour] = {
    "429": Behaviour(
        Kind.REFUSE,
        "429 on the first attempt of an id; `429:S` sets Retry-After",
        "rate_limit",
        is_once=True,
        number=1.0,
    ),
    "429-always": Behaviour(
        Kind.REFUSE, "429 on every attempt; `429-always:S` sets Retry-After", "rate_limit", number=1.0
    ),
    "500": Behaviour(Kind.REFUSE, "500 on every attempt", "server"),
    "500-once": Behaviour(Kind.REFUSE, "500 on the first attempt of an id", "server", is_once=True),
    "503": Behaviour(Kind.REFUSE, "503 on every attempt", "overloaded"),
    "401": Behaviour(Kind.REFUSE, "401, the key is refused", "key"),
    "404": Behaviour(Kind.REFUSE, "404, the model is not known", "model"),
    "400-context": Behaviour(Kind.REFUSE, "400, the prompt is too long", "context"),
    "400-filter": Behaviour(Kind.REFUSE, "400, the prompt meets a content filter", "filter"),
    "prefill": Behaviour(Kind.PREFILL, "400 if the last message is the assistant's", "prefill"),
    "refusal": Behaviour(Kind.REFUSAL, "200, but the model declines"),
    "reset": Behaviour(Kind.RESET, "the connection is cut before any byte"),
    "hang": Behaviour(Kind.HANG, "no answer, ever"),
    "slow-first": Behaviour(Kind.SLOW, "first byte after 20 s; `slow-first:MS` after MS", number=20_000.0),
    "cut": Behaviour(Kind.CUT, "cut after two thirds of the tokens; `cut:N` after N", number=UNSAID),
    "stall": Behaviour(Kind.STALL, "30 s of silence in the middle; `stall:MS` for MS", number=30_000.0),
    "malformed": Behaviour(Kind.MALFORMED, "one piece in the middle is half a JSON object"),
    "no-done": Behaviour(Kind.NO_DONE, "a stream ends cleanly without its last event"),
    "error-in-stream": Behaviour(Kind.ERROR_EVENT, "200, then an error in the middle", "server"),
    "half-usage": Behaviour(Kind.HALF_USAGE, "the last chunk has choices and usage together"),
}

_NUMBER_LIMIT = 1e9
"""Eleven days in milliseconds, thirty years in seconds."""

ALIASES = {"slow": "slow-first"}
"""Shorter names that a model may have: `mock-slow`."""

MODEL_PREFIX = "mock-"
"""`mock-cut:10` is a model with the fault `cut:10`; any other name is a model without fault."""

OUTAGE = "outage"
OUTAGE_SAYS = "503 between two times since the start: `outage:START_S:END_S`, or another fault: `outage:60:120:reset`"


class Fault(msgspec.Struct, frozen=True):
    """A behaviour with its number, and the time in the server's life in which it strikes."""

    name: str
    number: float = UNSAID
    from_s: float = 0.0
    until_s: float = inf

    @property
    def behaviour(self) -> Behaviour:
        return FAULTS[self.name]

    def strikes(self, attempt: int, age_s: float) -> bool:
        """Whether it strikes this attempt (the first is 1) of a request, at this age of the server."""
        return self.from_s <= age_s < self.until_s and (attempt == 1 or not self.behaviour.is_once)


def parse_fault(text: str) -> Fault:
    """From `cut`, `cut:10` or `outage:60:120` to a fault. ValueError names what can be said."""
    name, _, rest = text.partition(":")
    if name == OUTAGE:
        return _parse_outage(text)
    name = ALIASES.get(name, name)
    behaviour = FAULTS.get(name)
    if behaviour is None:
        raise ValueError(f"no fault is called {name!r}: use one of {', '.join(FAULTS)} or {OUTAGE}:START_S:END_S")
    if not rest:
        return Fault(name, UNSAID if behaviour.number is None else behaviour.number)
    if behaviour.number is None:
        raise ValueError(f"the fault {name!r} takes no number: leave out {rest!r}")
    return Fault(name, _positive(rest, f"the number of {name!r}"))


def fault_of_model(model: str) -> Fault | None:
    """The fault that a model's name asks for."""
    if not model.startswith(MODEL_PREFIX):
        return None
    try:
        return parse_fault(model.removeprefix(MODEL_PREFIX))
    except ValueError:
        return None  # any name is a model; only these names mean more


def _parse_outage(text: str) -> Fault:
    parts = text.split(":", 3)
    if len(parts) < 3:
        raise ValueError(f"{text!r} is no outage: say when it starts and ends, as in {OUTAGE}:60:120")
    from_s, until_s = _positive(parts[1], "the start"), _positive(parts[2], "the end")
    if until_s <= from_s:
        raise ValueError(f"{text!r} ends before it starts: swap the two times")
    inner = parse_fault(parts[3] if len(parts) == 4 else "503")
    return Fault(inner.name, inner.number, from_s, until_s)


def _positive(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = UNSAID
    if not 0.0 <= number <= _NUMBER_LIMIT:
        raise ValueError(f"{what} is {text!r}: give a number between 0 and {_NUMBER_LIMIT:g}")
    return number
