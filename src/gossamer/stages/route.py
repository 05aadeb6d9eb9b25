"""Who answers: the target of the model that was asked for, and whether this key and this agent may ask for it.

It only decides: what the target gets of the body is made in gossamer.delivery.prepare.
"""

from gossamer.core.errors import ModelForbidden
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Target, Way


def route(exchange: Exchange) -> None:
    model = exchange.model
    if model is not None and exchange.caller.provider is None:
        found = exchange.services.router.target_of(model)
    else:
        found = _found_otherwise(exchange)
    claims = exchange.claims
    is_bound = claims is None or claims.models is not None or exchange.agent is not None
    if is_bound and exchange.caller.run is None:  # who may ask an agent may ask through it what its settings name
        check_models(exchange)
    if isinstance(found, Target):
        exchange.target = found
    else:
        exchange.route = way = found.begin(exchange)
        exchange.target = way.target


def check_models(exchange: Exchange) -> None:
    """Whether this key and this agent may ask for this model, of whoever it is."""
    claims = exchange.claims
    if claims is not None and claims.models is not None:
        _check_model(exchange, "key", claims.name, claims.models)
    agent = exchange.agent
    if agent is not None and agent.models is not None:
        _check_model(exchange, "agent", agent.name, agent.models)


def _found_otherwise(exchange: Exchange) -> Target | Way:
    """By the provider that is named, or by nothing at all."""
    router = exchange.services.router
    if exchange.caller.provider is not None:
        return router.provider_named(exchange.caller.provider, exchange.model)
    if exchange.caller.endpoint.is_catalog:
        return router.catalog_target
    return router.default_target()


def _check_model(exchange: Exchange, kind: str, name: str, allowed: frozenset[str]) -> None:
    """What names no model, but carries something to work on, could be for any model: who is limited may not send it."""
    model = exchange.model
    if model is not None and (provider := exchange.caller.provider) is not None:
        model = f"{provider}/{model}"  # who is named answers, whatever else goes by the model's name
    if model in allowed or (model is None and not (exchange.body or exchange.is_upload)):
        return
    asked = f"the model {model!r}" if model is not None else "what names no model where it can be seen"
    raise ModelForbidden(
        f"The {kind} {name!r} may not ask for {asked}. Allowed: {', '.join(sorted(allowed)) or 'none'}.", param="model"
    )
