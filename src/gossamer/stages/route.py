"""Who answers: the target of the model that was asked for, and whether this key and this agent may ask for it.

Here the body is changed, where its model goes by another name at the provider, or usage must be asked for.
"""

from gossamer.core.errors import ModelForbidden
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Target
from gossamer.dialects.ask import ask_for_usage, replace_model
from gossamer.dialects.multipart import is_form, replace_model_in_form


def route(exchange: Exchange) -> None:
    target = exchange.target = _target(exchange)
    claims = exchange.claims
    if claims is not None and claims.models is not None:
        _check_model(exchange, "key", claims.name, claims.models)
    agent = exchange.agent
    if agent is not None and agent.models is not None:
        _check_model(exchange, "agent", agent.name, agent.models)
    if target.model is not None and target.model != exchange.model:
        _rename_model(exchange, target.model)
    if exchange.hides_usage and exchange.caller.endpoint.asks_usage:
        exchange.body = ask_for_usage(exchange.body)


def _target(exchange: Exchange) -> Target:
    router = exchange.services.router
    if exchange.caller.provider is not None:
        return router.provider_named(exchange.caller.provider, exchange.model)
    if exchange.model is not None:
        return router.target_of(exchange.model)
    if exchange.caller.endpoint.is_catalog:
        return router.catalog_target
    return router.default_target()


def _check_model(exchange: Exchange, kind: str, name: str, allowed: frozenset[str]) -> None:
    """What names no model, but carries something to work on, could be for any model: who is limited may not send it."""
    model = exchange.model
    if model in allowed or (model is None and not (exchange.body or exchange.is_upload)):
        return
    asked = f"the model {model!r}" if model is not None else "what names no model where it can be seen"
    raise ModelForbidden(
        f"The {kind} {name!r} may not ask for {asked}. Allowed: {', '.join(sorted(allowed)) or 'none'}.", param="model"
    )


def _rename_model(exchange: Exchange, model: str) -> None:
    content_type = exchange.request.head.get(b"content-type") or b""
    if exchange.is_upload:
        old = exchange.upload_beginning
        new = replace_model_in_form(content_type, old, model)
        exchange.request.replace_beginning(old, new)
        exchange.upload_growth_bytes = len(new) - len(old)
    elif is_form(content_type):
        exchange.body = replace_model_in_form(content_type, exchange.body, model)
    else:
        exchange.body = replace_model(exchange.body, model)
