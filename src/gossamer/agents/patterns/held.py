"""A pattern as its run holds it: whatever it does wrong is called its failure, and no defect of the gateway's."""

from collections.abc import Callable, Sequence
from typing import Final

from gossamer.agents.seam import AskModel, Effect, End, Event, Pattern, Say, Think, UseTools
from gossamer.core.errors import ProviderError
from gossamer.core.logs import get_log

_WANTS: Final = (AskModel, UseTools, End)

log = get_log(__name__)


class PatternFailed(ProviderError):
    """It raised, or gave what is no effect. Its words are for the log: they may hold what was said."""

    code = "pattern_failed"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The pattern {name!r} of this agent failed: {why}. Mend it; the gateway's log says where.")


class Held:
    """A Pattern before a Pattern."""

    def __init__(self, name: str, make: Callable[[], Pattern]) -> None:
        self._name = name
        try:
            self._pattern = make()
        except Exception as error:
            log.defect("a pattern cannot be made", error, pattern=name)
            raise PatternFailed(name, type(error).__name__) from error

    def take(self, event: Event) -> Sequence[Effect]:
        try:
            effects = tuple(self._pattern.take(event))
        except Exception as error:
            log.defect("a pattern failed", error, pattern=self._name, event=type(event).__name__)
            raise PatternFailed(self._name, type(error).__name__) from error
        for place, effect in enumerate(effects, 1):
            if isinstance(effect, Think | Say):
                continue
            if not isinstance(effect, _WANTS):
                raise self._broken(event, f"it gave {type(effect).__name__}, which is no effect")
            if place < len(effects):
                raise self._broken(event, f"it wants more behind {type(effect).__name__}, which is to be the last")
        return effects

    def _broken(self, event: Event, why: str) -> PatternFailed:
        log.error("a pattern failed", pattern=self._name, why=why, event=type(event).__name__)
        return PatternFailed(self._name, why)
