"""Audit events: who changed what, and from what to what."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from gossamer.control.api.shapes.pages import PageAsk
from gossamer.control.api.shapes.values import Id, Moment, Shape
from gossamer.control.nouns import Actor, AuditEvent, Role
from gossamer.control.store.page import EventFilter

Action = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,30}(\.[a-z_]{1,30})?$")]


class ActorOut(Shape):
    """Who did it: a user that was logged in, a key, the operator at the machine, or the gateway by itself."""

    kind: Literal["user", "key", "operator", "gateway"]
    id: Annotated[str | None, Field(description="null: nobody knows, or it is not the reader's to know.")]
    user_id: str | None
    role: Role
    address: Annotated[
        str,
        Field(description="The client's, or the /64 of it. Empty at the machine, or where it is not to be known."),
    ]


class EventOut(Shape):
    """One change. Passwords and tokens are in neither side."""

    id: str
    at: Moment
    actor: ActorOut
    action: Annotated[str, Field(description="noun.verb, such as `key.revoke`.")]
    subject: Annotated[str | None, Field(description="The id of what was changed.")]
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def of(cls, event: AuditEvent, viewer: Actor) -> "EventOut":
        actor = _shown(event.actor, viewer)
        return cls(
            id=event.id,
            at=event.at,
            actor=ActorOut(kind=actor.kind, id=actor.id, user_id=actor.user_id, role=actor.role, address=actor.address),
            action=event.action,
            subject=event.subject,
            before=event.before,
            after=event.after,
        )


def _shown(actor: Actor, viewer: Actor) -> Actor:
    """To a member somebody else is only what they are. Whoever failed to log in has no name anyway."""
    is_known = actor.id is not None
    if viewer.role == "admin" or not is_known or actor.user_id == viewer.user_id:
        return actor
    return Actor(kind=actor.kind, role=actor.role)


class EventAsk(PageAsk):
    """All that is given must hold."""

    action: Annotated[
        Action | None, Field(description="A whole one, `key.revoke`, or a noun, `key`, for all that is done to such.")
    ] = None
    subject: Id | None = None
    actor_id: Id | None = None
    since: Moment | None = None
    until: Moment | None = None

    @property
    def filters(self) -> EventFilter:
        return EventFilter(
            action=self.action, subject=self.subject, actor_id=self.actor_id, since=self.since, until=self.until
        )
