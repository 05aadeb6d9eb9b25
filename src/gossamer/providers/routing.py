"""From the name of a model to the target that answers: an alias, `provider/model`, or the provider for all the rest."""

from collections.abc import Mapping
from difflib import get_close_matches

from gossamer.core.errors import ModelNotFound, NotFound
from gossamer.core.ports import Provider, Target, Tariffs

_NAME_HEADER = "`X-Gossamer-Provider`"


class StaticRouter:
    """Routes as the configuration has them; never changed, replaced as a whole."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        models: Mapping[str, str],
        default: str | None,
        catalog: Provider,
        prices: Tariffs | None = None,
    ) -> None:
        self._prices: Tariffs = prices if prices is not None else {}
        self.catalog_target = self._target(catalog, None)
        self._providers = providers
        self._models = models
        self._default = default
        self._targets = {alias: self._named(name) for alias, name in models.items()}

    def target_of(self, model: str) -> Target:
        target = self._targets.get(model)
        return target if target is not None else self._find(model)

    def provider_named(self, name: str, model: str | None) -> Target:
        provider = self._providers.get(name)
        if provider is None:
            raise NotFound(f"There is no provider {name!r}. Known: {', '.join(sorted(self._providers))}.")
        return self._target(provider, model)

    def default_target(self) -> Target:
        if self._default is None:
            raise NotFound(
                f"This path names no model, so it says nothing of where to go: name a provider by {_NAME_HEADER} "
                f"(known: {', '.join(sorted(self._providers))}), or set `default_provider`."
            )
        return self._target(self._providers[self._default], None)

    def _find(self, model: str) -> Target:
        """A name that is no alias. Nothing is kept of it: callers may make up as many as they like."""
        name, slash, _ = model.partition("/")
        if slash and name in self._providers:
            return self._named(model)
        if self._default is not None:
            return self._target(self._providers[self._default], model)
        known = sorted(self._models)
        near = get_close_matches(model[:100], known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known)}; or `provider/model`."
        raise ModelNotFound(f"There is no model {model[:100]!r}.{hint}", param="model")

    def _named(self, name: str) -> Target:
        provider, _, model = name.partition("/")
        return self._target(self._providers[provider], model)

    def _target(self, provider: Provider, model: str | None) -> Target:
        label = f"{provider.name}/{model}" if model is not None else provider.name
        shown = label if label.isascii() and label.isprintable() else ascii(label)
        headers = f"x-gossamer-target: {shown}\r\nx-gossamer-attempts: 1\r\n"
        return Target(provider, model, label, headers, self._prices.get(label))
