"""From settings to routes: what each name leads to, and what the models of the providers can do."""

from collections.abc import Mapping

from gossamer.config.routes import RouteSettings, targets_of
from gossamer.config.settings import Settings, Upstream
from gossamer.providers.routing import Alias, Choice
from gossamer.providers.ways import Abilities, Policy


def aliases_of(models: Mapping[str, str | RouteSettings]) -> dict[str, Alias]:
    return {name: _alias(model) for name, model in models.items()}


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


def _alias(model: str | RouteSettings) -> Alias:
    choices = tuple(Choice(one.target, one.weight, one.priority) for one in targets_of(model))
    if isinstance(model, str):
        return Alias(choices)
    return Alias(choices, Policy(model.strategy, model.sticky, model.retries, model.deadline_s))
