"""Who answers: the target of the model that was asked for, and whether this key may ask for it."""

from gossamer.core.errors import ModelForbidden
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Target
from gossamer.dialects.ask import ask_for_usage, replace_model


def route(exchange: Exchange) -> None:
    target = exchange.target = _target(exchange)
    model = exchange.model
    if model is None:
        return
    claims = exchange.claims
    if claims is not None and claims.models is not None and model not in claims.models:
        allowed = ", ".join(sorted(claims.models))
        raise ModelForbidden(
            f"The key {claims.name!r} may not ask for the model {model!r}. Allowed: {allowed}.", param="model"
        )
    if target.model != model and target.model is not None and not exchange.is_upload:
        exchange.body = replace_model(exchange.body, target.model)
    if exchange.hides_usage and exchange.caller.endpoint.asks_usage:
        exchange.body = ask_for_usage(exchange.body)


def _target(exchange: Exchange) -> Target:
    router = exchange.services.router
    if exchange.caller.provider is not None:
        return router.provider_named(exchange.caller.provider)
    if exchange.model is not None:
        return router.target_of(exchange.model)
    if exchange.caller.endpoint.is_catalog:
        return router.catalog_target
    return router.default_target()
