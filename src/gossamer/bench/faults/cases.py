"""The sixteen faults of a provider that a gateway must survive, as a table, in full length and shortened.

What a fault does is the mock's business (docs/reference/mock.md); here it has only its name there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Shape = Literal["stream", "JSON"]
Targets = Literal[1, 2]

SHAPES: Final[tuple[Shape, ...]] = ("stream", "JSON")
TARGETS: Final[tuple[Targets, ...]] = (1, 2)
TOKENS: Final = 60
"""Of a whole answer."""
CUT_AT: Final = 40


@dataclass(frozen=True, slots=True)
class Scale:
    """How long the long faults are, and how patient the gateway is with the provider that has them."""

    name: str
    slow_s: float
    stall_s: float
    first_byte_s: float
    idle_s: float
    outage_s: float


FULL: Final = Scale("full", slow_s=20.0, stall_s=30.0, first_byte_s=25.0, idle_s=35.0, outage_s=60.0)
SHORT: Final = Scale("short", slow_s=0.6, stall_s=0.8, first_byte_s=1.5, idle_s=1.6, outage_s=2.0)
"""For a suite of tests: the same faults, the same order of times, within a few seconds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row. `order` is the mock's name of it, with its number; empty for none."""

    number: str
    slug: str
    says: str
    order: str
    prefill: bool = False
    """Whether the conversation ends with the assistant's own words."""
    of_two: tuple[str, str] | None = None
    """What is said, and the order, where there are two targets."""

    def told(self, targets: Targets) -> tuple[str, str]:
        """What it is, in words and as the order of the first target."""
        return self.of_two if targets == 2 and self.of_two is not None else (self.says, self.order)


def faults_of(scale: Scale) -> tuple[Fault, ...]:
    """All but the outage, which needs a clock of its own (outage.py)."""
    slow, stall, silence = (f"{seconds * 1000:g}" for seconds in (scale.slow_s, scale.stall_s, 3 * scale.idle_s))
    return (
        Fault("1", "429-once", "429 with `Retry-After: 1`, once", "429:1"),
        Fault("2", "429-always", "429 with `Retry-After: 1`, always", "429-always:1"),
        Fault("3", "500-once", "one 500", "500-once"),
        Fault("4", "503", "503, always", "503"),
        Fault("5", "reset", "TCP reset before any byte", "reset"),
        Fault("6", "hang", f"no response; the gateway waits {scale.first_byte_s:g} s", "hang"),
        Fault("7", "slow-first", f"first token after {scale.slow_s:g} s", f"slow-first:{slow}"),
        Fault("8", "cut", f"cut at {CUT_AT} of {TOKENS} tokens; JSON at half its bytes", f"cut:{CUT_AT}"),
        Fault("9", "stall", f"{scale.stall_s:g} s of silence in the middle", f"stall:{stall}"),
        Fault("9b", "silence", f"more silence than the {scale.idle_s:g} s that the gateway waits", f"stall:{silence}"),
        Fault("10", "malformed", "one chunk is half a JSON object; JSON is half of itself", "malformed"),
        Fault("11", "no-done", "no `[DONE]`", "no-done"),
        Fault("12", "400-context", "400, the context is too long", "400-context"),
        Fault("13", "400-filter", "400, a content filter", "400-filter"),
        Fault("14", "prefill", "400, a refused prefill", "prefill", prefill=True),
        Fault(
            "16",
            "usage",
            "usage and choices in one chunk",
            "half-usage",
            of_two=("503, and the second is dearer", "503"),
        ),
    )


OUTAGE_NUMBER: Final = "15"


@dataclass(frozen=True, slots=True)
class Case:
    """One cell: a fault, asked in one shape, of a model with so many targets."""

    fault: Fault
    shape: Shape
    targets: Targets

    @property
    def name(self) -> str:
        """Of its model and its provider, and of its request."""
        return f"{'one' if self.targets == 1 else 'two'}-{self.fault.slug}-{self.shape.lower()}"


def cases_of(faults: tuple[Fault, ...], targets: tuple[Targets, ...] = TARGETS) -> Iterator[Case]:
    for count in targets:
        for fault in faults:
            for shape in SHAPES:
                yield Case(fault, shape, count)
