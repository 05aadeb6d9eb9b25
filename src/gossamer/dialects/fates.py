"""What becomes of each member of a request on its way into another dialect: a table, and the function that obeys it.

docs/reference/dialects.md shows the same table. Members below the top level are the readers' and writers' business.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

import msgspec

from gossamer.core.endpoints import Wire
from gossamer.dialects.losses import Losses


class Fate(Enum):
    CARRIED = "carried"
    """Said in the provider's dialect, under its own name and in its own form."""
    HINT = "hint"
    """Dropped with a warning: the answer means the same."""
    LOST = "lost"
    """Refused by name; dropped with a warning where the user chose to be lenient."""
    REFUSED = "refused"
    """Refused by name, always: without it the request would ask for something else."""


CARRIED, HINT, LOST, REFUSED = Fate.CARRIED, Fate.HINT, Fate.LOST, Fate.REFUSED

_LEAVE_OUT: Final = "Leave it out."
_STATE: Final = "Send the whole conversation instead."


class Row(NamedTuple):
    """Of one member: its fate towards each other dialect, the values that ask for nothing, and what to do instead."""

    fates: Mapping[Wire, Fate]
    harmless: tuple[Any, ...] = ()
    advice: str = _LEAVE_OUT


def _to_chat_responses(chat: Fate, responses: Fate, *harmless: Any, advice: str = _LEAVE_OUT) -> Row:
    return Row({"chat": chat, "responses": responses}, harmless, advice)


def _to_responses_messages(responses: Fate, messages: Fate, *harmless: Any, advice: str = _LEAVE_OUT) -> Row:
    return Row({"responses": responses, "messages": messages}, harmless, advice)


def _to_chat_messages(chat: Fate, messages: Fate, *harmless: Any, advice: str = _LEAVE_OUT) -> Row:
    return Row({"chat": chat, "messages": messages}, harmless, advice)


_CHAT: Final[dict[str, Row]] = {
    "model": _to_responses_messages(CARRIED, CARRIED),
    "messages": _to_responses_messages(CARRIED, CARRIED),
    "stream": _to_responses_messages(CARRIED, CARRIED),
    "stream_options": _to_responses_messages(CARRIED, CARRIED),
    "max_tokens": _to_responses_messages(CARRIED, CARRIED),
    "max_completion_tokens": _to_responses_messages(CARRIED, CARRIED),
    "temperature": _to_responses_messages(CARRIED, CARRIED),
    "top_p": _to_responses_messages(CARRIED, CARRIED),
    "top_k": _to_responses_messages(CARRIED, CARRIED),
    "stop": _to_responses_messages(CARRIED, CARRIED),
    "tools": _to_responses_messages(CARRIED, CARRIED),
    "tool_choice": _to_responses_messages(CARRIED, CARRIED),
    "parallel_tool_calls": _to_responses_messages(CARRIED, CARRIED),
    "response_format": _to_responses_messages(CARRIED, CARRIED),
    "reasoning_effort": _to_responses_messages(CARRIED, CARRIED),
    "reasoning": _to_responses_messages(CARRIED, CARRIED),
    "thinking": _to_responses_messages(CARRIED, CARRIED),
    "user": _to_responses_messages(CARRIED, CARRIED),
    "safety_identifier": _to_responses_messages(CARRIED, CARRIED),
    "service_tier": _to_responses_messages(CARRIED, CARRIED),
    "verbosity": _to_responses_messages(CARRIED, HINT),
    "metadata": _to_responses_messages(CARRIED, HINT, {}),
    "seed": _to_responses_messages(HINT, HINT),
    "prediction": _to_responses_messages(HINT, HINT),
    "prompt_cache_key": _to_responses_messages(HINT, HINT),
    "prompt_cache_options": _to_responses_messages(HINT, HINT),
    "prompt_cache_retention": _to_responses_messages(HINT, HINT),
    "store": _to_responses_messages(LOST, LOST, False),
    "n": _to_responses_messages(LOST, LOST, 1, advice="Ask once for each answer."),
    "logprobs": _to_responses_messages(LOST, LOST, False),
    "top_logprobs": _to_responses_messages(LOST, LOST, 0),
    "logit_bias": _to_responses_messages(LOST, LOST, {}),
    "frequency_penalty": _to_responses_messages(LOST, LOST, 0),
    "presence_penalty": _to_responses_messages(LOST, LOST, 0),
    "moderation": _to_responses_messages(LOST, LOST),
    "web_search_options": _to_responses_messages(LOST, LOST),
    "audio": _to_responses_messages(REFUSED, REFUSED),
    "modalities": _to_responses_messages(REFUSED, REFUSED, ["text"], advice='Ask for ["text"].'),
    "functions": _to_responses_messages(REFUSED, REFUSED, [], advice='Send "tools" instead.'),
    "function_call": _to_responses_messages(REFUSED, REFUSED, advice='Send "tool_choice" instead.'),
}

_RESPONSES: Final[dict[str, Row]] = {
    "model": _to_chat_messages(CARRIED, CARRIED),
    "input": _to_chat_messages(CARRIED, CARRIED),
    "instructions": _to_chat_messages(CARRIED, CARRIED),
    "stream": _to_chat_messages(CARRIED, CARRIED),
    "max_output_tokens": _to_chat_messages(CARRIED, CARRIED),
    "temperature": _to_chat_messages(CARRIED, CARRIED),
    "top_p": _to_chat_messages(CARRIED, CARRIED),
    "tools": _to_chat_messages(CARRIED, CARRIED),
    "tool_choice": _to_chat_messages(CARRIED, CARRIED),
    "parallel_tool_calls": _to_chat_messages(CARRIED, CARRIED),
    "text": _to_chat_messages(CARRIED, CARRIED),
    "reasoning": _to_chat_messages(CARRIED, CARRIED),
    "user": _to_chat_messages(CARRIED, CARRIED),
    "safety_identifier": _to_chat_messages(CARRIED, CARRIED),
    "service_tier": _to_chat_messages(CARRIED, CARRIED),
    "metadata": _to_chat_messages(CARRIED, HINT, {}),
    "include": _to_chat_messages(HINT, HINT, [], ["reasoning.encrypted_content"]),
    "stream_options": _to_chat_messages(HINT, HINT, {}, {"include_obfuscation": False}),
    "truncation": _to_chat_messages(HINT, HINT, "disabled"),
    "context_management": _to_chat_messages(HINT, HINT, []),
    "access_programs": _to_chat_messages(HINT, HINT),
    "image": _to_chat_messages(HINT, HINT),
    "prompt_cache_key": _to_chat_messages(HINT, HINT),
    "prompt_cache_options": _to_chat_messages(HINT, HINT),
    "prompt_cache_retention": _to_chat_messages(HINT, HINT),
    "store": _to_chat_messages(LOST, LOST, False, advice="Send false, and keep the conversation yourself."),
    "top_logprobs": _to_chat_messages(LOST, LOST, 0),
    "max_tool_calls": _to_chat_messages(LOST, LOST),
    "moderation": _to_chat_messages(LOST, LOST),
    "background": _to_chat_messages(REFUSED, REFUSED, False),
    "background_options": _to_chat_messages(REFUSED, REFUSED),
    "previous_response_id": _to_chat_messages(REFUSED, REFUSED, advice=_STATE),
    "conversation": _to_chat_messages(REFUSED, REFUSED, advice=_STATE),
    "prompt": _to_chat_messages(REFUSED, REFUSED, advice='Send its text as "instructions" and "input".'),
}

_MESSAGES: Final[dict[str, Row]] = {
    "model": _to_chat_responses(CARRIED, CARRIED),
    "messages": _to_chat_responses(CARRIED, CARRIED),
    "system": _to_chat_responses(CARRIED, CARRIED),
    "stream": _to_chat_responses(CARRIED, CARRIED),
    "max_tokens": _to_chat_responses(CARRIED, CARRIED),
    "temperature": _to_chat_responses(CARRIED, CARRIED),
    "top_p": _to_chat_responses(CARRIED, CARRIED),
    "top_k": _to_chat_responses(CARRIED, CARRIED),
    "stop_sequences": _to_chat_responses(CARRIED, CARRIED),
    "tools": _to_chat_responses(CARRIED, CARRIED),
    "tool_choice": _to_chat_responses(CARRIED, CARRIED),
    "output_config": _to_chat_responses(CARRIED, CARRIED),
    "output_format": _to_chat_responses(CARRIED, CARRIED),
    "thinking": _to_chat_responses(CARRIED, CARRIED),
    "metadata": _to_chat_responses(CARRIED, CARRIED),
    "service_tier": _to_chat_responses(CARRIED, CARRIED),
    "cache_control": _to_chat_responses(HINT, HINT),
    "context_management": _to_chat_responses(HINT, HINT),
    "diagnostics": _to_chat_responses(HINT, HINT),
    "speed": _to_chat_responses(HINT, HINT, "standard"),
    "user_profile_id": _to_chat_responses(LOST, LOST),
    "workspace_id": _to_chat_responses(LOST, LOST),
    "inference_geo": _to_chat_responses(LOST, LOST),
    "container": _to_chat_responses(REFUSED, REFUSED),
    "mcp_servers": _to_chat_responses(REFUSED, REFUSED, []),
}

MEMBERS: Final[Mapping[Wire, Mapping[str, Row]]] = {"chat": _CHAT, "responses": _RESPONSES, "messages": _MESSAGES}

PROVIDER_WORDS: Final[Mapping[Wire, str]] = {
    "chat": "a provider of chat completions",
    "responses": "a provider of responses",
    "messages": "a provider of Anthropic messages",
}
SETTING_NAMES: Final[Mapping[Wire, Mapping[str, str]]] = {
    "chat": {},
    "responses": {"response_format": "text.format", "verbosity": "text.verbosity"},
    "messages": {"stop": "stop_sequences", "response_format": "output_config.format"},
}
"""What settings are called in chat completions, and what the client knows them by."""
_UNKNOWN: Final = "it is not known here, and so cannot be translated"
_WHY: Final = "there is no word for it there"


def weigh(members: Mapping[str, msgspec.Raw], client: Wire, provider: Wire, losses: Losses) -> None:
    """Goes through the members of a request; raises Untranslatable for one that must not get lost.

    One that nobody here knows is a hint: a vendor's own word must not make a request fail by surprise.
    """
    rows = MEMBERS[client]
    for name, raw in members.items():
        row = rows.get(name)
        if row is None:
            losses.hint(name, _UNKNOWN)
        elif (fate := row.fates[provider]) is not CARRIED and not _is_harmless(raw, row.harmless):
            _obey(fate, name, row.advice, losses)


def _obey(fate: Fate, name: str, advice: str, losses: Losses) -> None:
    if fate is HINT:
        losses.hint(name, _WHY)
    elif fate is LOST:
        losses.lose(name, _WHY, advice)
    else:
        losses.refuse(name, _WHY, advice)


def _is_harmless(raw: msgspec.Raw, harmless: tuple[Any, ...]) -> bool:
    value = msgspec.json.decode(raw)
    return value is None or value in harmless
