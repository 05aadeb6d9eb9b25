"""Who keeps responses and conversations, and how much of them. Part of settings.py, in a file of its own."""

from typing import Annotated, Literal

from msgspec import Meta, field

from gossamer.config.section import Duration, Section

Keeper = Literal["gateway", "provider", "none"]
Size = Annotated[int, Meta(ge=1, extra={"leaf": "size"})]


class ResponsesSettings(Section, frozen=True, kw_only=True):
    """Responses that later ones go on from: `store`, `previous_response_id`, `conversation`."""

    state: Annotated[
        Keeper,
        Meta(
            description="Who keeps them: gateway, in `state`, whatever the provider speaks; provider, what is said of "
            "it goes through; none, nobody, and providers are told `store: false`."
        ),
    ] = "gateway"
    ttl_s: Annotated[
        Duration, Meta(description="Responses and conversations in which nobody went on for so long are deleted.")
    ] = field(name="ttl", default=30 * 86400.0)
    max_items: Annotated[
        int, Meta(ge=1, description="Items of one conversation, all that was asked and answered; beyond it, 400.")
    ] = 2000
    max_bytes: Annotated[
        Size, Meta(description="What one request adds, and what its answer adds; beyond it, it is not kept.")
    ] = field(name="max_size", default=8 * 1024 * 1024)
    memory_bytes: Annotated[
        Size, Meta(description="What one worker remembers of those it has seen, so that it need not ask.")
    ] = field(name="memory", default=16 * 1024 * 1024)
    ask_timeout_s: Annotated[
        Duration,
        Meta(description="What a request waits for the state store: to go on from a response, or to be kept."),
    ] = field(name="ask_timeout", default=3.0)
