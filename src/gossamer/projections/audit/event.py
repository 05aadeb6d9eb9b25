"""The audit event: what was done, by whom, to what, and how it ended. Never what was said, and no secret.

One line of JSON each. A reader passes over members that it does not know; a member is never given another meaning.
"""

import re
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from gossamer.core.record import Outcome, Record

TOPIC: Final = "agent_audit_events"
CHANGES: Final = "changes"
"""The `life` of changes: their numbers are of the state store, whichever process or node hands them on."""
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""A code of ours. What a provider said in its own words may repeat what it was asked."""
PROVIDER_SAID: Final = "provider_error"

Id = Annotated[str, Meta(description="Unique for good. An event that comes twice has the same id.")]
At = Annotated[float, Meta(description="Unix time, in seconds: of a request's arrival, of a change's commit.")]
Node = Annotated[str, Meta(description="The name of the machine that wrote the event down.")]
Life = Annotated[str, Meta(description="What `seq` counts in: one start of one worker; or `changes`.")]
Seq = Annotated[int, Meta(description="Counts up by one within a life: a gap is a loss.")]
Address = Annotated[str, Meta(description="Of the client, as far as the gateway could see it.")]


class RequestEvent(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, tag_field="type", tag="request"):
    """One finished request below /v1/, whether it was answered or refused."""

    id: Id
    at: At
    node: Node
    life: Life
    seq: Seq
    method: str
    path: Annotated[str, Meta(description="Without the query.")]
    status: Annotated[int, Meta(description="That the client was sent.")]
    outcome: Outcome
    total_ns: Annotated[int, Meta(description="From arrival to the end of the answer.")]
    request_id: Annotated[str, Meta(description="What the caller was shown: its own, if it sent one.")] = ""
    address: Address = ""
    key: Annotated[str | None, Meta(description="The id of the key; of one of the configuration, its name.")] = None
    user: Annotated[str | None, Meta(description="The id of the user whose key it was.")] = None
    agent: Annotated[str | None, Meta(description="The id of the agent on whose behalf it was.")] = None
    model: Annotated[str | None, Meta(description="As the caller asked for it.")] = None
    target: Annotated[str | None, Meta(description="Provider and model that were asked.")] = None
    stream: bool = False
    error: Annotated[str | None, Meta(description="The code of a refusal, or `provider_error`.")] = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nanos: Annotated[int | None, Meta(description="Nano-dollars; left out where nobody knows.")] = None


class ChangeEvent(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="change"):
    """One administrative change, or an attempt that is to be known, such as a log-in that failed."""

    id: Id
    at: At
    node: Node
    life: Life
    seq: Seq
    by: Annotated[
        Literal["user", "key", "operator", "gateway"],
        Meta(description="Somebody logged in, a key, the operator at the machine, or the gateway by itself."),
    ]
    action: Annotated[str, Meta(description="noun.verb, such as `key.revoke`.")]
    key: Annotated[str | None, Meta(description="The id of the key that was used, where it was one.")] = None
    user: Annotated[str | None, Meta(description="The id of the user who did it.")] = None
    address: Address = ""
    subject: Annotated[str | None, Meta(description="The id of what was changed.")] = None
    before: Annotated[dict[str, Any] | None, Meta(description="What differs, as it was.")] = None
    after: Annotated[dict[str, Any] | None, Meta(description="What differs, as it is.")] = None


AuditEvent = RequestEvent | ChangeEvent


def request_event(record: Record, life: str, node: str) -> RequestEvent:
    usage, error = record.usage, record.error
    if error is not None and not _CODE.fullmatch(error):
        error = PROVIDER_SAID
    return RequestEvent(  # by position: names would cost more than all the values
        record.id,
        record.at,
        node,
        life,
        record.seq,
        record.method,
        record.path,
        record.status,
        record.outcome,
        record.total_ns,
        record.request_id,
        record.peer,
        record.key,
        record.user,
        record.agent,
        record.model,
        record.target,
        record.stream,
        error,
        None if usage is None else usage.input,
        None if usage is None else usage.output,
        record.cost_nanos,
    )


def event_schema() -> dict[str, Any]:
    """As JSON Schema, for consumers."""
    (choice,), components = msgspec.json.schema_components([AuditEvent], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An audit event of Gossamer",
        **choice,
        "$defs": components,
    }
