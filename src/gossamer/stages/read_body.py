"""The body, where the gateway must know what it says: the model, whether a stream is asked for.

What its agent adds to it is put in here, before anybody reckons with it: limits, routes and caches. An upload of
another kind is not read: its beginning may name a model, the rest goes by.
"""

from collections.abc import Awaitable

from gossamer.core.errors import BodyTooLarge
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.dialects.ask import read_ask, read_optional_model
from gossamer.dialects.multipart import is_form, model_in_form
from gossamer.http.errors import RequestRefused, body_too_large
from gossamer.policy.admission import BODY_ERRORS, is_read_whole
from gossamer.stages.direct import ask_for_agent
from gossamer.stages.heed_extras import heed_extras
from gossamer.stages.look_again import look_again


def read_body(exchange: Exchange) -> Awaitable[None] | Later | None:
    request = exchange.request
    if request.is_complete:
        limit = exchange.services.body_limit_bytes
        if len(request.body) > limit:
            raise BodyTooLarge(body_too_large(limit).reason)
        _understand(exchange, request.body)
        extras = exchange.caller.extras
        return None if extras is None else heed_extras(exchange, extras, request.body)
    content_type = request.head.get(b"content-type")
    is_known = exchange.caller.endpoint.needs_model or exchange.caller.extras is not None
    if is_read_whole(content_type, is_known_endpoint=is_known):
        return _read(exchange)
    exchange.is_upload = True
    return _begin_upload(exchange, content_type or b"")


async def _read(exchange: Exchange) -> None:
    try:
        body = await exchange.request.whole(exchange.services.body_limit_bytes)
    except RequestRefused as refused:
        raise BODY_ERRORS[refused.status](refused.reason) from None
    await look_again(exchange)  # its agent may have been given another directive while the body came
    _understand(exchange, body)
    extras = exchange.caller.extras
    if extras is not None and (known := heed_extras(exchange, extras, body)) is not None:
        await known


async def _begin_upload(exchange: Exchange, content_type: bytes) -> None:
    if not is_form(content_type):
        return
    try:
        beginning = await exchange.request.beginning()
    except RequestRefused as refused:
        raise BODY_ERRORS[refused.status](refused.reason) from None
    exchange.upload_beginning = beginning
    exchange.model = model_in_form(content_type, beginning)


def _understand(exchange: Exchange, body: bytes) -> None:
    exchange.body = body
    if exchange.caller.endpoint.needs_model:
        agent = exchange.agent
        ask = read_ask(body) if agent is None else ask_for_agent(exchange, agent, body)
        exchange.model = ask.model
        exchange.is_stream = bool(ask.stream)
        exchange.hides_usage = exchange.is_stream and not ask.includes_usage
    elif body:
        content_type = exchange.request.head.get(b"content-type") or b""
        if is_form(content_type):
            exchange.model = model_in_form(content_type, body)
        else:
            exchange.model = read_optional_model(body)
