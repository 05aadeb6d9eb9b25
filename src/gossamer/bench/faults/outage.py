"""A provider that is away for a while: asked all along, before, during and after, in every shape and way at once."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from gossamer.bench.faults.asking import Answer, ask
from gossamer.bench.faults.cases import OUTAGE_NUMBER, Case, Fault, Scale
from gossamer.bench.faults.prices import SECOND_NAME
from gossamer.bench.faults.rig import Rig, running_mock

_BEFORE_S: Final = 1.0
_PAUSE_S: Final = 0.1
"""Between two requests of one cell."""
BACK_WITHIN_S: Final = 10.0
"""After its return a provider is to be asked again by then."""
_WELL_AGAIN: Final = 5
"""Answers in a row that say that it is over."""
_OK: Final = 200
_TARGET: Final = "x-gossamer-target"


@dataclass(frozen=True, slots=True)
class Sent:
    """One of many requests; times are those of the mock's life."""

    request_id: str
    at_s: float
    answer: Answer

    @property
    def is_well(self) -> bool:
        """Answered by the provider that had been away."""
        return self.answer.status == _OK and not self.answer.headers.get(_TARGET, "").startswith(f"{SECOND_NAME}/")


@dataclass(frozen=True, slots=True)
class Spell:
    """All that one cell asked."""

    case: Case
    sent: tuple[Sent, ...]
    until_s: float
    """When the outage ended."""

    @property
    def failed(self) -> tuple[Sent, ...]:
        return tuple(each for each in self.sent if each.answer.status != _OK)

    @property
    def back_s(self) -> float | None:
        """From the end of the outage to the first good answer of the provider; None: it never came back."""
        well = [each.at_s for each in self.sent if each.is_well and each.at_s > self.until_s]
        return well[0] - self.until_s if well else None


def outage_of(scale: Scale) -> Fault:
    return Fault(OUTAGE_NUMBER, "outage", f"503 for {scale.outage_s:g} s, then well", "")


def sit_out(rig: Rig, scale: Scale, cases: Sequence[Case]) -> list[Spell]:
    """Start the mock, and ask until it is well again."""
    until_s = _BEFORE_S + scale.outage_s
    fault = f"outage:{_BEFORE_S:g}:{until_s:g}"
    with running_mock(rig.folder, "--fault", fault, port=rig.outage.release()):
        began = time.monotonic()
        with ThreadPoolExecutor(len(cases)) as pool:
            spells = list(pool.map(lambda case: Spell(case, tuple(_ask_on(rig, case, began, until_s)), until_s), cases))
    return spells


def _ask_on(rig: Rig, case: Case, began: float, until_s: float) -> Iterator[Sent]:
    """Until it was well for a while after the end, or should have been for long."""
    well, number = 0, 0
    while (at_s := time.monotonic() - began) < until_s + BACK_WITHIN_S and well < _WELL_AGAIN:
        number += 1
        request_id = f"{case.name}-{number}"
        sent = Sent(request_id, at_s, ask(rig.port, rig.token, case.name, case.shape, request_id))
        yield sent
        well = well + 1 if sent.is_well and at_s > until_s else 0
        time.sleep(_PAUSE_S)
