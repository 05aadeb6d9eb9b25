"""How a provider is asked what came in a dialect that it does not speak, or with what it does not take.

Bytes to bytes, by gossamer.dialects. What was lost on the way goes into two header lines of the answer.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from gossamer.core.endpoints import Dialect, Wire
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Reply, Wording
from gossamer.core.translation import Translation
from gossamer.dialects.ask import ask_for_usage, replace_model
from gossamer.dialects.estimate import estimate_tokens, render_count
from gossamer.dialects.fates import PROVIDER_WORDS
from gossamer.dialects.fit import fit_request
from gossamer.dialects.losses import Losses
from gossamer.dialects.terms import Terms
from gossamer.dialects.translate import translate_request
from gossamer.dialects.unseal import unseal_messages, unseal_responses
from gossamer.dialects.vendors import Vendor
from gossamer.policy.headers import JSON_LINE

_PATHS: Final[Mapping[Wire, bytes]] = {
    "chat": b"/chat/completions",
    "messages": b"/messages",
    "responses": b"/responses",
}
"""In the order in which they are preferred, where a provider speaks several and the client's is not among them."""

_NAME_CHARACTERS: Final = 100
"""Of a member's name in a header: unknown ones are as long as the client likes."""

_ESTIMATED: Final = JSON_LINE + b"x-gossamer-estimate: input_tokens\r\n"


def wordings_of(speaks: Collection[Wire], terms: Terms, vendor: Vendor | None = None) -> dict[Dialect, Wording]:
    """For a provider that speaks these. Without a vendor nothing is known to differ, and chats pass as they are."""
    wordings: dict[Dialect, Wording] = {}
    spoken = next(wire for wire in _PATHS if wire in speaks)
    for client in _PATHS:
        if client not in speaks:
            wordings[client] = Translating(client, spoken, terms)
    if "chat" in speaks and vendor is not None:
        wordings["chat"] = Fitting(vendor, is_lenient=terms.is_lenient)
    if "responses" in speaks:
        wordings["responses"] = Unsealing("responses", unseal_responses)
    if "messages" in speaks:
        wordings["messages"] = wordings["count"] = Unsealing("messages", unseal_messages)
    else:
        wordings["count"] = Estimating()
    return wordings


class Translating:
    """Into another dialect; the answer comes back by `delivery.translated`."""

    def __init__(self, client: Wire, provider: Wire, terms: Terms) -> None:
        self._client = client
        self._provider = provider
        self._terms = terms

    def prepare(self, exchange: Exchange, model: str | None) -> None:
        terms = replace(self._terms, model=model or "")
        made = translate_request(exchange.body, self._client, self._provider, terms)
        exchange.outgoing = made.body
        exchange.translation = Translation(
            self._client,
            self._provider,
            _PATHS[self._provider],
            _lost_lines(made.dropped, made.changed),
            made.echo.includes_usage,
            made.echo.settings,
        )


class Fitting:
    """A chat, without what this imitator of chat completions refuses."""

    def __init__(self, vendor: Vendor, *, is_lenient: bool) -> None:
        self._vendor = vendor
        self._is_lenient = is_lenient
        refused = vendor.refuses_in_messages
        shortest = min(refused, key=len, default="")
        is_begin_of_all = all(word.startswith(shortest) for word in refused)
        has_more = vendor.refuses or vendor.renames or vendor.roles or not vendor.takes_schema or not is_begin_of_all
        self._mark = b"" if has_more else b'"%b' % shortest.encode()
        """What all that must change begins with, where that is so: one search finds the requests that pass."""
        self._is_needed = bool(has_more or refused)

    def prepare(self, exchange: Exchange, model: str | None) -> None:
        body = _renamed(exchange, model)
        exchange.translation = None
        if self._is_needed and self._mark in body:
            fitted = fit_request(body, self._vendor, is_lenient=self._is_lenient)
            body = fitted.body
            _note_lost("chat", exchange, fitted.dropped)
        if exchange.hides_usage and "stream_options" not in self._vendor.refuses:
            body = ask_for_usage(body)
        exchange.outgoing = body


class Unsealing:
    """The provider's own dialect, without the reasoning of others in it."""

    def __init__(self, wire: Wire, unseal: Callable[[bytes, Losses], bytes]) -> None:
        self._wire = wire
        self._unseal = unseal

    def prepare(self, exchange: Exchange, model: str | None) -> None:
        losses = Losses(PROVIDER_WORDS[self._wire], is_lenient=True)
        exchange.translation = None
        exchange.outgoing = self._unseal(_renamed(exchange, model), losses)
        _note_lost(self._wire, exchange, losses.dropped)


class Estimating:
    """The tokens of a message, counted by the gateway: no provider but Anthropic can be asked."""

    def prepare(self, exchange: Exchange, model: str | None) -> Reply:
        del model  # all are counted alike
        return Reply(200, _ESTIMATED, render_count(estimate_tokens(exchange.body)))


def _renamed(exchange: Exchange, model: str | None) -> bytes:
    return exchange.body if model is None or model == exchange.model else replace_model(exchange.body, model)


def _note_lost(wire: Wire, exchange: Exchange, dropped: tuple[str, ...]) -> None:
    if dropped:
        exchange.translation = Translation(wire, wire, lines=_lost_lines(dropped, ()))


def _lost_lines(dropped: Iterable[str], changed: Iterable[str]) -> bytes:
    lines = b""
    for name, members in ((b"x-gossamer-dropped", dropped), (b"x-gossamer-changed", changed)):
        if members:
            lines += b"%b: %b\r\n" % (name, ", ".join(map(_shown, members)).encode("ascii"))
    return lines


def _shown(member: str) -> str:
    """A name that a client made up may hold anything; a header may not."""
    shown = member[:_NAME_CHARACTERS]
    return shown if shown.isascii() and shown.isprintable() and "," not in shown else ascii(shown).replace(",", "")
