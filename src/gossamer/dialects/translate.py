"""Requests and whole answers on their way from one dialect into another: the door to this folder. Streams: `stream`.

Bytes in, bytes out. The same dialect at both ends needs no translation, and should not come here.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.core.endpoints import Wire
from gossamer.dialects.answer import Answer
from gossamer.dialects.chat import answer_reader as chat_answers
from gossamer.dialects.chat import answer_writer as chat_answer_writer
from gossamer.dialects.chat import request_reader as chat_requests
from gossamer.dialects.chat import request_writer as chat_request_writer
from gossamer.dialects.conversation import Conversation
from gossamer.dialects.fates import PROVIDER_WORDS, SETTING_NAMES, weigh
from gossamer.dialects.faults import fault_in, render_fault
from gossamer.dialects.fit import fit_members
from gossamer.dialects.losses import Losses
from gossamer.dialects.members import JsonObject
from gossamer.dialects.messages import answer_reader as messages_answers
from gossamer.dialects.messages import answer_writer as messages_answer_writer
from gossamer.dialects.messages import request_reader as messages_requests
from gossamer.dialects.messages import request_writer as messages_request_writer
from gossamer.dialects.responses import answer_reader as responses_answers
from gossamer.dialects.responses import answer_writer as responses_answer_writer
from gossamer.dialects.responses import request_reader as responses_requests
from gossamer.dialects.responses import request_writer as responses_request_writer
from gossamer.dialects.responses.settings_echo import settings_echo
from gossamer.dialects.terms import NO_ECHO, STRICT, Echo, Terms

_READ_REQUEST: Final[dict[Wire, Callable[[bytes, Losses], Conversation]]] = {
    "chat": chat_requests.read_request,
    "responses": responses_requests.read_request,
    "messages": messages_requests.read_request,
}
_WRITE_REQUEST: Final[dict[Wire, Callable[[Conversation, Terms, Losses], bytes]]] = {
    "chat": chat_request_writer.write_request,
    "responses": responses_request_writer.write_request,
    "messages": messages_request_writer.write_request,
}
_READ_ANSWER: Final[dict[Wire, Callable[[bytes], Answer]]] = {
    "chat": chat_answers.read_answer,
    "responses": responses_answers.read_answer,
    "messages": messages_answers.read_answer,
}
_WRITE_ANSWER: Final[dict[Wire, Callable[[Answer, Echo, int], bytes]]] = {
    "chat": chat_answer_writer.write_answer,
    "responses": responses_answer_writer.write_answer,
    "messages": messages_answer_writer.write_answer,
}


class TranslatedRequest(msgspec.Struct, frozen=True):
    """What goes to the provider, what was lost on the way, and what the answer must repeat.

    `warnings` are sentences; `dropped` and `changed` the members that they are about.
    """

    body: bytes
    warnings: tuple[str, ...]
    echo: Echo
    dropped: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def translate_request(body: bytes, client: Wire, provider: Wire, terms: Terms = STRICT) -> TranslatedRequest:
    """A request in the provider's dialect.

    Raises InvalidRequest for a body that the client's own dialect does not allow, and Untranslatable, which is one, for
    a member that the provider's has no word for.
    """
    members = JsonObject(body).members
    losses = Losses(PROVIDER_WORDS[provider], is_lenient=terms.is_lenient, names=SETTING_NAMES[client])
    weigh(members, client, provider, losses)
    conversation = _READ_REQUEST[client](body, losses)
    if terms.model:
        conversation = replace(conversation, model=terms.model)
    written = _WRITE_REQUEST[provider](conversation, terms, losses)
    if provider == "chat":
        written = fit_members(written, terms.vendor, losses)
    settings = settings_echo(members) if client == "responses" else b""
    echo = Echo(conversation.includes_usage, settings)
    return TranslatedRequest(written, losses.warnings, echo, losses.dropped, losses.changed)


def translate_answer(body: bytes, client: Wire, provider: Wire, echo: Echo = NO_ECHO, now_s: int = 0) -> bytes:
    """A whole answer in the client's dialect. Raises ProviderUnavailable for one that cannot be read."""
    return _WRITE_ANSWER[client](_READ_ANSWER[provider](body), echo, now_s)


def read_whole(body: bytes, wire: Wire) -> Answer:
    """A whole answer in no dialect. Raises ProviderUnavailable for one that cannot be read."""
    return _READ_ANSWER[wire](body)


def write_whole(answer: Answer, wire: Wire, echo: Echo, now_s: int) -> bytes:
    return _WRITE_ANSWER[wire](answer, echo, now_s)


def translate_error(body: bytes, status: int, client: Wire) -> bytes:
    """The body of a refusal in the client's dialect, whatever shape the provider has for it."""
    return render_fault(fault_in(body, status), status, client)
