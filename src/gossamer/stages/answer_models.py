"""`GET /v1/models` and `/v1/models/{id}`: what there is to ask for, unless one provider is meant by its name."""

from collections.abc import Awaitable
from urllib.parse import unquote

from gossamer.core.exchange import Exchange
from gossamer.core.ports import Reply

_LIST = "/v1/models"
_JSON = b"content-type: application/json\r\n"


def answer_models(exchange: Exchange) -> Awaitable[Reply] | None:
    caller = exchange.caller
    if not caller.path.startswith(_LIST) or caller.provider is not None:
        return None
    if exchange.request.head.method not in (b"GET", b"HEAD"):
        return None
    if caller.path == _LIST:
        return _list(exchange)
    if caller.path.startswith(_LIST + "/"):
        return _show(exchange, unquote(caller.path[len(_LIST) + 1 :]))
    return None


async def _list(exchange: Exchange) -> Reply:
    return Reply(200, _JSON, await exchange.services.catalog.listing())


async def _show(exchange: Exchange, model: str) -> Reply:
    return Reply(200, _JSON, await exchange.services.catalog.entry(model))
