"""The tables in ClickHouse, and how they came to be: steps that a newer release adds to at the end.

Each statement may run twice, and on several nodes at once: a step that broke off is simply run again.
"""

from typing import Final

import msgspec

from gossamer.projections.clickhouse.address import ClickHouseAddress
from gossamer.projections.clickhouse.client import Client

LEAST_VERSION: Final = (24, 8)
"""Before it a batch that came twice was counted twice by a materialised view."""
_WINDOW: Final = 10_000
"""Inserts of which ClickHouse knows the tokens: half an hour of a busy node, and some 2 MB."""
_WINDOW_S: Final = 7 * 86_400
_VERSIONS: Final = "gossamer_schema"

# `at` first, since a page is read along it; `id` makes of two copies of one request the same row.
# By the day, so that what is too old goes as whole files. A granule has 1,024 rows, not 8,192: of each row that a
# search finds, a whole granule of records is unpacked. What searches skip by is noted for eight granules at a time.
_TRACES: Final = """
CREATE TABLE IF NOT EXISTS traces {on_cluster} (
    id String CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    node LowCardinality(String),
    status UInt16 CODEC(T64, ZSTD(1)),
    outcome LowCardinality(String),
    key LowCardinality(String),
    user LowCardinality(String),
    agent LowCardinality(String),
    model LowCardinality(String),
    target LowCardinality(String),
    session String CODEC(ZSTD(1)),
    total_us UInt64 CODEC(T64, ZSTD(1)),
    cost_nanos Nullable(Int64) CODEC(ZSTD(1)),
    input UInt64 CODEC(T64, ZSTD(1)),
    output UInt64 CODEC(T64, ZSTD(1)),
    cached UInt64 CODEC(T64, ZSTD(1)),
    reasoning UInt64 CODEC(T64, ZSTD(1)),
    unpriced UInt8 CODEC(T64, ZSTD(1)),
    request_id String CODEC(ZSTD(1)),
    path LowCardinality(String),
    error String CODEC(ZSTD(1)),
    stages LowCardinality(String),
    content String CODEC(ZSTD(3)),
    record String CODEC(ZSTD(3)),
    INDEX by_id id TYPE bloom_filter(0.001) GRANULARITY 8,
    INDEX by_key key TYPE bloom_filter(0.01) GRANULARITY 8,
    INDEX by_user user TYPE bloom_filter(0.01) GRANULARITY 8,
    INDEX by_agent agent TYPE bloom_filter(0.01) GRANULARITY 8,
    INDEX by_model model TYPE bloom_filter(0.01) GRANULARITY 8,
    INDEX by_target target TYPE bloom_filter(0.01) GRANULARITY 8,
    INDEX by_session session TYPE bloom_filter(0.01) GRANULARITY 8,
    INDEX by_status status TYPE minmax GRANULARITY 8,
    INDEX by_cost cost_nanos TYPE minmax GRANULARITY 8,
    INDEX by_total total_us TYPE minmax GRANULARITY 8
) ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toDate(at) ORDER BY (at, id)
SETTINGS {window}, ttl_only_drop_parts = 1, index_granularity = 1024
"""
_USAGE: Final = """
CREATE TABLE IF NOT EXISTS usage_by_minute {on_cluster} (
    minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    node LowCardinality(String),
    key LowCardinality(String),
    user LowCardinality(String),
    agent LowCardinality(String),
    target LowCardinality(String),
    requests UInt64 CODEC(T64, ZSTD(1)),
    failed UInt64 CODEC(T64, ZSTD(1)),
    input UInt64 CODEC(T64, ZSTD(1)),
    output UInt64 CODEC(T64, ZSTD(1)),
    cached UInt64 CODEC(T64, ZSTD(1)),
    reasoning UInt64 CODEC(T64, ZSTD(1)),
    cost_nanos Int64 CODEC(T64, ZSTD(1)),
    unpriced UInt64 CODEC(T64, ZSTD(1))
) ENGINE = {replicated}SummingMergeTree
PARTITION BY toYYYYMM(minute) ORDER BY (minute, node, key, user, agent, target)
SETTINGS {window}
"""
_SUMMED: Final = """
SELECT toStartOfMinute(toDateTime(t.at, 'UTC')) AS minute, t.node AS node, t.key AS key, t.user AS user,
    t.agent AS agent, t.target AS target, count() AS requests, countIf(t.status >= 400) AS failed,
    sum(t.input) AS input, sum(t.output) AS output, sum(t.cached) AS cached, sum(t.reasoning) AS reasoning,
    sum(ifNull(t.cost_nanos, 0)) AS cost_nanos, sum(t.unpriced) AS unpriced
FROM {source} AS t GROUP BY minute, node, key, user, agent, target
"""


def summed(source: str) -> str:
    """The rows of `usage_by_minute` for some traces."""
    return _SUMMED.replace("{source}", source)


_FEED: Final = (
    "CREATE MATERIALIZED VIEW IF NOT EXISTS usage_by_minute_feed {on_cluster} TO usage_by_minute AS" + summed("traces")
)
STEPS: Final = ((_TRACES, _USAGE, _FEED),)
_OF_VERSIONS: Final = """
CREATE TABLE IF NOT EXISTS gossamer_schema {on_cluster} (version UInt32, at DateTime DEFAULT now())
ENGINE = {replicated}ReplacingMergeTree ORDER BY version
"""
_NOTE: Final = "INSERT INTO gossamer_schema (version) VALUES ({version:UInt32})"


class WrongSchema(Exception):
    """Its tables are those of a later release, or the server is too old for them."""


class Found(msgspec.Struct, frozen=True):
    version: str
    """Of the server."""
    steps: int | None
    """Which its tables have had; None where there are none."""


async def look(client: Client) -> Found:
    """What is there now. Changes nothing; raises ClickHouseAway."""
    version = (await client.ask("SELECT version() FORMAT TSVRaw", database="")).decode().strip()
    words = "SELECT count() FROM system.tables WHERE database = {database:String} AND name = {name:String} FORMAT TSV"
    there = await client.ask(words, {"database": client.address.database, "name": _VERSIONS}, database="")
    if not int(there):
        return Found(version, None)
    return Found(version, int(await client.ask("SELECT max(version) FROM gossamer_schema FORMAT TSV")))


async def bring_up(client: Client) -> None:
    """Make the tables, or what they lack. Raises ClickHouseAway, or WrongSchema."""
    found = await look(client)
    check(found)
    if found.steps == len(STEPS):
        return
    database = client.address.database
    await client.ask(f"CREATE DATABASE IF NOT EXISTS {database} {on_cluster(client.address)}", database="")
    await client.ask(render(_OF_VERSIONS, client.address))
    for number, step in enumerate(STEPS[found.steps or 0 :], (found.steps or 0) + 1):
        for statement in step:
            await client.ask(render(statement, client.address))
        await client.ask(_NOTE, {"version": number})


def check(found: Found) -> None:
    parts = tuple(int(part) for part in found.version.split(".")[:2])
    if parts < LEAST_VERSION:
        least = ".".join(map(str, LEAST_VERSION))
        raise WrongSchema(f"ClickHouse {found.version} is too old; version {least} or later is needed")
    if found.steps is not None and found.steps > len(STEPS):
        raise WrongSchema(f"its tables are of a later release (schema {found.steps}, known here: {len(STEPS)})")


async def keep_for(client: Client, traces_s: float, minutes_s: float) -> None:
    """What is older goes by itself. Says so to ClickHouse only where that is news."""
    wanted = {
        "traces": f"toDateTime(at) + toIntervalSecond({round(traces_s)})",
        "usage_by_minute": f"minute + toIntervalSecond({round(minutes_s)})",
    }
    words = "SELECT name, create_table_query FROM system.tables WHERE database = {database:String} FORMAT TSVRaw"
    said = (await client.ask(words, {"database": client.address.database})).decode()
    for table, rule in wanted.items():
        line = next((line for line in said.split("\n") if line.startswith(f"{table}\t")), "")
        if f"TTL {rule}" not in line:
            await client.ask(f"ALTER TABLE {table} {on_cluster(client.address)} MODIFY TTL {rule}")


def render(statement: str, address: ClickHouseAddress) -> str:
    """For one server, or for each of a cluster."""
    is_replicated = address.cluster is not None
    window = (
        f"replicated_deduplication_window = {_WINDOW}, replicated_deduplication_window_seconds = {_WINDOW_S}"
        if is_replicated
        else f"non_replicated_deduplication_window = {_WINDOW}"
    )
    return statement.format(
        on_cluster=on_cluster(address), replicated="Replicated" if is_replicated else "", window=window
    )


def on_cluster(address: ClickHouseAddress) -> str:
    return f"ON CLUSTER `{address.cluster}`" if address.cluster else ""
