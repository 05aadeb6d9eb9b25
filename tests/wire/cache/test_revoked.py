"""Who waits for a call that somebody else pays is looked at again before anything is given, or made in its name."""

import asyncio
from collections.abc import Awaitable
from hashlib import sha256

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.settings import KeySettings, Settings
from gossamer.core.ports import Claims
from tests.wire.cache.answers import STREAM_BODY, USED, WORDS, completion, stream, tell
from tests.wire.cache.conftest import Open
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import (
    ASK,
    CHAT,
    DONE,
    END,
    STREAM,
    STREAM_HEAD,
    TOKEN,
    Client,
    Gateway,
    Origin,
    Visit,
    chunk,
)

OTHERS = "gsm_of_somebody_else"
SHARED = CacheSettings(enabled=True, share="global")
WAYS = [("revoked", 401), ("bound to another model", 403)]


def key_of(name: str, token: str, models: frozenset[str] | None = None) -> KeySettings:
    return KeySettings(name=name, digest=sha256(token.encode()).digest(), models=models)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, keys=(*settings.keys, key_of("other", OTHERS)))


async def ask(gateway: Gateway, token: str, body: object) -> Client:
    client = await gateway.client()
    raw = msgspec.json.encode(body)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {token}\r\ncontent-length: {len(raw)}\r\n\r\n"
    before = gateway.server.in_flight
    await client.send(head.encode() + raw)
    await eventually(lambda: gateway.server.in_flight > before)
    return client


def change(gateway: Gateway, settings: Settings, way: str) -> None:
    """The key of those who follow; that of who leads stays."""
    mine = key_of("tester", TOKEN)
    if way == "revoked":
        keys: tuple[KeySettings, ...] = (mine,)
    elif way == "none":
        keys = (mine, key_of("other", OTHERS))
    else:
        keys = (mine, key_of("other", OTHERS, frozenset({"something else"})))
    gateway.reload(replace(settings, cache=SHARED, keys=keys))


@pytest.fixture
async def shared(opened: Open, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = await opened(SHARED)
    monkeypatch.setattr(gateway.identity.keys, "claims_of", lambda *_, **__: None)
    return gateway


@pytest.mark.parametrize(("way", "status"), WAYS)
@pytest.mark.parametrize("leads", [ASK, STREAM], ids=["whole", "stream"])
@pytest.mark.parametrize("follows", [ASK, STREAM], ids=["whole", "stream"])
async def test_a_follower_whose_key_may_no_more_gets_nothing_of_it(
    shared: Gateway, settings: Settings, origin: Origin, way: str, status: int, leads: object, follows: object
):
    leader = await ask(shared, TOKEN, leads)
    visit = await origin.visit()
    followers = [await ask(shared, OTHERS, follows) for _ in range(2)]
    change(shared, settings, way)
    stream(visit) if leads is STREAM else tell(visit)
    for follower in followers:
        answer = await follower.answer()
        assert (answer.status, b"Par" in answer.body) == (status, False)
    if leads is STREAM:
        await leader.head()
        assert await leader.chunked_body() == STREAM_BODY
    else:
        assert (await leader.answer()).body == completion()
    assert origin.accepted == 1
    await shared.record(3)
    assert sorted(record.status for record in shared.records.all) == [200, status, status]


@pytest.mark.parametrize("leads", [ASK, STREAM], ids=["whole", "stream"])
@pytest.mark.parametrize("follows", [ASK, STREAM], ids=["whole", "stream"])
async def test_one_whose_key_is_still_good_follows_through_a_reload(
    shared: Gateway, settings: Settings, origin: Origin, leads: object, follows: object
):
    leader = await ask(shared, TOKEN, leads)
    visit = await origin.visit()
    followers = [await ask(shared, OTHERS, follows) for _ in range(2)]
    change(shared, settings, "none")
    stream(visit) if leads is STREAM else tell(visit)
    for client in (leader, *followers):
        answer = await client.answer(is_head=True) if client is leader else await client.head()
        assert answer.status == 200
    assert origin.accepted == 1
    await shared.record(3)


@pytest.mark.parametrize(("way", "status"), WAYS)
async def test_nor_is_a_call_made_in_its_name(
    opened: Open, settings: Settings, origin: Origin, way: str, status: int, monkeypatch: pytest.MonkeyPatch
):
    """Though each asks for itself when the shared call fails."""
    gateway = await opened(replace(SHARED, failures="retry"))
    monkeypatch.setattr(gateway.identity.keys, "claims_of", lambda *_, **__: None)
    leader = await ask(gateway, TOKEN, ASK)
    visit = await origin.visit()
    followers = [await ask(gateway, OTHERS, ASK) for _ in range(2)]
    change(gateway, settings, way)
    visit.write(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")
    assert (await leader.answer()).status == 502
    assert [(await follower.answer()).status for follower in followers] == [status, status]
    assert origin.accepted == 1


async def test_a_stream_that_has_begun_goes_on_as_its_own_would(shared: Gateway, settings: Settings, origin: Origin):
    await ask(shared, TOKEN, STREAM)
    visit = await origin.visit()
    visit.write(STREAM_HEAD, chunk(WORDS[0]))
    follower = await ask(shared, OTHERS, STREAM)
    await follower.head()
    change(shared, settings, "revoked")
    visit.write(*(chunk(each) for each in (WORDS[1], WORDS[2], USED, DONE)), END)
    assert await follower.chunked_body() == STREAM_BODY


async def test_when_none_but_the_refused_is_left_the_call_is_cut(shared: Gateway, settings: Settings, origin: Origin):
    leader = await ask(shared, TOKEN, STREAM)
    visit = await origin.visit()
    follower = await ask(shared, OTHERS, STREAM)
    leader.close()
    await eventually(lambda: shared.server.in_flight == 1)
    change(shared, settings, "revoked")
    visit.write(STREAM_HEAD, chunk(WORDS[0]))
    assert (await follower.answer()).status == 401
    await visit.ends()


class Asking:
    """The control process, which is asked about the key again, and takes its time."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_say = asyncio.Event()

    def claims_of(self, *_: object, **__: object) -> Awaitable[Claims | None]:
        self.asked += 1
        return self._say()

    async def _say(self) -> Claims:
        await self.may_say.wait()
        return Claims(key_id="other", name="other")


@pytest.fixture
def asking(shared: Gateway, monkeypatch: pytest.MonkeyPatch) -> Asking:
    asking = Asking()
    monkeypatch.setattr(shared.identity.keys, "claims_of", asking.claims_of)
    return asking


async def two_looked_at(
    gateway: Gateway, settings: Settings, origin: Origin, asking: Asking
) -> tuple[Visit, Client, list[Client]]:
    """The stream has begun while both of them are looked at."""
    leader = await ask(gateway, TOKEN, STREAM)
    visit = await origin.visit()
    followers = [await ask(gateway, OTHERS, STREAM) for _ in range(2)]
    change(gateway, settings, "revoked")  # from the settings, that is: the store knows it
    visit.write(STREAM_HEAD, chunk(WORDS[0]))
    await eventually(lambda: asking.asked == 2)
    return visit, leader, followers


REST = (*(chunk(each) for each in (WORDS[1], WORDS[2], USED, DONE)), END)


@pytest.mark.parametrize("when", ["in the middle", "at its end"])
async def test_who_is_looked_at_joins_the_stream_later_and_misses_nothing(
    shared: Gateway, settings: Settings, origin: Origin, asking: Asking, when: str
):
    visit, leader, followers = await two_looked_at(shared, settings, origin, asking)
    if when == "in the middle":
        asking.may_say.set()
        await asyncio.sleep(0.05)
    visit.write(*REST)
    await leader.head()
    assert await leader.chunked_body() == STREAM_BODY
    asking.may_say.set()
    for follower in followers:
        assert (await follower.head()).headers[b"x-gossamer-cache"] == b"hit-l1"
        assert await follower.chunked_body() == STREAM_BODY
    assert origin.accepted == 1


async def test_who_leaves_while_it_is_looked_at_is_missed_by_nobody(
    shared: Gateway, settings: Settings, origin: Origin, asking: Asking
):
    visit, leader, followers = await two_looked_at(shared, settings, origin, asking)
    followers[0].close()
    await shared.record(1)
    asking.may_say.set()
    visit.write(*REST)
    for client in (leader, followers[1]):
        await client.head()
        assert await client.chunked_body() == STREAM_BODY
    await shared.record(3)
    assert origin.accepted == 1


async def test_when_the_call_is_cut_meanwhile_it_asks_alone(
    shared: Gateway, settings: Settings, origin: Origin, asking: Asking
):
    visit, leader, followers = await two_looked_at(shared, settings, origin, asking)
    leader.close()
    await visit.ends()
    asking.may_say.set()
    for _ in followers:
        stream(await origin.visit())
    for follower in followers:
        assert (await follower.head()).status == 200
        assert await follower.chunked_body() == STREAM_BODY
