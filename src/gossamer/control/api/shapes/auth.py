"""Registering and logging in."""

from typing import Annotated

from pydantic import Field

from gossamer.control.api.shapes.users import UserOut
from gossamer.control.api.shapes.values import Ask, Email, Moment, NewPassword, Password, Secret, Shape

Code = Annotated[Secret, Field(min_length=1, max_length=100)]


class Register(Ask):
    """The first user becomes an admin; from then on `auth.registration` says who may come."""

    email: Email
    password: NewPassword
    invite: Annotated[Code | None, Field(description="The code, where one is needed.")] = None


class LogIn(Ask):
    """Both as they were registered; the address in any case of letters."""

    email: Email
    password: Password


class LoggedIn(Shape):
    """The token goes into `Authorization: Bearer`."""

    token: Annotated[str, Field(description="`gsl_...`, shown this once.")]
    expires_at: Moment
    user: UserOut
