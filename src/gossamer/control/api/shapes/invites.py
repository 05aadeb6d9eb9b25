"""Invites: a way in for one person, once, where `auth.registration` is `invite`."""

from typing import Annotated, Any, Final

from pydantic import Field

from gossamer.control.api.shapes.values import Ask, Email, Moment, Shape
from gossamer.control.nouns import Invite, Role

DEFAULT_DAYS: Final = 7
MOST_DAYS: Final = 90


class InviteOut(Shape):
    """An invite without its code, of which only a digest is kept."""

    id: str
    role: Role
    email: Annotated[str | None, Field(description="Whom it is for; null: whoever has the code.")]
    created_at: Moment
    expires_at: Moment
    used_at: Moment | None
    used_by: Annotated[str | None, Field(description="The id of the user that it became.")]

    @classmethod
    def of(cls, invite: Invite) -> "InviteOut":
        return cls(**_members(invite))


class InviteMade(InviteOut):
    """The only answer that has the code."""

    code: Annotated[str, Field(description="For `invite` in `POST /v1/auth/register`. Shown this once.")]

    @classmethod
    def with_code(cls, invite: Invite, code: str) -> "InviteMade":
        return cls(**_members(invite), code=code)


def _members(invite: Invite) -> dict[str, Any]:
    return {name: getattr(invite, name) for name in InviteOut.model_fields}


class InviteNew(Ask):
    """What is left out has its default."""

    email: Annotated[Email | None, Field(description="Whom it is for; left out: whoever has the code.")] = None
    role: Role = "member"
    days: Annotated[int, Field(strict=True, ge=1, le=MOST_DAYS, description="For how long it is good.")] = DEFAULT_DAYS
