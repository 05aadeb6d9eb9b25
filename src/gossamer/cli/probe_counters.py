"""What `doctor` asks of the Redis that counts: does it let us in, is it new enough, and is a cluster whole."""

import asyncio
import re
from typing import Final

from gossamer.cli.probe_node import ASK_S, Finding
from gossamer.core.clock import now_ns
from gossamer.redis.address import RedisAddress, parse_redis_url
from gossamer.redis.line import Line
from gossamer.redis.resp import ReplyError
from gossamer.redis.server import ask, greet, in_words, tls_context

_SUBJECT: Final = "counters"
_LEAST_VERSION: Final = 5
"""Before it, a script could not look at the clock and then write."""
_VERSION: Final = re.compile(rb"^(?:redis|valkey)_version:((\d+)[^\r\n]*)", re.MULTILINE)
_NS_PER_MS: Final = 1_000_000


def probe_counters(counters: str) -> Finding:
    """One line. `counters` is the URL."""
    address = parse_redis_url(counters)
    # Not asyncio.run: it would wait for a name server that everybody else has given up on.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_probe(address))
    finally:
        loop.close()


async def _probe(address: RedisAddress) -> Finding:
    line = Line((), lambda _line, _reason: None)
    started_ns = now_ns()
    try:
        async with asyncio.timeout(ASK_S):
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: line, address.host, address.port, ssl=tls_context(address))
            await greet(line, address, ())
            return await _examine(line, address, started_ns)
    except TimeoutError:
        return _fail(address, f"no answer within {ASK_S:.0f} s; is it up, and is the way to it open?")
    except ReplyError as error:
        return _fail(address, f"{error}; are user and password right?")
    except OSError as error:
        return _fail(address, f"{in_words(error)}; is the URL right, and is it up?")
    finally:
        line.close()


async def _examine(line: Line, address: RedisAddress, started_ns: int) -> Finding:
    said = await ask(line, "INFO", "server")
    took_ms = (now_ns() - started_ns) / _NS_PER_MS
    found = _VERSION.search(said) if isinstance(said, bytes) else None
    version = found[1].decode() if found else "of an unknown version"
    if found and int(found[2]) < _LEAST_VERSION:
        return _fail(address, f"Redis {version} is too old; version {_LEAST_VERSION} or later is needed")
    if address.is_cluster:
        state = await ask(line, "CLUSTER", "INFO")
        if not (isinstance(state, bytes) and b"cluster_state:ok" in state):
            return _fail(address, "the cluster is not whole; `redis-cli CLUSTER INFO` says more")
    return Finding("ok", _SUBJECT, f"{address.shown} let us in within {took_ms:.0f} ms, Redis {version}")


def _fail(address: RedisAddress, text: str) -> Finding:
    return Finding("fail", _SUBJECT, f"{address.shown}: {text}")
