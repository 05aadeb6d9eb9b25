"""From settings to the parts that the stages reach for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Final

from gossamer.config.agents import AGENTS
from gossamer.config.routes import ApiKeySettings
from gossamer.config.settings import Settings
from gossamer.config.upstreams import AzureProvider as AzureSettings
from gossamer.config.upstreams import MockProvider as MockProviderSettings
from gossamer.config.upstreams import MockSettings, Upstream
from gossamer.config.upstreams import Provider as ProviderSettings
from gossamer.core.clock import now_ns
from gossamer.core.ids import mint
from gossamer.core.ports import Heeding, Journal, Lister, Provider, Services
from gossamer.core.runs import ANSWER_WITHIN_S
from gossamer.core.tombstone import Tombstone
from gossamer.counters.counting import Counting
from gossamer.feed.paths import agents_path
from gossamer.http.connect import Connector
from gossamer.http.limits import CallTimeouts, PoolLimits
from gossamer.http.origin import Origin, parse_base_url
from gossamer.http.pool import Pool
from gossamer.http.proxy import ProxySettings
from gossamer.http.tls import client_context
from gossamer.http.turn import Turn
from gossamer.mock.jitter import parse_jitter
from gossamer.mock.plan import Settings as Plan
from gossamer.mock.provider import MockProvider
from gossamer.mock.render.models import MODELS
from gossamer.pipeline import admit_with, timing_of
from gossamer.policy.shares import share
from gossamer.providers.agents import AgentsLister, AgentsProvider
from gossamer.providers.azure import NEWEST_PREFIX, AzureProvider
from gossamer.providers.health import Healths
from gossamer.providers.http import HttpProvider
from gossamer.providers.in_process import InProcessMock
from gossamer.providers.keys import ProviderKey
from gossamer.providers.listing import HttpLister, MockLister
from gossamer.providers.prices import prices_of
from gossamer.providers.routing import StaticRouter
from gossamer.providers.trace_lines import TraceLines
from gossamer.providers.voices import NEWEST_OF_AZURE, voice_of
from gossamer.worker.cache import WorkerCache, cache_use_of
from gossamer.worker.catalog import CatalogProvider, ModelCatalog
from gossamer.worker.idempotency import WorkerIdempotency
from gossamer.worker.identity.identity import Identity
from gossamer.worker.keys import ConfiguredKeys
from gossamer.worker.limits import rules_of
from gossamer.worker.responses import WorkerResponses
from gossamer.worker.routes import abilities_of, aliases_of, owners_of

CONNECT_S: Final = 5.0
"""To a socket that the supervisor holds open, so that whoever comes while the agents are restarted waits there."""
MOST_RUNS: Final = 1024
"""Of one worker at once: each has a connection of its own."""
_MARGIN_S: Final = 10.0
"""The agents say themselves that time is up; the worker gives up only on who says nothing."""


class ServiceFactory:
    """Makes Services, and retires those that they replace."""

    def __init__(
        self,
        journal: Journal,
        turn: Turn,
        number: int,
        proxies: ProxySettings,
        identity: Identity,
        counting: Counting | None = None,
        workers: int = 1,
        cache: WorkerCache | None = None,
        responses: WorkerResponses | None = None,
        idempotency: WorkerIdempotency | None = None,
        run_secret: str = "",
    ) -> None:
        self.identity = identity
        """Of the whole life of the worker: what it has found stays found over a reload."""
        self.healths = Healths(self.identity.tell_turned)
        """Of the targets of routes; over a reload as well."""
        self.identity.hear_turned = self._hear_turned
        self.cache = cache or WorkerCache()
        self.identity.hear_purged = self.cache.purge
        self._responses = responses
        if responses is not None:
            self.identity.hear_deleted = responses.forget
        self.idempotency = idempotency
        self.identity.hear_gone = self._hear_gone
        self._counting = counting or Counting(None, _unheard)
        self._run_secret = run_secret
        self._journal = journal
        self._turn = turn
        self._number = number
        self._workers = workers
        self._proxies = proxies
        self._seq = count(1)
        self._next_id = mint(token_hex(6))

    def make(self, settings: Settings) -> "Assembly":
        telemetry = settings.telemetry
        providers = {
            # lines of its own for each: they are also the name under which a head is kept
            name: self._provider(name, found, None if telemetry is None else TraceLines(telemetry.sample))
            for name, found in settings.providers.items()
        }
        if settings.agents:
            providers[AGENTS] = self._agents(settings)
        keys = ConfiguredKeys(settings.keys, self.identity.keys)
        router = self._router(settings, providers)
        rules = rules_of(settings, router)
        admit = admit_with(cache_use_of(settings.cache))
        services = Services(
            authenticator=keys,
            agents=self.identity.agents,
            router=router,
            limiter=self._counting.limiter(rules, refuses_alone=settings.counters_down == "refuse"),
            journal=self._journal,
            next_id=self._next_id,
            next_seq=self._seq.__next__,
            turn=self._turn,
            timing=timing_of(admit),
            worker=self._number,
            body_limit_bytes=settings.server.limits.body_bytes,
            admit=admit,
            cache=self.cache.caching(settings.cache) if settings.cache.enabled else None,
            responses=self._responses.keeper(settings.responses) if self._responses is not None else None,
            heeding=self._heeding(settings),
            run_secret=self._run_secret if settings.agents else "",
        )
        return Assembly(services, keys, providers, settings)

    def _heeding(self, settings: Settings) -> Heeding | None:
        if self.idempotency is None:
            return None
        return self.idempotency.heeding(settings.idempotency, settings.counters_down)

    def make_routes(self, assembly: "Assembly") -> Services:
        """The same services, with the routes that the store has now."""
        assembly.services = replace(assembly.services, router=self._router(assembly.settings, assembly.providers))
        return assembly.services

    def _router(self, settings: Settings, providers: Mapping[str, Provider]) -> StaticRouter:
        aliases = aliases_of(settings, self.identity.routes.known)
        prices = prices_of(settings)
        catalog = CatalogProvider(ModelCatalog(owners_of(aliases), map(_lister, providers.values()), prices))
        return StaticRouter(
            providers,
            aliases,
            _default_of(settings),
            catalog,
            prices,
            self.healths,
            abilities_of(settings),
        )

    def _hear_turned(self, target: str, is_open: bool) -> None:
        self.healths.hear(target, now_ns() / 1e9, is_open=is_open)

    def _hear_gone(self, stones: Sequence[Tombstone]) -> None:
        self.cache.forget(stones)
        if self.idempotency is not None:
            self.idempotency.forget(stones)

    def _provider(self, name: str, settings: ProviderSettings, trace_lines: TraceLines | None) -> Provider:
        if isinstance(settings, MockProviderSettings):
            return InProcessMock(name, MockProvider(_mock_plan(settings.mock)))
        origin, prefix = parse_base_url(settings.base_url)
        connector = Connector(
            origin,
            tls=client_context(settings.verify_tls) if origin.is_tls else None,
            proxy=self._proxies.proxy_for(origin),
            connect_s=settings.timeouts.connect_s,
        )
        pool = Pool(connector, PoolLimits(connections=settings.max_connections), self._turn)
        kind, prefix = _kind_of(settings, prefix)
        return kind(
            name,
            origin,
            prefix,
            self._keys(settings),
            settings.headers,
            settings.timeouts.for_calls(),
            pool,
            voice_of(settings),
            trace_lines,
        )

    def _agents(self, settings: Settings) -> AgentsProvider:
        """Its traces are one tree whether anybody collects spans or not."""
        path = agents_path(Path(settings.data_dir))
        pool = Pool(
            Connector(Origin("http", "localhost", 80, unix_path=str(path)), connect_s=CONNECT_S),
            PoolLimits(connections=MOST_RUNS),
            self._turn,
        )
        sample = settings.telemetry.sample if settings.telemetry is not None else 0.0
        longest_s = max(agent.limits.time_s for agent in settings.agents.values()) + ANSWER_WITHIN_S + _MARGIN_S
        timeouts = CallTimeouts(CONNECT_S, longest_s, longest_s, longest_s)
        return AgentsProvider(AGENTS, tuple(settings.agents), self._run_secret, timeouts, pool, TraceLines(sample))

    def _keys(self, settings: Upstream) -> tuple[ProviderKey, ...]:
        return tuple(self._key(key) for key in settings.api_keys)

    def _key(self, key: str | ApiKeySettings) -> ProviderKey:
        if isinstance(key, str):
            return ProviderKey(key)
        limit = key.requests
        return ProviderKey(key.key, None if limit is None else share(limit, self._workers, self._number, least=1))


class Assembly:
    """Services, and what must be ended when they are replaced."""

    def __init__(
        self, services: Services, keys: ConfiguredKeys, providers: Mapping[str, Provider], settings: Settings
    ) -> None:
        self.services = services
        self.settings = settings
        self.providers = providers
        self._keys = keys

    def retire(self, heir: "Assembly | None" = None) -> None:
        """No new request gets these: free connections close now, busy ones with the answers that they carry."""
        self._keys.retire(heir.services.authenticator if heir is not None else None)
        for provider in self.providers.values():
            if isinstance(provider, HttpProvider | AgentsProvider):
                provider.pool.close()


def _unheard(trouble: str) -> None:
    raise AssertionError(f"counters in memory have no trouble: {trouble}")


def _kind_of(settings: Upstream, prefix: bytes) -> tuple[Callable[..., HttpProvider], bytes]:
    if not isinstance(settings, AzureSettings):
        return HttpProvider, prefix
    if settings.api_version == NEWEST_OF_AZURE:
        return HttpProvider, prefix + NEWEST_PREFIX
    return partial(AzureProvider, api_version=settings.api_version), prefix


def _default_of(settings: Settings) -> str | None:
    """Where a request goes that names nothing we know: the one named for it, or the only real provider there is."""
    if settings.default_provider is not None:
        return settings.default_provider
    real = [name for name, found in settings.providers.items() if not isinstance(found, MockProviderSettings)]
    return real[0] if len(real) == 1 else None


def _mock_plan(settings: MockSettings) -> Plan:
    return Plan(
        seed=settings.seed,
        ttft_ms=settings.ttft_s * 1000,
        gap_ms=settings.gap_s * 1000,
        tokens=settings.tokens,
        jitter=parse_jitter(settings.jitter),
    )


def _lister(provider: Provider) -> Lister:
    if isinstance(provider, AgentsProvider):
        return AgentsLister(provider)
    return HttpLister(provider) if isinstance(provider, HttpProvider) else MockLister(provider.name, MODELS)
