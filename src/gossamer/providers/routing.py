"""From the name of a model to who answers: an alias, `provider/model`, or the provider for all the rest."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

import msgspec

from gossamer.core.errors import ModelNotFound, NotFound
from gossamer.core.ports import Provider, Target, Tariffs
from gossamer.policy.headers import target_lines
from gossamer.providers.agents import AgentsProvider
from gossamer.providers.health import Healths, Unwatched
from gossamer.providers.ways import ABLE, Abilities, Candidate, Policy, Ways

_KEYS: Final = Policy()
"""Nothing is tried again, but with another key."""
_NAME_HEADER = "`X-Gossamer-Provider`"


class Choice(msgspec.Struct, frozen=True):
    """One target of an alias, by its label."""

    label: str
    weight: int = 1
    priority: int = 0


class Alias(msgspec.Struct, frozen=True):
    """What a name leads to. Without a policy it is another name for one target, and no more."""

    choices: tuple[Choice, ...]
    policy: Policy | None = None


class StaticRouter:
    """Routes as they are; never changed, replaced as a whole."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        aliases: Mapping[str, Alias],
        default: str | None,
        catalog: Provider,
        prices: Tariffs,
        healths: Healths,
        abilities: Mapping[str, Abilities],
    ) -> None:
        self._prices = prices
        self._healths = healths
        self._abilities = abilities
        self.catalog_target = self._plain(catalog, None)
        self._providers = providers
        self._default = default
        self._aliases = {name: self._way_of(name, alias) for name, alias in aliases.items()}

    def target_of(self, model: str) -> Target | Ways:
        found = self._aliases.get(model)
        return found if found is not None else self._find(model)

    def provider_named(self, name: str, model: str | None) -> Target | Ways:
        provider = self._providers.get(name)
        if provider is None:
            raise NotFound(f"There is no provider {name!r}. Known: {', '.join(sorted(self._providers))}.")
        return self._target(provider, model)

    def default_target(self) -> Target | Ways:
        if self._default is None:
            raise NotFound(
                f"This path names no model, so it says nothing of where to go: name a provider by {_NAME_HEADER} "
                f"(known: {', '.join(sorted(self._providers))}), or set `default_provider`."
            )
        return self._target(self._providers[self._default], None)

    def _find(self, model: str) -> Target | Ways:
        """A name that is no alias. Nothing is kept of it: callers may make up as many as they like."""
        name, slash, _ = model.partition("/")
        if slash and name in self._providers:
            return self._named(model)
        if self._default is not None:
            return self._target(self._providers[self._default], model)
        known = sorted(self._aliases)
        near = get_close_matches(model[:100], known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known)}; or `provider/model`."
        raise ModelNotFound(f"There is no model {model[:100]!r}.{hint}", param="model")

    def _way_of(self, name: str, alias: Alias) -> Target | Ways:
        if alias.policy is None:
            return self._named(alias.choices[0].label)
        candidates = [self._candidate(choice) for choice in alias.choices]
        return Ways(name if len(candidates) > 1 else candidates[0].target.label, candidates, alias.policy)

    def _candidate(self, choice: Choice) -> Candidate:
        provider, _, model = choice.label.partition("/")
        return Candidate(
            self._plain(self._providers[provider], model),
            self._healths.of(choice.label),
            choice.weight,
            choice.priority,
            self._abilities.get(choice.label, ABLE),
        )

    def _named(self, name: str) -> Target | Ways:
        provider, _, model = name.partition("/")
        return self._target(self._providers[provider], model)

    def _target(self, provider: Provider, model: str | None) -> Target | Ways:
        """A provider with several keys is a choice of its own: where one is refused, the next may do."""
        target = self._plain(provider, model)
        return (
            target
            if provider.keys is None
            else Ways(target.label, (Candidate(target, Unwatched(target.label)),), _KEYS)
        )

    def _plain(self, provider: Provider, model: str | None) -> Target:
        label = f"{provider.name}/{model}" if model is not None else provider.name
        return Target(
            provider,
            model,
            label,
            target_lines(label, 1),
            self._prices.get(label),
            isinstance(provider, AgentsProvider),
        )
