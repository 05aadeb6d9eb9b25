"""The values that several shapes are made of, each as narrow as the store can keep it.

Forms are in the dialect that Rust's regular expressions and JSON Schema share.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic.json_schema import SkipJsonSchema

from gossamer.config.values import TARGET_FORM
from gossamer.policy.template import NAME_FORM

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_ID: Final = r"^[0-9A-Za-z_-]{1,64}$"
_EMAIL: Final = r"^[!-?A-~]{1,64}@[!-?A-~]{1,189}$"
_VARIABLE: Final = f"^{NAME_FORM}$"
_MODEL: Final = r"^[!-~]{1,200}$"
ROUTE_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"
"""A model's name that can stand in a path."""
USD: Final = r"^[0-9]{1,10}(\.[0-9]{1,9})?$"
_NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f]*$"
"""No database keeps a NUL, and no table is readable with a line end in a name."""

FORMS: Final = {
    _ID: "write an id as it was given out, such as 0190b0c4-7d3e-7a54-9e0c-2f6d1c8b7a90",
    _EMAIL: "write an address such as ada@example.com",
    _VARIABLE: "use small letters, digits and underscores, a letter first",
    _MODEL: "write a model's name, without spaces",
    ROUTE_NAME: "use letters, digits, dots, dashes, underscores and colons, a letter or digit first",
    TARGET_FORM: "write provider/model, such as openai/gpt-4o-mini",
    USD: 'write dollars as text, such as "5.00"',
    _NO_CONTROLS: "leave out line ends and other control characters",
}
"""What to say instead of a regular expression."""


class Shape(BaseModel):
    """What goes out: as it is, nothing beside it."""

    model_config = ConfigDict(frozen=True)


class Ask(BaseModel):
    """What comes in: a member that nobody reads is a mistake, and is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _without_defaults(schema: dict[str, Any]) -> None:
    """The document must not say that leaving out means null."""
    for member in schema["properties"].values():
        member.pop("default", None)


class Change(Ask):
    """A part of a thing: what is left out stays. null is a value only where it takes something away."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)
    clearable: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _is_said(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in cls.clearable:
            raise ValueError("null is no value here: leave it out to keep what there is")
        return value


def _as_written(value: Any) -> Any:
    """Only the one form of a moment that names its zone: a number or a bare date would be a guess."""
    if value is None or isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return value
    raise ValueError("write a moment with its zone, such as 2030-01-31T12:00:00Z")


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this moment is in no year that has a name") from error


def _is_text(secret: SecretStr) -> SecretStr:
    """JSON can escape half a character, which no digest takes."""
    try:
        secret.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("this has half a character in it") from None
    return secret


def _moment_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime, BeforeValidator(_as_written), AfterValidator(_in_utc), PlainSerializer(_moment_text, when_used="json")
]
Id = Annotated[str, StringConstraints(pattern=_ID)]
"""Whatever an id could be: whether there is such a thing, the store knows."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_CONTROLS)]
SessionName = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[!-~]*$")]
"""What X-Session-ID may be."""
Search = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_CONTROLS)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=_EMAIL)]
"""Anything visible around one @: whether mail arrives there, only mail can tell."""
Secret = Annotated[SecretStr, AfterValidator(_is_text)]
NewPassword = Annotated[Secret, Field(min_length=12, max_length=1024)]
Password = Annotated[Secret, Field(min_length=1, max_length=1024)]
Model = Annotated[str, StringConstraints(pattern=_MODEL)]
Models = Annotated[frozenset[Model], Field(min_length=1, max_length=1000)]
Version = Annotated[int, Field(description="Counts the changes. It is the ETag.", ge=1)]

Unsaid = Annotated[None, SkipJsonSchema()]
"""Beside the type of a member of a Change: how leaving it out looks inside. No document shows it."""
