"""What every part of the settings is made of."""

from typing import Annotated

from msgspec import Meta, Struct

ModelName = Annotated[str, Meta(extra={"leaf": "model_name"})]
Duration = Annotated[float, Meta(gt=0, extra={"leaf": "duration"})]
Pause = Annotated[float, Meta(ge=0, extra={"leaf": "duration"})]
Rate = Annotated[int, Meta(ge=1, extra={"leaf": "rate"})]
Secret = Annotated[str, Meta(extra={"leaf": "secret"})]
Target = Annotated[str, Meta(extra={"leaf": "target"})]


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the settings: never changed, and no key in it that nothing reads."""
