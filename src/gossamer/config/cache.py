"""What may be answered from memory, as the file says it. Part of settings.py, in a file of its own.

A rule says only what differs: what a key's rule leaves out its agent's says, then its model's, then the cache itself.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from gossamer.config.section import Duration, ModelName, Secret, Section

Share = Literal["key", "agent", "user", "global"]
HitsCount = Literal["counted", "free"]

Size = Annotated[int, Meta(ge=1, extra={"leaf": "size"})]
Name = Annotated[str, Meta(extra={"leaf": "key_name"})]
Temperature = Annotated[float, Meta(ge=0, extra={"leaf": "decimal"})]


class CacheRule(Section, frozen=True, kw_only=True):
    """What is left out is as it is for all."""

    enabled: Annotated[bool | None, Meta(description="false: never kept, never looked for.")] = None
    ttl_s: Annotated[Duration | None, Meta(description="Instead of l1_ttl and l2_ttl.")] = field(
        name="ttl", default=None
    )
    temperature: Annotated[
        Temperature | None, Meta(description="The highest that is kept; a request that names none asks for 1.")
    ] = None
    tools: Annotated[bool | None, Meta(description="Whether requests with tools are kept.")] = None
    max_bytes: Annotated[Size | None, Meta(description="The largest answer that is kept.")] = field(
        name="max_size", default=None
    )
    share: Annotated[Share | None, Meta(description="Who gets each other's answers.")] = None


class CacheSettings(Section, frozen=True, kw_only=True):
    """Answers that are given again."""

    enabled: Annotated[bool, Meta(description="Whether there is a cache.")] = False
    l1_entries: Annotated[int, Meta(ge=1, description="Answers that one worker keeps.")] = 1000
    l1_bytes: Annotated[Size, Meta(description="And all of them together.")] = 64 * 1024 * 1024
    l1_ttl_s: Annotated[Duration, Meta(description="For how long a worker gives an answer again.")] = field(
        name="l1_ttl", default=300.0
    )
    l2: Annotated[
        Literal["none", "redis"], Meta(description="redis: the one of `counters` keeps answers for all workers.")
    ] = "none"
    l2_ttl_s: Annotated[Duration, Meta(description="For how long Redis has an answer.")] = field(
        name="l2_ttl", default=3600.0
    )
    secret: Annotated[
        Secret | None,
        Meta(description="Seals what lies in Redis; the same on all nodes. Left out, each node has its own."),
    ] = None
    hits: Annotated[
        HitsCount, Meta(description="Whether an answer from the cache counts as a request, or is no matter of limits.")
    ] = "counted"
    failures: Annotated[
        Literal["share", "retry"],
        Meta(description="What those get who waited for a call that failed: its error, or a call of their own."),
    ] = "share"
    temperature: Annotated[
        Temperature | None,
        Meta(description="The highest that is kept; a request that names none asks for 1. Left out, any."),
    ] = None
    tools: Annotated[bool, Meta(description="Whether requests with tools are kept.")] = True
    max_bytes: Annotated[Size, Meta(description="The largest answer that is kept.")] = field(
        name="max_size", default=1024 * 1024
    )
    share: Annotated[
        Share,
        Meta(description="Who gets each other's answers: all of a key, an agent, a user, or everybody."),
    ] = "user"
    vary: Annotated[
        tuple[Annotated[str, Meta(extra={"leaf": "header_name"})], ...],
        Meta(description="Headers of requests that change answers, beside Anthropic-* and OpenAI-*."),
    ] = ()
    models: Annotated[
        Mapping[ModelName, CacheRule], Meta(description="By the name that is asked for, or by provider/model.")
    ] = field(default_factory=dict)
    agents: Annotated[Mapping[Name, CacheRule], Meta(description="By the id of the agent.")] = field(
        default_factory=dict
    )
    keys: Annotated[
        Mapping[Name, CacheRule], Meta(description="By the id of the key; of one in this file, its name.")
    ] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Without the secret."""
        return f"CacheSettings(enabled={self.enabled!r}, l2={self.l2!r}, ...)"
