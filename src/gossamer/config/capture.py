"""What of requests and answers is kept with their traces. Part of settings.py, in a file of its own."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from gossamer.config.section import Section

Kept = Literal["none", "digest", "redacted", "full"]
Size = Annotated[int, Meta(ge=1, extra={"leaf": "size"})]
PatternName = Annotated[str, Meta(extra={"leaf": "provider_name"})]
OwnPattern = Annotated[str, Meta(extra={"leaf": "pattern"})]


class CaptureSettings(Section, frozen=True, kw_only=True):
    """Content of requests and answers, beside what is recorded anyway. The journal holds it as it came."""

    content: Annotated[
        Kept, Meta(description="none; digest, their SHA-256 alone; redacted, without secrets; full, as they came.")
    ] = "none"
    max_bytes: Annotated[
        Size, Meta(description="Of a request, and of an answer; what is longer is cut, and says so.")
    ] = 64 * 1024
    patterns: Annotated[
        Mapping[PatternName, OwnPattern],
        Meta(description="What else is replaced by [NAME] where content is redacted."),
    ] = field(default_factory=dict)
