"""What anybody will want to know of a finished request: one frozen struct, one journal line."""

from typing import Final, Literal

import msgspec

CacheTier = Literal["l1", "l2", "flight", "miss", "bypass", "idempotent"]
Lookup = Literal["asked", "bloom"]
"""Of a key that was not in memory: somebody was asked, or it was known to be bad."""
ID_PREFIX_CHARS: Final = len("req_")
MINTED_SESSION: Final = "ses_"
"""Before what the id of a request is made of: so a session that begins with it needs no id of its own."""

Outcome = Literal["completed", "refused", "client_gone", "provider_failed", "stream_broken"]
Finish = Literal["end", "length", "tools", "sequence", "filter", "pause", "other"]
"""Why an answer ended, in one word for all dialects. "other": a word that only its provider knows."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One try at one target, in the order in which they were made."""

    target: str
    status: int = 0
    """The provider's status, 0 where no answer came."""
    duration_ns: int = 0
    error: str | None = None


class Usage(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Tokens as the provider counted them. All but the first two are parts of one of these."""

    input: int = 0
    """All that was read."""
    output: int = 0
    """All that was written."""
    cached: int = 0
    """Read from the provider's cache."""
    reasoning: int = 0
    """Written for itself."""
    cache_write: int = 0
    """Read, and put into the provider's cache for the usual time."""
    cache_write_1h: int = 0
    """The same, for an hour."""
    audio_input: int = 0
    audio_output: int = 0
    image_input: int = 0
    image_output: int = 0


class Directed(msgspec.Struct, frozen=True, gc=False):
    """The directive that a request was given, and how long that took."""

    id: str
    number: int
    """Of its version."""
    resolve_ns: int
    inject_ns: int


class CacheUse(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the cache had to do with a request. `flight`: it shared the call of another one under way.

    `idempotent`: it was given the answer that its Idempotency-Key has, or with `left`, its answer was kept under it.
    """

    tier: CacheTier
    saved_nanos: int | None = None
    """What its answer had cost; None: it was not from the cache, or nobody knows."""
    left: bool = False
    """Its client left, and the call went on for others: the record is that of the call."""


class Content(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was asked and answered, where the settings have it kept. Of a stream, what it told."""

    request_sha256: str
    answer_sha256: str
    """Of the bytes as they went over the wire, whatever became of them here."""
    request: str = ""
    answer: str = ""
    request_cut_bytes: int = 0
    """So many more there were."""
    answer_cut_bytes: int = 0
    is_redacted: bool = False


class Record(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`id` is minted here and unique for good; `request_id` is what the caller was shown, perhaps its own.

    What most requests have comes first: Python hands over thirty values by position, and more only in a list.
    """

    id: str
    at: float
    """Unix time of the request's arrival."""
    worker: int
    seq: int
    """Counts up by one a line in one worker's life: a gap is a loss."""
    method: str
    path: str
    status: int
    outcome: Outcome
    stages_ns: list[int]
    """How long each stage took, in their order; the segment's first line names them. Shorter where it ended early."""
    total_ns: int
    overhead_ns: int
    request_id: str = ""
    peer: str = ""
    key: str | None = None
    model: str | None = None
    target: str | None = None
    stream: bool = False
    first_byte_ns: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    usage: Usage | None = None
    error: str | None = None
    user: str | None = None
    """The id of the user whose key it was; a key of the configuration has none."""
    agent: str | None = None
    """The id of the agent on whose behalf it was."""
    cost_nanos: int | None = None
    """Nano-dollars, as its budgets were charged; None where nobody knows: there is no price, or no usage was told."""
    trace: str | None = None
    """Trace id, parent's span id and flags of the traceparent that came with it."""
    directive: Directed | None = None
    """What its agent's directive put before it."""
    session: str | None = None
    """X-Session-ID, as the caller sent it. Who sent none was told `MINTED_SESSION` and the rest of `id`."""
    cache: CacheUse | None = None
    """Where there is a cache that its path can use."""
    finish: Finish | None = None
    """None where there was no answer, or nobody said why it ended."""
    # what few requests have
    attempts: tuple[Attempt, ...] = ()
    """Left out where the first try was the answer: `target`, `status` and the stages then say it all."""
    lookup: Lookup | None = None
    """Left out where the key was in memory, or there was none to look for."""
    run: str | None = None
    """The id of the agent's run that answered it; or that it is a call of: those have records of their own."""
    content: Content | None = None
