"""Whether the token is good, and what it is allowed. Memory first; whoever is not known there is asked for."""

from collections.abc import Awaitable

from gossamer.core.errors import InvalidApiKey, ScopeForbidden
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import Claims


def authenticate(exchange: Exchange) -> Awaitable[None] | Later | None:
    caller = exchange.caller
    claims = caller.claims
    if claims is not None and claims.is_valid:
        exchange.claims = claims
        return None
    if caller.token_digest is None:
        raise InvalidApiKey("No API key was sent. Send `Authorization: Bearer gsm_...` or `x-api-key: gsm_...`.")
    found = exchange.services.authenticator.claims_of(
        caller.token_digest, exchange.request.peer, has_our_form=caller.has_our_form
    )
    if found is None or isinstance(found, Claims):
        if found is None and caller.has_our_form:
            exchange.lookup = "bloom"
        _accept(exchange, found)
        return None
    if isinstance(found, Later):
        return found
    exchange.lookup = "asked"
    return _ask(exchange, found)


async def _ask(exchange: Exchange, answer: Awaitable[Claims | None]) -> None:
    _accept(exchange, await answer)


def _accept(exchange: Exchange, claims: Claims | None) -> None:
    if claims is None or not claims.is_valid:
        raise InvalidApiKey("This API key is not known here, or was revoked. Check it, or ask for a new one.")
    if not claims.may_infer:
        raise ScopeForbidden("This API key is for administration alone. Send one with the scope `inference`.")
    caller = exchange.caller
    endpoint = caller.endpoint
    if endpoint.is_shared and not (endpoint.is_kept and exchange.services.responses is not None):
        check_may_share(exchange, claims)
    caller.agent = None
    caller.is_plain = caller.agent_id is None and not claims.agents
    exchange.claims = caller.claims = claims


def check_may_share(exchange: Exchange, claims: Claims) -> None:
    if not claims.may_share:
        raise ScopeForbidden(
            f"{exchange.caller.path[:100]} passes through to the provider's account, which all callers of this gateway "
            "share. Send a key with the scope `passthrough`, which an admin can make."
        )
