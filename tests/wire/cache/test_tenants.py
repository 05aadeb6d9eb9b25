"""Nobody reads or puts what is another's, whatever they send: two keys ask the same, and one of them means harm."""

import random
from hashlib import sha256

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.settings import KeySettings, Settings
from tests.wire.cache.answers import tell
from tests.wire.cache.conftest import Open
from tests.wire.conftest import Answer
from tests.wire.delivery.gateway import ASK, CHAT, TOKEN, Client, Origin

OTHERS = "gsm_of_somebody_else"
NAMES = ("x-session-id", "x-request-id", "x-gossamer-cache", "age", "x-forwarded-user", "x-user", "forwarded", "via",
    "if-none-match", "cookie", "traceparent", "idempotency-key", "anthropic-beta", "openai-organization", "vary",
    "x-gossamer-answer-metadata")  # fmt: skip
VALUES = ("tester", "key tester", "user tester", "hit-l1", "*", "1", "true", "2:xx;", TOKEN, "\t")
CONTROLS = ("", "max-age=999999", "only-if-cached", "max-stale", "public", "immutable")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    other = KeySettings(name="other", digest=sha256(OTHERS.encode()).digest())
    return replace(settings, keys=(*settings.keys, other))


async def asked(client: Client, token: str, body: object, *lines: str) -> None:
    raw = msgspec.json.encode(body)
    more = "".join(f"{line}\r\n" for line in lines)
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {token}\r\n{more}content-length: {len(raw)}\r\n\r\n"
    )
    await client.send(head.encode() + raw)


async def paid(client: Client, origin: Origin, token: str, text: str, body: object, *lines: str) -> Answer:
    await asked(client, token, body, *lines)
    tell(await origin.visit(), text)
    return await client.answer()


def hostile(rng: random.Random) -> list[str]:
    lines = [f"{name}: {rng.choice(VALUES)}" for name in rng.sample(NAMES, rng.randrange(4))]
    control = rng.choice(CONTROLS)
    return [*lines, f"cache-control: {control}"] if control else lines


async def test_what_one_was_told_no_other_is_told_and_the_reverse(opened: Open, origin: Origin):
    """On one connection, whose head is remembered, and with all that a head or a body may say of who asks."""
    gateway = await opened(CacheSettings(enabled=True))
    client, rng = await gateway.client(), random.Random(5)
    for number in range(60):
        body = {**ASK, "seed": number}
        claimed = {**body, "user": "tester", "metadata": {"key": "tester"}} if number % 2 else body
        first, second = (TOKEN, OTHERS) if number % 3 else (OTHERS, TOKEN)
        mine = await paid(client, origin, first, "mine", body)
        theirs = await paid(client, origin, second, "theirs", claimed, *hostile(rng))
        assert (b"mine" in mine.body, b"theirs" in theirs.body) == (True, True)
        await asked(client, first, body)
        again = await client.answer()
        assert (again.headers[b"x-gossamer-cache"], b"mine" in again.body) == (b"hit-l1", True)


async def test_who_asks_the_same_at_the_same_time_shares_no_call(opened: Open, origin: Origin):
    gateway = await opened(CacheSettings(enabled=True))
    clients = [await gateway.client() for _ in range(2)]
    for client, token in zip(clients, (TOKEN, OTHERS), strict=True):
        await asked(client, token, ASK)
    for text in ("one", "other"):
        tell(await origin.visit(), text)
    told = {(await client.answer()).body for client in clients}
    assert len(told) == 2
