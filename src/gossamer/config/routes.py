"""Names that lead to several targets, what the models of a provider can do, and its keys, as the file says it.

Part of settings.py, in a file of its own. A route of the admin API has the same form.
"""

from typing import Annotated

from msgspec import Meta, field

from gossamer.config.section import Duration, Rate, Secret, Section, Target
from gossamer.core.routing import Sticky, Strategy

Count = Annotated[int, Meta(ge=1, extra={"leaf": "count"})]


class ApiKeySettings(Section, frozen=True, kw_only=True):
    """One of the provider's keys, where more is to be said than the key itself."""

    key: Annotated[Secret, Meta(description="The key, best as ${NAME}.")]
    requests: Annotated[
        Rate | None, Meta(description="Requests in any 60 seconds, all workers of a node together; then the others.")
    ] = None

    def __repr__(self) -> str:
        return f"ApiKeySettings(requests={self.requests!r})"


class AbilitySettings(Section, frozen=True, kw_only=True):
    """What one model can do."""

    context: Annotated[
        Count | None, Meta(description="Tokens of question and answer together, such as 128k; left out, any number.")
    ] = None
    vision: Annotated[bool, Meta(description="Whether it takes images.")] = True
    tools: Annotated[bool, Meta(description="Whether it takes tools.")] = True
    json_schema: Annotated[bool, Meta(description="Whether it can answer by a JSON schema.")] = True


class TargetSettings(Section, frozen=True, kw_only=True):
    """One of the targets of a route."""

    target: Annotated[Target, Meta(description="provider/model.")]
    weight: Annotated[int, Meta(ge=1, le=1000, description="How much of the traffic, beside the others.")] = 1
    priority: Annotated[
        int, Meta(ge=0, le=1000, description="The lowest is asked first; the next only where none of it can be.")
    ] = 0


class RouteSettings(Section, frozen=True, kw_only=True):
    """What a name leads to, where that is more than one target."""

    targets: Annotated[
        tuple[Target | TargetSettings, ...],
        Meta(min_length=1, description="Who may answer: provider/model, or {target, weight, priority}."),
    ]
    strategy: Annotated[
        Strategy, Meta(description="Which one of a priority is asked: in their order, by weight, in turn, and so on.")
    ] = "fallback"
    sticky: Annotated[
        Sticky, Meta(description="Whether requests of one session (X-Session-ID) or key stay with one target.")
    ] = "none"
    retries: Annotated[
        int, Meta(ge=0, le=10, description="Further tries of one target before the next; they may be paid for twice.")
    ] = 0
    deadline_s: Annotated[
        Duration | None,
        Meta(description="For all attempts together, up to the first byte of the answer; left out, none."),
    ] = field(name="deadline", default=None)

    @property
    def all_targets(self) -> tuple[TargetSettings, ...]:
        """Each in full."""
        return tuple(TargetSettings(target=one) if isinstance(one, str) else one for one in self.targets)


def targets_of(model: str | RouteSettings) -> tuple[TargetSettings, ...]:
    """Of an alias, whichever way it is written."""
    return (TargetSettings(target=model),) if isinstance(model, str) else model.all_targets
