"""From settings to routes: what each name leads to, and what the models of the providers can do."""

from collections.abc import Mapping

from gossamer.config.agents import AGENTS
from gossamer.config.routes import RouteSettings, targets_of
from gossamer.config.settings import Settings
from gossamer.config.upstreams import Upstream
from gossamer.feed.messages import RouteGrant
from gossamer.providers.routing import Alias, Choice
from gossamer.providers.ways import Abilities, Policy


def aliases_of(settings: Settings, stored: Mapping[str, RouteGrant]) -> dict[str, Alias]:
    """Those of the store, those of the file, which nothing overrides, and the agents."""
    ours = {name: _alias(model) for name, model in settings.models.items()}
    ours |= {name: Alias((Choice(f"{AGENTS}/{name}"),)) for name in settings.agents}
    theirs = {name: _stored(grant) for name, grant in stored.items() if _is_known(grant, settings)}
    return {**ours, **{name: alias for name, alias in theirs.items() if name not in ours}}


def abilities_of(settings: Settings) -> dict[str, Abilities]:
    """By provider/model."""
    return {
        f"{name}/{model}": Abilities(can.context, can.vision, can.tools, can.json_schema)
        for name, provider in settings.providers.items()
        if isinstance(provider, Upstream)
        for model, can in provider.models.items()
    }


def owners_of(aliases: Mapping[str, Alias]) -> dict[str, str]:
    """Whose each name is, as the list of models has it: the first target's provider."""
    return {name: alias.choices[0].label for name, alias in aliases.items()}


def _is_known(grant: RouteGrant, settings: Settings) -> bool:
    """A reload may have taken a provider away from under a route: that is one no more, until the provider is back."""
    return all(label.partition("/")[0] in settings.providers for label, _, _ in grant.targets)


def _stored(grant: RouteGrant) -> Alias:
    policy = Policy(grant.strategy, grant.sticky, grant.retries, grant.deadline_s)
    return Alias(tuple(Choice(*target) for target in grant.targets), policy)


def _alias(model: str | RouteSettings) -> Alias:
    choices = tuple(Choice(one.target, one.weight, one.priority) for one in targets_of(model))
    if isinstance(model, str):
        return Alias(choices)
    return Alias(choices, Policy(model.strategy, model.sticky, model.retries, model.deadline_s))
