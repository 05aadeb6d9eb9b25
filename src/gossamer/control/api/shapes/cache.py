"""What is to be forgotten."""

from typing import Annotated

from pydantic import Field

from gossamer.control.api.shapes.values import Ask
from gossamer.core.purge import PurgeBy


class PurgeIn(Ask):
    """One of them, or all."""

    by: Annotated[PurgeBy, Field(description="What `name` is of.")]
    name: Annotated[
        str,
        Field(
            max_length=300,
            pattern=r"^[!-~]*$",
            description="The id of a key, an agent or a user; a key of the configuration by its name; a model as it is "
            "asked for, or as provider/model.",
        ),
    ] = ""
