"""All metrics that are drawn from records: their names, what they count and by what. Dashboards stand on them."""

from typing import Final, NamedTuple

NS_PER_S: Final = 1_000_000_000
OVERHEAD_BUCKETS_S: Final = (
    0.00005,
    0.0001,
    0.0002,
    0.0003,
    0.0005,
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.5,
    1.0,
)
"""Where a gateway's own time lies, and what it must never reach."""
STAGE_BUCKETS_S: Final = (
    0.000001,
    0.000002,
    0.000005,
    0.00001,
    0.00002,
    0.00005,
    0.0001,
    0.0005,
    0.001,
    0.005,
    0.05,
    0.5,
)
PROVIDER_BUCKETS_S: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0, 120.0, 300.0)


class Counter(NamedTuple):
    """`per_unit`: how many of what is counted make one of what is shown."""

    name: str
    help: str
    labels: tuple[str, ...]
    per_unit: int = 1


class Histogram(NamedTuple):
    """Of durations, kept in nanoseconds and shown in seconds."""

    name: str
    help: str
    labels: tuple[str, ...]
    buckets_s: tuple[float, ...]


REQUESTS: Final = Counter(
    "gossamer_requests", "Finished requests below /v1/, by what the client was sent.", ("route", "model", "status")
)
CHECKED: Final = Counter(
    "gossamer_proxy_rate_limit_checked", "Requests that came to the limits, by what became of them.", ("result",)
)
TOKENS: Final = Counter("gossamer_tokens", "Tokens as providers counted them.", ("kind", "model"))
COST: Final = Counter("gossamer_cost_usd", "Dollars, where the price is known.", ("model",), NS_PER_S)
CACHE_HITS: Final = Counter("gossamer_cache_hits", "Answers that were given again, by where they came from.", ("tier",))
CACHE_MISSES: Final = Counter("gossamer_cache_misses", "Requests whose answer might have been known, and was not.", ())
SAVED: Final = Counter("gossamer_cache_saved_usd", "Dollars that these answers had cost.", ("model",), NS_PER_S)
DROPPED: Final = Counter("gossamer_records_dropped", "Records that were gone before they were read.", ())
AUTH_HITS: Final = Counter(
    "gossamer_auth_cache_hits", "Requests whose key a worker had in memory, or knew to be bad.", ("tier",)
)
AUTH_MISSES: Final = Counter("gossamer_auth_cache_misses", "Requests whose key had to be asked for.", ())
GARBLED: Final = Counter("gossamer_records_garbled", "Lines of the journal that are no record.", ())

OVERHEAD: Final = Histogram(
    "gossamer_proxy_request_duration_seconds",
    "The gateway's own part of a request: the provider's time is taken out.",
    (),
    OVERHEAD_BUCKETS_S,
)
PROVIDER: Final = Histogram(
    "gossamer_proxy_provider_duration_seconds",
    "From the call to the end of the answer.",
    ("provider", "model"),
    PROVIDER_BUCKETS_S,
)
FIRST_BYTE: Final = Histogram(
    "gossamer_proxy_provider_ttfb_seconds",
    "From the call to the head of the answer.",
    ("provider", "model"),
    PROVIDER_BUCKETS_S,
)
OF_STAGE: Final = {
    "authenticate": Histogram(
        "gossamer_proxy_auth_duration_seconds", "Who is calling: look-ups included.", (), STAGE_BUCKETS_S
    ),
    "verify_agent": Histogram("gossamer_proxy_agent_verify_duration_seconds", "On whose behalf.", (), STAGE_BUCKETS_S),
    "cache": Histogram(
        "gossamer_proxy_cache_lookup_duration_seconds",
        "Whether the answer is known: Redis included, and no wait for somebody else's call.",
        (),
        STAGE_BUCKETS_S,
    ),
    "limit": Histogram(
        "gossamer_proxy_rate_limit_duration_seconds", "How much is left: counters included.", (), STAGE_BUCKETS_S
    ),
}
"""Stages that have a histogram of their own, by their name in the journal."""

RESOLVE: Final = Histogram(
    "gossamer_proxy_directive_resolve_duration_seconds",
    "Which directive, filled with what the request brought.",
    (),
    STAGE_BUCKETS_S,
)
INJECT: Final = Histogram(
    "gossamer_proxy_prompt_inject_duration_seconds", "To find a directive's place in the body.", (), STAGE_BUCKETS_S
)

COUNTERS: Final = (
    REQUESTS,
    CHECKED,
    AUTH_HITS,
    AUTH_MISSES,
    TOKENS,
    COST,
    CACHE_HITS,
    CACHE_MISSES,
    SAVED,
    DROPPED,
    GARBLED,
)
HISTOGRAMS: Final = (OVERHEAD, *OF_STAGE.values(), RESOLVE, INJECT, PROVIDER, FIRST_BYTE)
