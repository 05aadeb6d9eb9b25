"""Which models there are to ask for: the aliases, and what each provider lists, asked for when somebody wants to know.

To the way of a request the catalog is one more provider: it answers `GET /v1/models` and `GET /v1/models/{id}`.
A provider that cannot be asked is left out of the list; its models can be asked for all the same.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from gossamer.core.endpoints import MODELS_PATH, Dialect
from gossamer.core.errors import ModelNotFound
from gossamer.core.exchange import Exchange
from gossamer.core.logs import get_log
from gossamer.core.ports import Keys, Lister, Wording
from gossamer.dialects.errors import render_error
from gossamer.http.call import ResponseSink, Uploader
from gossamer.http.errors import CallFailed
from gossamer.http.heads import parse_response_head
from gossamer.policy.price_list import NO_PRICES, PriceList, in_dollars
from gossamer.providers.in_process import Timed

_FRESH_S = 60.0
"""For how long a list is shown again without asking."""

_log = get_log(__name__)


class Entry(msgspec.Struct, frozen=True):
    """One model, as OpenAI's API shows it and as Anthropic's does, so that each one's SDK finds what it looks for; and
    what is known of its price and its limits; null: nobody knows.
    """

    id: str
    owned_by: str
    display_name: str
    object: str = "model"
    created: int = 0
    type: str = "model"
    created_at: str = "1970-01-01T00:00:00Z"
    """Nobody says it in a way that all have in common."""
    context_window: int | None = None
    max_output_tokens: int | None = None
    price: Mapping[str, Any] | None = None
    """In US dollars for a million tokens, but for `request`."""


class Listing(msgspec.Struct, frozen=True):
    data: list[Entry]
    first_id: str | None
    last_id: str | None
    object: str = "list"
    has_more: bool = False


class ModelCatalog:
    """The union over all providers, by `provider/model`, and the aliases first."""

    def __init__(self, aliases: Mapping[str, str], listers: Iterable[Lister], prices: PriceList = NO_PRICES) -> None:
        self._prices = prices
        self._aliases = [self._entry(alias, target) for alias, target in aliases.items()]
        self._listers = tuple(listers)
        self._known: list[Entry] | None = None
        self._known_at = 0.0
        self._asking: asyncio.Task[list[Entry]] | None = None

    async def listing(self) -> bytes:
        entries = await self._entries()
        first, last = (entries[0].id, entries[-1].id) if entries else (None, None)
        return msgspec.json.encode(Listing(entries, first, last))

    async def entry(self, model: str) -> bytes:
        for entry in await self._entries():
            if entry.id == model:
                return msgspec.json.encode(entry)
        raise ModelNotFound(f"There is no model {model[:100]!r} in the list at /v1/models.", param="model")

    async def _entries(self) -> list[Entry]:
        """Asked once for all who want to know at the same time."""
        now = asyncio.get_running_loop().time()
        if self._known is not None and now - self._known_at < _FRESH_S:
            return self._known
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> list[Entry]:
        lists = await asyncio.gather(*(self._ask_one(lister) for lister in self._listers))
        labels = [f"{name}/{model}" for name, models in lists for model in models]
        listed = [self._entry(label, label) for label in labels]
        self._known = [*self._aliases, *listed]
        self._known_at = asyncio.get_running_loop().time()
        return self._known

    def _entry(self, name: str, label: str) -> Entry:
        """A name, and the provider/model that it stands for."""
        known = self._prices.listed(label)
        price = in_dollars(known.price) if known.price is not None else None
        return Entry(
            id=name,
            owned_by=label.partition("/")[0],
            display_name=name.removeprefix(f"{label.partition('/')[0]}/"),
            context_window=known.context,
            max_output_tokens=known.max_output,
            price=price,
        )

    @staticmethod
    async def _ask_one(lister: Lister) -> tuple[str, list[str]]:
        try:
            return lister.name, await lister.models()
        except OSError as error:
            _log.warning("a provider does not list its models", provider=lister.name, reason=str(error))
            return lister.name, []


class CatalogProvider:
    """Answers for the gateway itself."""

    name = "gossamer"
    wordings: Mapping[Dialect, Wording] = {}
    keys: Keys | None = None

    def __init__(self, catalog: ModelCatalog) -> None:
        self._catalog = catalog

    def send(self, exchange: Exchange, sink: ResponseSink, uploader: Uploader | None = None) -> "Lookup":
        del uploader  # a GET has none
        model = unquote(exchange.caller.path.removeprefix(MODELS_PATH).lstrip("/"))
        answer = self._catalog.entry(model) if model else self._catalog.listing()
        return Lookup(answer, Timed(sink, exchange.services.turn))


class Lookup:
    """A question to the catalog, on its way (a Sending)."""

    def __init__(self, answer: Coroutine[None, None, bytes], sink: ResponseSink) -> None:
        self._sink = sink
        self._task = asyncio.create_task(self._tell(answer))

    async def _tell(self, answer: Coroutine[None, None, bytes]) -> None:
        try:
            status, body = 200, await answer
        except ModelNotFound as error:
            status, body = error.status, render_error(error)
        except Exception as error:  # noqa: BLE001 - a defect of ours: whoever asked must not wait for ever
            _log.defect("the list of models met a defect", error)
            self._sink.response_failed(CallFailed("the list of models met a defect of the gateway, which is logged"))
            return
        head = b"HTTP/1.1 %d Answer\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self._sink.response_complete(parse_response_head(head % (status, len(body))), body)

    def cancel(self) -> None:
        self._task.cancel()

    def pause(self) -> None:
        """It is small: nothing to hold back."""

    def resume(self) -> None:
        """Nothing was held back."""
