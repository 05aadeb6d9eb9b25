"""What `doctor` asks of the Redis that counts: does it let us in, is it new enough, and is a cluster whole.

And of the cache in it: whether there is room for answers, and who can read them.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final

from gossamer.cli.probe_node import ASK_S, Finding
from gossamer.core.clock import now_ns
from gossamer.redis.address import RedisAddress, parse_redis_url
from gossamer.redis.entry import ask, greet, in_words, tls_context
from gossamer.redis.line import Line
from gossamer.redis.resp import ReplyError

_SUBJECT: Final = "counters"
_CACHE: Final = "cache"
_LEAST_VERSION: Final = 5
"""Before it, a script could not look at the clock and then write."""
_VERSION: Final = re.compile(rb"^(?:redis|valkey)_version:((\d+)[^\r\n]*)", re.MULTILINE)
_MEMORY: Final = re.compile(rb"^(used_memory|maxmemory):(\d+)", re.MULTILINE)
_POLICY: Final = re.compile(rb"^maxmemory_policy:(\S+)", re.MULTILINE)
_NS_PER_MS: Final = 1_000_000
_Examine = Callable[[Line, RedisAddress, int], Awaitable[Finding]]


def probe_counters(counters: str) -> Finding:
    """One line. `counters` is the URL."""
    return _probe_by(_SUBJECT, counters, _examine)


def probe_cache(counters: str, *, has_secret: bool) -> Finding:
    """One line, of the answers that lie there."""

    async def examine(line: Line, address: RedisAddress, started_ns: int) -> Finding:  # noqa: ARG001 - an _Examine
        said = await ask(line, "INFO", "memory")
        return _room_in(said if isinstance(said, bytes) else b"", address, has_secret=has_secret)

    return _probe_by(_CACHE, counters, examine)


def _room_in(said: bytes, address: RedisAddress, *, has_secret: bool) -> Finding:
    numbers = {name: int(number) for name, number in _MEMORY.findall(said)}
    most, used = numbers.get(b"maxmemory", 0), numbers.get(b"used_memory", 0)
    policy = _POLICY.search(said)
    whose = "cache.secret" if has_secret else "this node's own secret; other nodes read them with one cache.secret"
    held = f"{address.shown} uses {_mib(used)}"
    if not most:
        return Finding("ok", _CACHE, f"{held} and bounds nothing; answers are sealed with {whose}")
    if policy is not None and policy[1] == b"noeviction":
        text = f"{held} of {_mib(most)}, and takes nothing more when that is full, counts neither"
        return Finding("warn", _CACHE, f"{text}; set maxmemory-policy volatile-lru, or raise maxmemory")
    return Finding("ok", _CACHE, f"{held} of {_mib(most)}; answers are sealed with {whose}")


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.1f} MiB"


def _probe_by(subject: str, counters: str, examine: _Examine) -> Finding:
    address = parse_redis_url(counters)
    # Not asyncio.run: it would wait for a name server that everybody else has given up on.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_probe(subject, address, examine))
    finally:
        loop.close()


async def _probe(subject: str, address: RedisAddress, examine: _Examine) -> Finding:
    line = Line((), lambda _line, _reason: None)
    started_ns = now_ns()
    try:
        async with asyncio.timeout(ASK_S):
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: line, address.host, address.port, ssl=tls_context(address))
            await greet(line, address, ())
            return await examine(line, address, started_ns)
    except TimeoutError:
        return _fail(subject, address, f"no answer within {ASK_S:.0f} s; is it up, and is the way to it open?")
    except ReplyError as error:
        return _fail(subject, address, f"{error}; are user and password right?")
    except OSError as error:
        return _fail(subject, address, f"{in_words(error)}; is the URL right, and is it up?")
    finally:
        line.close()


async def _examine(line: Line, address: RedisAddress, started_ns: int) -> Finding:
    said = await ask(line, "INFO", "server")
    took_ms = (now_ns() - started_ns) / _NS_PER_MS
    found = _VERSION.search(said) if isinstance(said, bytes) else None
    version = found[1].decode() if found else "of an unknown version"
    if found and int(found[2]) < _LEAST_VERSION:
        return _fail(_SUBJECT, address, f"Redis {version} is too old; version {_LEAST_VERSION} or later is needed")
    if address.is_cluster:
        state = await ask(line, "CLUSTER", "INFO")
        if not (isinstance(state, bytes) and b"cluster_state:ok" in state):
            return _fail(_SUBJECT, address, "the cluster is not whole; `redis-cli CLUSTER INFO` says more")
    return Finding("ok", _SUBJECT, f"{address.shown} let us in within {took_ms:.0f} ms, Redis {version}")


def _fail(subject: str, address: RedisAddress, text: str) -> Finding:
    return Finding("fail", subject, f"{address.shown}: {text}")
