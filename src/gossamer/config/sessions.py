"""When a session counts as idle, and when as expired. Part of settings.py, in a file of its own."""

from typing import Annotated

from msgspec import Meta, field

from gossamer.config.section import Duration, Section


class SessionSettings(Section, frozen=True, kw_only=True):
    """How a list of sessions is to be read: nobody is refused by it, and nothing goes."""

    idle_s: Annotated[Duration, Meta(description="So long after its last turn a session is idle.")] = field(
        name="idle", default=30 * 60.0
    )
    expire_s: Annotated[Duration, Meta(description="And so long after it expired; not less than `idle`.")] = field(
        name="expire", default=24 * 3600.0
    )
