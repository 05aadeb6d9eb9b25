"""Routes: names that lead to several targets."""

from typing import Annotated

from pydantic import Field, StringConstraints

from gossamer.config.routes import RouteSettings, TargetSettings
from gossamer.config.values import TARGET_FORM
from gossamer.control.api.shapes.values import ROUTE_NAME, Ask, Moment, Shape, Version
from gossamer.control.nouns import StoredRoute
from gossamer.core.routing import Sticky, Strategy

RouteName = Annotated[str, StringConstraints(pattern=ROUTE_NAME)]
TargetName = Annotated[str, StringConstraints(pattern=TARGET_FORM, max_length=300)]


class TargetIn(Ask):
    """One of the targets."""

    target: Annotated[TargetName, Field(description="provider/model.")]
    weight: Annotated[int, Field(ge=1, le=1000, description="How much of the traffic, beside the others.")] = 1
    priority: Annotated[int, Field(ge=0, le=1000, description="The lowest is asked first.")] = 0


class RouteIn(Ask):
    """The whole route: what is left out has its default. Seen by all workers within a second."""

    targets: Annotated[list[TargetIn], Field(min_length=1, max_length=100)]
    strategy: Strategy = "fallback"
    sticky: Annotated[Sticky, Field(description="Whether requests of one session or key stay with one target.")] = (
        "none"
    )
    retries: Annotated[int, Field(ge=0, le=10, description="Further tries of one target before the next.")] = 0
    deadline_s: Annotated[
        float | None, Field(gt=0, le=86400, description="Seconds for all attempts, up to the first byte. null: none.")
    ] = None

    @property
    def settings(self) -> RouteSettings:
        return RouteSettings(
            targets=tuple(
                TargetSettings(target=one.target, weight=one.weight, priority=one.priority) for one in self.targets
            ),
            strategy=self.strategy,
            sticky=self.sticky,
            retries=self.retries,
            deadline_s=self.deadline_s,
        )


class TargetOut(Shape):
    """One of the targets."""

    target: str
    weight: int
    priority: int


class RouteOut(Shape):
    """A name that clients can ask for, and what it leads to."""

    name: str
    targets: list[TargetOut]
    strategy: Strategy
    sticky: Sticky
    retries: int
    deadline_s: float | None
    created_at: Moment
    updated_at: Moment
    version: Version

    @classmethod
    def of(cls, stored: StoredRoute) -> "RouteOut":
        route = stored.route
        return cls(
            name=stored.name,
            targets=[
                TargetOut(target=one.target, weight=one.weight, priority=one.priority) for one in route.all_targets
            ],
            strategy=route.strategy,
            sticky=route.sticky,
            retries=route.retries,
            deadline_s=route.deadline_s,
            created_at=stored.created_at,
            updated_at=stored.updated_at,
            version=stored.version,
        )
