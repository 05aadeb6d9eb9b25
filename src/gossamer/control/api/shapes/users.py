"""Users, and what it takes to become one."""

from typing import Annotated

from pydantic import Field, StrictBool

from gossamer.control.api.shapes.limits import LimitsIn, LimitsOut
from gossamer.control.api.shapes.pages import PageAsk
from gossamer.control.api.shapes.values import (
    Ask,
    Change,
    Email,
    Moment,
    NewPassword,
    Password,
    Search,
    Shape,
    Unsaid,
    Version,
)
from gossamer.control.nouns import Role, User
from gossamer.control.store.page import UserFilter


class UserOut(Shape):
    """Somebody with a password, which is never shown."""

    id: str
    email: str
    role: Role
    is_active: bool
    limits: LimitsOut
    created_at: Moment
    updated_at: Moment
    version: Version

    @classmethod
    def of(cls, user: User) -> "UserOut":
        return cls(
            id=user.id,
            email=user.email,
            role=user.role,
            is_active=user.is_active,
            limits=LimitsOut.of(user.limits),
            created_at=user.created_at,
            updated_at=user.updated_at,
            version=user.version,
        )


class UserNew(Ask):
    """Somebody whom an admin adds."""

    email: Email
    password: NewPassword
    role: Role = "member"
    limits: LimitsIn = LimitsIn()


class UserChange(Change):
    """What is left out stays. A member may change its own `email` and `password`, an admin everything."""

    email: Email | Unsaid = None
    password: Annotated[NewPassword | Unsaid, Field(description="Ends all log-ins of the user.")] = None
    current_password: Annotated[
        Password | Unsaid, Field(description="Needed for one's own `email` and `password`.")
    ] = None
    role: Role | Unsaid = None
    is_active: StrictBool | Unsaid = None
    limits: LimitsIn | Unsaid = None


class UserAsk(PageAsk):
    """All that is given must hold."""

    search: Annotated[Search | None, Field(description="A part of the address.")] = None
    role: Role | None = None
    is_active: bool | None = None

    @property
    def filters(self) -> UserFilter:
        return UserFilter(search=self.search, role=self.role, is_active=self.is_active)
