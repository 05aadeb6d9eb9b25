"""Errors, and how the process is."""

from typing import Annotated, Literal

from pydantic import Field

from gossamer.control.api.shapes.values import Shape


class ErrorDetail(Shape):
    """What happened, and what to do."""

    message: str
    type: str
    param: Annotated[str | None, Field(description="The member, parameter or header that is meant.")]
    code: str


class ErrorBody(Shape):
    """Every answer that is not 2xx."""

    error: ErrorDetail


class Health(Shape):
    """The process runs; `ready` says that the store answers too."""

    status: Literal["ok", "ready"]
