"""What a request's own key is good for, as the file says it. Part of settings.py, in a file of its own."""

from typing import Annotated, Literal

from msgspec import Meta, field

from gossamer.config.section import Duration, Section

Size = Annotated[int, Meta(ge=1, extra={"leaf": "size"})]
Running = Literal["refuse", "wait"]


class IdempotencySettings(Section, frozen=True, kw_only=True):
    """What becomes of requests with an `Idempotency-Key`."""

    enabled: Annotated[bool, Meta(description="false: the header says nothing.")] = True
    keep_s: Annotated[Duration, Meta(description="For how long a key gives its answer again.")] = field(
        name="keep", default=86400.0
    )
    running: Annotated[
        Running,
        Meta(description="What a key gets whose first request is under way: refuse, 409 at once; wait, its answer."),
    ] = "refuse"
    max_answer_bytes: Annotated[Size, Meta(description="The largest answer that is kept.")] = field(
        name="max_size", default=16 * 1024 * 1024
    )
    max_bytes: Annotated[
        Size, Meta(description="All of them together in DATA_DIR; beyond it the oldest go before their time.")
    ] = 1024 * 1024 * 1024
