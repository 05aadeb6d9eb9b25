"""docs/reference/dialects.md, written from the tables in gossamer.dialects.

    python -m tests.house.dialects_page      writes it anew

A test compares it with what would be written now.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from gossamer.core.endpoints import Wire
from gossamer.dialects.chat.endings import reason_of
from gossamer.dialects.efforts import FAMILIES, Family, budget_for
from gossamer.dialects.fates import MEMBERS, Fate, Row
from gossamer.dialects.messages.endings import STOPS
from gossamer.dialects.responses.endings import ending_of
from gossamer.dialects.terms import DEFAULT_MAX_TOKENS
from gossamer.dialects.vendors import VENDORS, Vendor
from tests.house.pages import ROOT

PAGE: Final = "docs/reference/dialects.md"
TITLES: Final[Mapping[Wire, str]] = {
    "chat": "chat completions",
    "responses": "responses",
    "messages": "Anthropic messages",
}

INTRODUCTION: Final = """\
# Dialects

Written from the tables in the code by `python -m tests.house.dialects_page`; do not edit it by hand.

A client speaks OpenAI's chat completions, OpenAI's responses or Anthropic's messages, and so does a provider. Where
both speak the same, bytes pass, but for what stands under [Imitators](#imitators) and [Reasoning](#reasoning). Where
they differ, the request, the answer, each event of a stream and each error is translated; a stream event by event, as
it comes.

KINDS
A client's own `anthropic-version` goes before that one; at Azure, the model is the deployment. What a provider does
not speak it is asked as chat completions, else as messages, else as responses. Paths that are not of these dialects,
such as `/v1/embeddings`, go to every provider as they came. The list of models has the deployments of Azure only
where `models` names them: its data plane does not say which there are.

## What a client sees of it

- **A 400 that names the member** where the request asks for something that cannot be said; the provider is not asked.
- **`X-Gossamer-Dropped`**: the members that did not go up, as the client calls them. **`X-Gossamer-Changed`**: those
  that are said in another way there than the client said them. Both are on the answer's head, of a stream too.
- **Headers** of either API stay with it: `anthropic-*`, `openai-*`, `x-stainless-*` are kept back in both directions.
- **Refusals** of the provider keep their status (see [errors](errors.md)); the body is the client's own form.
- **What is no answer**, such as a page of HTML with status 200, half of one, JSON instead of a stream or a stream
  instead of JSON, is a 502 `provider_unavailable` that says what came.
- **A stream that breaks** ends with an error event of the client's dialect, and no clean end.
- **Usage** in the record is what the provider told, before it was translated.

## What can get lost

Each member of a request has one of four fates on its way into another dialect:

| fate | means |
| --- | --- |
| carried | it is said in the provider's dialect, in its own form there |
| hint | it is dropped with a warning: the answer means the same without it |
| lost | it is a 400 that names the member; where the provider is set to `drop`, it is dropped with a warning |
| refused | it is a 400 that names the member, always: without it the request would ask for something else |

The provider's setting is `translation: {unsupported: drop}`, its default `refuse`; a warning is the member's name in
`X-Gossamer-Dropped`. `null`, and the values in the last column, ask for nothing and pass without a word. **A member
that is not in these tables is a hint**: a vendor's own word must not make a request fail by surprise, and would make
the other provider refuse it. Below the top level, a part, block, item or tool of an unknown kind is *lost*; other
unknown members there are not carried.
"""

KINDS: Final = (
    ["`openai`", "chat completions, responses", "its `base_url`", "`Authorization: Bearer`"],
    ["`anthropic`", "messages", "its `base_url`, with `anthropic-version: 2023-06-01`", "`x-api-key`"],
    ["`azure-openai`", "chat completions", "`/openai/deployments/MODEL/...?api-version=`", "`api-key`"],
    ["`azure-openai`, `api_version: v1`", "chat completions, responses", "`/openai/v1/...`", "`api-key`"],
    ["`openai-compatible`", "chat completions, or `speaks`", "its `base_url`", "`Authorization: Bearer`"],
)

DETAILS: Final = f"""\
## How things are said

- **System**: turns of the system and the developer that open a conversation become `system`, or `instructions`; a
  later one goes behind the user's turn beside it for Anthropic, which takes it nowhere else; where a model takes none
  at all, it is sent as the user's, with a warning.
- **Tools**: schemas pass to the byte. `strict` is said only where it was asked for; in responses, where silence means
  strict, `false` is written. `allowed_tools` leaves the others out for Anthropic. Names of calls with other
  characters than `A-Za-z0-9_-` are changed for Anthropic, always in the same way.
- **Results of tools**: an error is marked by `is_error` in messages, and by `Error: ` before the text in the others.
  What a tool showed moves into a user's message for chat completions, where tools can only speak.
- **Images and files**: by address, or as base64. Files that were uploaded to a provider (`file_id`) are lost: no
  other has them. A document of plain text becomes text for OpenAI. Audio has no counterpart.
- **JSON**: `response_format`, `text.format` and `output_config.format` are the same thing. Anthropic has no mode
  without a schema: `json_object` is put into words, with a warning. A schema of Anthropic's is strict for OpenAI if
  it meets OpenAI's rules.
- **`max_tokens`**: Anthropic requires it; where a client says nothing, it is {DEFAULT_MAX_TOKENS:,}, and the budget
  to think comes on top.
- **Sampling**: the newer models of Anthropic take neither `temperature` nor `top_p` nor `top_k`; other values than 1
  are lost. Anthropic's scale of temperature ends at 1, OpenAI's at 2. Translated requests are made for
  `anthropic-version: 2023-06-01`, since 2026-10-21 refuses sampling for all models.
- **Users**: `user`, `safety_identifier` and `metadata.user_id` are the same thing. Beyond 64 characters, OpenAI gets
  the SHA-256.
- **Caching**: `cache_control` goes to Anthropic and OpenRouter; `prompt_cache_breakpoint` becomes `cache_control`.
  All others cache by themselves.
- **Usage**: OpenAI's input tokens include those from the cache and those written to it, Anthropic's do not; each
  client gets its own arithmetic. Reasoning is `reasoning_tokens` and `output_tokens_details.thinking_tokens`.
- **Responses are not stored**: `previous_response_id` and `conversation` are refused here; send the whole
  conversation.
- **Counting**: `/v1/messages/count_tokens` goes to a provider that speaks messages. For all others the gateway answers
  with an estimate from the number of characters, and says so: `X-Gossamer-Estimate: input_tokens`.

## Reasoning

Providers seal their reasoning, and want it back with the seal, to the byte. In a dialect that is not its own, it
travels like this:

| client | reasoning in words | seal |
| --- | --- | --- |
| chat completions | `reasoning_content` | `reasoning_details`, with a `format` that says whose it is |
| responses | the `summary` of a `reasoning` item | its `encrypted_content`, as `gossamer:DIALECT:KIND:ID:SEAL` |
| Anthropic messages | a `thinking` block | its `signature`, or the `data` of `redacted_thinking`, in the same form |

Clients that send assistants' turns back as they got them, as the SDKs do, lose nothing. Reasoning that goes to
another provider than the one that sealed it is dropped with a warning: it would be refused there. That is so, too,
where client and provider speak the same dialect, and a seal from a provider of another is still in the conversation.
Text without a seal, as DeepSeek and vLLM have it, goes back to those who take it.
"""


def write_page() -> str:
    kinds = _table(["kind of provider", "speaks", "is asked at", "its key stands in"], KINDS)
    parts = [
        INTRODUCTION.replace("KINDS\n", kinds + "\n"),
        *map(_members, MEMBERS),
        DETAILS,
        _efforts(),
        _families(),
        _endings(),
        _vendors(),
    ]
    return "\n".join(parts)


def _members(client: Wire) -> str:
    rows = MEMBERS[client]
    targets: list[Wire] = [target for target in TITLES if target != client]
    heads = ["member", *(f"to {TITLES[target]}" for target in targets), "asks for nothing"]
    lines = [
        [f"`{name}`", *(row.fates[target].value for target in targets), _harmless(row)] for name, row in rows.items()
    ]
    return f"## Members of {TITLES[client]}\n\n{_table(heads, lines)}"


def _harmless(row: Row) -> str:
    return ", ".join(f"`{msgspec.json.encode(value).decode()}`" for value in row.harmless)


def _efforts() -> str:
    words = ("minimal", "low", "medium", "high", "xhigh", "max")
    lines = [[f"`{word}`", f"{budget_for(word):,}"] for word in words]
    text = (
        "`reasoning_effort`, `reasoning.effort` and `output_config.effort` are the same thing. A Claude that thinks\n"
        "by budget gets these tokens, at most half of the limit; a budget becomes the largest effort it pays for.\n"
    )
    return f"## Effort\n\n{text}\n{_table(['effort', 'tokens'], lines)}"


def _families() -> str:
    heads = ["model", "thinks", "can be told not to", "sampling", "can be made to call a tool", "late system turns"]
    return f"What the models of Anthropic take; the first row that fits:\n\n{_table(heads, map(_family, FAMILIES))}"


def _family(family: Family) -> list[str]:
    return [
        family.called,
        "by budget" if family.thinks_by_budget else "by effort",
        *("yes" if takes else "no" for takes in family[3:]),
    ]


def _endings() -> str:
    lines = []
    for reason, stop in STOPS.items():
        status, details = ending_of(stop, is_refused=False)
        said = f"`{status}`" if details is None else f"`{status}`, `{details['reason']}`"
        lines.append([f"`{reason}`", f"`{reason_of(stop)}`", said])
    text = (
        "A refusal in the words of a model of OpenAI ends with `stop`, or `completed`, and `refusal` for Anthropic.\n"
    )
    heads = ["Anthropic messages", "chat completions", "responses"]
    return f"## Why an answer ends\n\n{_table(heads, lines)}\n{text}"


def _vendors() -> str:
    text = (
        "What those who imitate chat completions cannot take. It is changed with as few bytes as can be; a request\n"
        "that fits passes as it is, and so does all that goes to a provider whose `vendor` nobody named. Members in\n"
        "brackets are *lost*, the others go with a warning.\n"
    )
    heads = ["vendor", "refuses", "calls otherwise", "in messages", "notes"]
    return f"## Imitators\n\n{text}\n{_table(heads, map(_vendor, VENDORS.values()))}"


def _vendor(vendor: Vendor) -> list[str]:
    refused = [f"[`{name}`]" if fate is Fate.LOST else f"`{name}`" for name, fate in vendor.refuses.items()]
    if not vendor.takes_schema:
        refused.append("[`response_format` with a schema]")
    renamed = [f"`{name}`: `{other}`" for name, other in (*vendor.renames.items(), *vendor.roles.items())]
    gone = [f"no `{name}`" for name in vendor.refuses_in_messages]
    return [f"`{vendor.name}`", ", ".join(refused), ", ".join(renamed), ", ".join(gone), vendor.notes]


def _table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    rows = [list(heads), ["---"] * len(list(heads)), *map(list, lines)]
    return "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |").replace("|  |", "| |") for row in rows)


if __name__ == "__main__":
    (ROOT / PAGE).write_text(write_page(), encoding="utf-8")
