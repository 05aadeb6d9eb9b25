"""How a Redis is entered: with a password, a user, a database, and over TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trustme

from gossamer.core.allowance import Limits
from gossamer.counters.counting import Counting
from gossamer.counters.over_redis.leases import RedisLease
from gossamer.counters.rules import Rules
from gossamer.redis.address import parse_redis_url
from tests.real.redis import RedisServer, redis_server
from tests.unit.counters.asking import admit, claims, exchange

PASSWORD = "a-secret/with@signs"
QUOTED = "a-secret%2Fwith%40signs"


async def counted_at(url: str) -> tuple[bool, list[str]]:
    """Whether Redis counts, and what the log hears."""
    said: list[str] = []
    counting = Counting(parse_redis_url(url), said.append)
    made = exchange(claims("k", Limits(requests_per_min=5)))
    assert await admit(counting.limiter(Rules()), made) is None
    await counting.close()
    return isinstance(made.lease, RedisLease), said


@pytest.fixture(scope="module")
def locked():
    with redis_server() as server:
        server.ask("ACL", "SETUSER", "ann", "on", f">{PASSWORD}", "~gossamer:*", "+@all")
        server.ask("CONFIG", "SET", "requirepass", PASSWORD)
        yield server


@pytest.mark.parametrize(
    ("user", "is_let_in"),
    [(f":{QUOTED}@", True), (f"ann:{QUOTED}@", True), ("", False), (":wrong@", False), (f"bob:{QUOTED}@", False)],
)
async def test_a_password_and_a_user(locked: RedisServer, user: str, is_let_in: bool):
    is_counted, said = await counted_at(f"redis://{user}127.0.0.1:{locked.port}")
    assert is_counted is is_let_in
    assert bool(said) is not is_let_in
    assert PASSWORD not in "".join(said)
    assert "wrong" not in "".join(said).replace("WRONGPASS", "")


async def test_a_database(redis: RedisServer):
    assert (await counted_at(f"redis://127.0.0.1:{redis.port}/3"))[0]
    assert redis.ask("INFO", "keyspace").startswith(b"# Keyspace\r\ndb3:")


@asynccontextmanager
async def behind_tls(redis: RedisServer, context: ssl.SSLContext) -> AsyncIterator[int]:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", redis.port)

        async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
            sink.close()

        await asyncio.gather(carry(reader, onward), carry(onward_reader, writer))

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.sleep(0.05)


async def test_over_tls_its_certificate_is_checked(redis: RedisServer, tmp_path: Path):
    authority = trustme.CA()
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with behind_tls(redis, context) as port:
        for query, is_let_in in ((f"?verify={trusted}", True), ("?verify=false", True), ("", False)):
            is_counted, said = await counted_at(f"rediss://127.0.0.1:{port}{query}")
            assert is_counted is is_let_in, said
            assert bool(said) is not is_let_in
        assert not (await counted_at(f"redis://127.0.0.1:{port}"))[0], "TLS is not spoken by chance"
