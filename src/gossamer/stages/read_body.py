"""The body, where the gateway must know what it says: the model, whether a stream is asked for.

What its agent adds to it is put in here, before anybody reckons with it: limits, routes and caches. An upload of
another kind is not read: its beginning may name a model, the rest goes by.
"""

from collections.abc import Awaitable

from gossamer.core.errors import BodyTooLarge
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Reply
from gossamer.dialects.ask import Ask, ask_of, read_ask, read_optional_model
from gossamer.dialects.members import JsonObject
from gossamer.dialects.multipart import is_form, model_in_form
from gossamer.http.errors import RequestRefused, body_too_large
from gossamer.policy.admission import BODY_ERRORS, is_read_whole
from gossamer.stages.authenticate import check_may_share
from gossamer.stages.direct import ask_for_agent
from gossamer.stages.look_again import look_again


def read_body(exchange: Exchange) -> Awaitable[Reply | None] | None:
    request = exchange.request
    if request.is_complete:
        limit = exchange.services.body_limit_bytes
        if len(request.body) > limit:
            raise BodyTooLarge(body_too_large(limit).reason)
        return _understand(exchange, request.body)
    content_type = request.head.get(b"content-type")
    endpoint = exchange.caller.endpoint
    if is_read_whole(content_type, is_known_endpoint=endpoint.needs_model or endpoint.is_kept):
        return _read(exchange)
    exchange.is_upload = True
    return _begin_upload(exchange, content_type or b"")


async def _read(exchange: Exchange) -> Reply | None:
    try:
        body = await exchange.request.whole(exchange.services.body_limit_bytes)
    except RequestRefused as refused:
        raise BODY_ERRORS[refused.status](refused.reason) from None
    await look_again(exchange)  # its agent may have been given another directive while the body came
    outcome = _understand(exchange, body)
    return None if outcome is None else await outcome


async def _begin_upload(exchange: Exchange, content_type: bytes) -> None:
    if not is_form(content_type):
        return
    try:
        beginning = await exchange.request.beginning()
    except RequestRefused as refused:
        raise BODY_ERRORS[refused.status](refused.reason) from None
    exchange.upload_beginning = beginning
    exchange.model = model_in_form(content_type, beginning)


def _understand(exchange: Exchange, body: bytes) -> Awaitable[Reply | None] | None:
    exchange.body = body
    if exchange.caller.endpoint.is_simple:
        agent = exchange.agent
        _note(exchange, read_ask(body) if agent is None else ask_for_agent(exchange, agent, JsonObject(body)))
        return None
    return _understand_more(exchange, body)


def _understand_more(exchange: Exchange, body: bytes) -> Awaitable[Reply | None] | None:
    """What may go on from something, or name no model."""
    endpoint = exchange.caller.endpoint
    if endpoint.needs_model:
        return _understand_response(exchange, JsonObject(body))
    if endpoint.is_kept:
        keeper, claims = exchange.services.responses, exchange.claims
        if keeper is not None:
            return keeper.serve(exchange)
        if claims is not None:  # as they were let in, there may have been a keeper
            check_may_share(exchange, claims)
    if body:
        content_type = exchange.request.head.get(b"content-type") or b""
        if is_form(content_type):
            exchange.model = model_in_form(content_type, body)
        else:
            exchange.model = read_optional_model(body)
    return None


def _understand_response(exchange: Exchange, asked: JsonObject) -> Awaitable[None] | None:
    agent, keeper = exchange.agent, exchange.services.responses
    _note(exchange, ask_of(asked.members) if agent is None else ask_for_agent(exchange, agent, asked))
    if keeper is None or exchange.caller.method != "POST":
        return None
    return keeper.recall(exchange, asked.members)


def _note(exchange: Exchange, ask: Ask) -> None:
    exchange.model = ask.model
    exchange.is_stream = bool(ask.stream)
    exchange.hides_usage = exchange.is_stream and not ask.includes_usage
