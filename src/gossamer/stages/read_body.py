"""The body, where the gateway must know what it says: the model, whether a stream is asked for.

What its agent adds to it is put in here, before anybody reckons with it: limits, routes and caches. An upload of
another kind is not read: its beginning may name a model, the rest goes by.
"""

from collections.abc import Awaitable

from gossamer.core.errors import BodyTooLarge
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import Reply, ResponseKeeper
from gossamer.dialects.ask import model_of, read_optional_model, wants_stream, wants_usage
from gossamer.dialects.members import JsonObject, Members, members_of
from gossamer.dialects.multipart import is_form, model_in_form
from gossamer.http.errors import RequestRefused, body_too_large
from gossamer.policy.admission import BODY_ERRORS, is_read_whole
from gossamer.stages.authenticate import check_may_share
from gossamer.stages.direct import ask_for_agent
from gossamer.stages.heed_extras import heed_extras
from gossamer.stages.look_again import look_again

Outcome = Awaitable[Reply | None] | Later | None


def read_body(exchange: Exchange) -> Outcome:
    request = exchange.request
    if request.is_complete:
        limit = exchange.services.body_limit_bytes
        if len(request.body) > limit:
            raise BodyTooLarge(body_too_large(limit).reason)
        return _understand(exchange, request.body)
    content_type = request.head.get(b"content-type")
    endpoint = exchange.caller.endpoint
    is_known = endpoint.needs_model or endpoint.is_kept or exchange.caller.extras is not None
    if is_read_whole(content_type, is_known_endpoint=is_known):
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


def _understand(exchange: Exchange, body: bytes) -> Outcome:
    exchange.body = body
    caller = exchange.caller
    if caller.endpoint.is_simple:
        agent = exchange.agent
        if agent is None:
            members, is_compact = members_of(body)
            if is_compact:
                exchange.compact = members
            _note(exchange, members)
        else:
            _note(exchange, ask_for_agent(exchange, agent, JsonObject(body)))
        return None if caller.extras is None else heed_extras(exchange, caller.extras, body)
    return _understand_more(exchange, body)


def _understand_more(exchange: Exchange, body: bytes) -> Outcome:
    """What may go on from something, or name no model."""
    endpoint = exchange.caller.endpoint
    if endpoint.needs_model:
        return _understand_response(exchange, body)
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
    extras = exchange.caller.extras
    return None if extras is None else heed_extras(exchange, extras, body)


def _understand_response(exchange: Exchange, body: bytes) -> Outcome:
    asked, agent, extras = JsonObject(body), exchange.agent, exchange.caller.extras
    _note(exchange, asked.members if agent is None else ask_for_agent(exchange, agent, asked))
    known = None if extras is None else heed_extras(exchange, extras, body)
    keeper = exchange.services.responses
    if keeper is None or exchange.caller.method != "POST":
        return known
    if known is None:
        return keeper.recall(exchange, asked.members)
    return _recall_then(exchange, keeper, asked, known)


async def _recall_then(exchange: Exchange, keeper: ResponseKeeper, asked: JsonObject, known: Later) -> None:
    """Once it is known that nobody asked the same under its key: what that was told must not be made anew."""
    await known
    more = keeper.recall(exchange, asked.members)
    if more is not None:
        await more


def _note(exchange: Exchange, members: Members) -> None:
    exchange.model = model_of(members)
    if "stream" in members and wants_stream(members):
        exchange.is_stream = True
        exchange.hides_usage = not wants_usage(members)
