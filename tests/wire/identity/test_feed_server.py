"""The control process's end of the feed: what it says to lines by hand, on transports of memory."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec
import pytest

from gossamer.control.feed import server as server_module
from gossamer.control.feed.desk import MOST_IN_A_QUERY, MOST_QUERIES
from gossamer.control.feed.server import FeedServer
from gossamer.control.feed.visitor import MOST_UNREAD_BYTES, Visitor
from gossamer.feed.messages import (
    AgentGrant,
    Agents,
    AskAgents,
    AskEvents,
    AskKeys,
    Changed,
    Events,
    ForRecorder,
    FromControl,
    FromWorker,
    Hello,
    KeyGrant,
    Keys,
    Refused,
    State,
    Told,
    Unavailable,
    Used,
)
from tests.wire.conftest import eventually
from tests.wire.identity.store_double import StoreDouble, digest_of


class Transport:
    """Remembers what was written."""

    def __init__(self) -> None:
        self.written = b""
        self.unread_bytes = 0
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.unread_bytes

    def close(self) -> None:
        self.is_closed = True

    abort = close


class Worker:
    """A worker by hand: `hears` is all that was said to it."""

    def __init__(self, feed: FeedServer) -> None:
        self.transport = Transport()
        self.visitor = Visitor(feed, feed.desk)
        self.visitor.connection_made(cast("asyncio.BaseTransport", self.transport))

    def says(self, *messages: FromWorker) -> None:
        self.visitor.data_received(b"".join(msgspec.json.encode(message) + b"\n" for message in messages))

    @property
    def hears(self) -> list[FromControl]:
        decode = msgspec.json.Decoder(FromControl).decode
        return [decode(line) for line in self.transport.written.splitlines()]

    async def hears_so_many(self, count: int) -> list[FromControl]:
        await eventually(lambda: len(self.hears) >= count)
        assert len(self.hears) == count
        return self.hears

    def leaves(self) -> None:
        self.visitor.connection_lost(None)


class Feed:
    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.server = FeedServer(self.failures.append)
        self.store = StoreDouble()

    async def open(self) -> None:
        self.server.opened(self.store)
        await eventually(lambda: self.server._revision is not None)

    def worker(self) -> Worker:
        return Worker(self.server)

    async def greeted(self, since: int = 0) -> Worker:
        worker = self.worker()
        worker.says(Hello(0, since))
        await eventually(lambda: worker.visitor.told_to is not None)
        worker.transport.written = b""
        return worker


@pytest.fixture
async def feed() -> AsyncIterator[Feed]:
    feed = Feed()
    yield feed
    feed.store.let_go()
    await feed.server.close()
    assert feed.failures == []


def key(key_id: str, **more: Any) -> KeyGrant:
    return KeyGrant(key_id, key_id, **more)


def asks(question_id: int, *tokens: str) -> AskKeys:
    return AskKeys(question_id, tuple(digest_of(token).hex() for token in tokens))


# --- questions ---


async def test_good_keys_have_a_grant_and_others_none(feed: Feed):
    feed.store.keys[digest_of("good")] = grant = key("k1", user_id="ann", expires_at=7.0)
    await feed.open()
    worker = await feed.greeted()
    worker.says(asks(7, "good", "bad"))
    (answer,) = await worker.hears_so_many(1)
    assert answer == Keys(7, 1, {digest_of("good").hex(): grant})


async def test_the_recorder_is_handed_events_without_a_greeting(feed: Feed):
    feed.store.events = [Told(number, f"e{number}", 1.0, "operator", "key.create") for number in (1, 2)]
    await feed.open()
    recorder = feed.worker()
    recorder.says(AskEvents(1, "here", 1))
    await eventually(lambda: bool(recorder.transport.written))
    assert msgspec.json.decode(recorder.transport.written, type=ForRecorder) == Events(1, (feed.store.events[1],))
    assert feed.store.taken == {"here": 1}
    recorder.transport.written = b""
    feed.store.is_away = True
    recorder.says(AskEvents(2, "here", 1))
    await eventually(lambda: bool(recorder.transport.written))
    assert isinstance(msgspec.json.decode(recorder.transport.written, type=ForRecorder), Unavailable)


async def test_agents_are_answered_likewise(feed: Feed):
    feed.store.agents["a1"] = grant = AgentGrant("a1", "writer")
    await feed.open()
    worker = await feed.greeted()
    worker.says(AskAgents(3, ("a1", "a2")))
    assert await worker.hears_so_many(1) == [Agents(3, 1, {"a1": grant})]


async def test_what_comes_in_one_turn_is_one_query_and_each_line_has_its_answer(feed: Feed):
    for token in "abc":
        feed.store.keys[digest_of(token)] = key(token)
    await feed.open()
    worker = await feed.greeted()
    worker.says(asks(1, "a", "b"), asks(2, "b", "c"))
    first, second = await worker.hears_so_many(2)
    assert isinstance(first, Keys)
    assert isinstance(second, Keys)
    assert {grant.key_id for grant in first.grants.values()} == {"a", "b"}
    assert {grant.key_id for grant in second.grants.values()} == {"b", "c"}
    (query,) = feed.store.queries
    assert len(query) == 3, "nobody is looked for twice"


async def test_while_the_store_is_slow_a_worker_has_a_few_queries_under_way_and_the_rest_goes_together(feed: Feed):
    await feed.open()
    worker = await feed.greeted()
    feed.store.hold()
    for number in range(40):
        worker.says(asks(number + 1, f"t{number}"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(feed.store.queries) == MOST_QUERIES
    feed.store.let_go()
    answers = await worker.hears_so_many(40)
    assert {answer.id for answer in answers if isinstance(answer, Keys)} == set(range(1, 41))
    assert feed.store.most_at_once == MOST_QUERIES
    assert len(feed.store.queries) == MOST_QUERIES + 1


async def test_no_query_is_too_large(feed: Feed):
    await feed.open()
    worker = await feed.greeted()
    worker.says(*(asks(each + 1, *(f"t{each}-{number}" for number in range(200))) for each in range(5)))
    await worker.hears_so_many(5)
    assert max(len(query) for query in feed.store.queries) <= MOST_IN_A_QUERY
    assert len(feed.store.queries) == 3


async def test_without_a_store_and_with_one_that_is_away_nobody_can_say(feed: Feed):
    worker = feed.worker()
    worker.says(Hello(0), asks(1, "t"))
    greeting, answer = await worker.hears_so_many(2)
    assert greeting == Unavailable(0, "the state store is not open yet")
    assert answer == Unavailable(1, "the state store is not open yet")
    await feed.open()
    feed.store.is_away = True
    worker.transport.written = b""
    worker.says(asks(2, "t"))
    (answer,) = await worker.hears_so_many(1)
    assert answer == Unavailable(2, "the state store cannot be asked: it is away")


async def test_a_defect_leaves_nobody_waiting(feed: Feed, caplog: pytest.LogCaptureFixture):
    await feed.open()
    worker = await feed.greeted()
    feed.store.keys = cast("dict[bytes, KeyGrant]", None)
    worker.says(asks(1, "t"))
    (answer,) = await worker.hears_so_many(1)
    assert isinstance(answer, Unavailable)
    assert "a question of a worker met a defect" in caplog.messages


async def test_uses_are_noted(feed: Feed):
    await feed.open()
    worker = await feed.greeted()
    worker.says(Used({"k1": 5.0}))
    await eventually(lambda: feed.store.used == {"k1": 5.0})


# --- changes ---


async def test_every_change_is_told_to_everybody_in_its_order(feed: Feed):
    await feed.open()
    workers = [await feed.greeted() for _ in range(3)]
    feed.store.change(keys=("k1",))
    feed.store.change(agents=("a1",), users=("ann",))
    for worker in workers:
        assert await worker.hears_so_many(2) == [
            Changed(2, keys=("k1",)),
            Changed(3, agents=("a1",), users=("ann",)),
        ]


async def test_an_answer_may_follow_a_change_and_says_at_which_revision_it_was_read(feed: Feed):
    feed.store.keys[digest_of("t")] = grant = key("k1")
    await feed.open()
    worker = await feed.greeted()
    feed.store.hold()
    worker.says(asks(1, "t"))
    await eventually(lambda: bool(feed.store.queries))
    feed.store.revoke("t")
    await worker.hears_so_many(1)
    feed.store.let_go()
    assert await worker.hears_so_many(2) == [Changed(2, keys=("k1",)), Keys(1, 1, {digest_of("t").hex(): grant})]


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (0, [State(4, is_whole=True)]),
        (4, [State(4)]),
        (2, [State(2), Changed(3, keys=("c",)), Changed(4, keys=("d",))]),
        (9, [State(4, is_whole=True)]),
    ],
    ids=["new", "nothing missed", "two missed", "of another store"],
)
async def test_whoever_comes_is_told_what_it_missed_and_nothing_twice(feed: Feed, since: int, told: list[FromControl]):
    for key_id in "bcd":
        feed.store.change(keys=(key_id,))
    await feed.open()
    worker = feed.worker()
    worker.says(Hello(0, since))
    await worker.hears_so_many(len(told))
    feed.store.change(keys=("e",))
    assert await worker.hears_so_many(len(told) + 1) == [*told, Changed(5, keys=("e",))]


async def test_what_nobody_can_name_any_more_is_to_be_forgotten(feed: Feed):
    for key_id in "bcd":
        feed.store.change(keys=(key_id,))
    feed.store.lost_before = 3
    await feed.open()
    worker = feed.worker()
    worker.says(Hello(0, 2))
    assert await worker.hears_so_many(2) == [State(2), State(4, is_whole=True)]


async def test_what_changes_while_somebody_is_told_what_it_missed_is_told_to_it_too(feed: Feed):
    feed.store.change(keys=("b",))
    await feed.open()
    feed.store.hold()
    worker = feed.worker()
    worker.says(Hello(0, 1))
    await worker.hears_so_many(1)
    feed.store.change(keys=("c",))
    await eventually(lambda: feed.server._revision == 3)
    feed.store.let_go()
    assert await worker.hears_so_many(3) == [State(1), Changed(2, keys=("b",)), Changed(3, keys=("c",))]


async def test_what_was_told_before_the_others_were_is_not_told_twice(feed: Feed):
    feed.store.change(keys=("b",))
    await feed.open()
    feed.store.hold_watch()
    other = await feed.greeted()
    feed.store.change(keys=("c",))
    worker = feed.worker()
    worker.says(Hello(0, 1))
    told = [State(1), Changed(2, keys=("b",)), Changed(3, keys=("c",))]
    assert await worker.hears_so_many(3) == told
    feed.store.let_watch_go()
    feed.store.change(keys=("d",))
    assert await other.hears_so_many(2) == [Changed(3, keys=("c",)), Changed(4, keys=("d",))]
    assert await worker.hears_so_many(4) == [*told, Changed(4, keys=("d",))]


async def test_nothing_is_told_to_be_forgotten_because_the_store_is_away(feed: Feed, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server_module, "RETRY_S", 0.01)
    feed.store.change(keys=("b",))
    await feed.open()
    feed.store.is_away = True
    worker = feed.worker()
    worker.says(Hello(0, 1))
    await asyncio.sleep(0.05)
    assert worker.hears == [State(1)]
    feed.store.is_away = False
    assert await worker.hears_so_many(2) == [State(1), Changed(2, keys=("b",))]


async def test_who_came_before_the_store_was_open_is_greeted_then(feed: Feed):
    worker = feed.worker()
    worker.says(Hello(0, 0))
    assert worker.hears == [Unavailable(0, "the state store is not open yet")]
    await feed.open()
    assert (await worker.hears_so_many(2))[1] == State(1, is_whole=True)


# --- rude ones ---


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1\r\n", b'{"type":"gossip"}\n', b'{"type":"keys?","id":"x","digests":[]}\n']
)
async def test_a_line_that_cannot_be_read_ends_the_connection_with_a_reason(feed: Feed, line: bytes):
    worker = feed.worker()
    worker.visitor.data_received(line)
    (said,) = worker.hears
    assert isinstance(said, Refused)
    assert "Restart gossamer" in said.reason
    assert worker.transport.is_closed


async def test_another_protocol_is_refused_by_its_number(feed: Feed):
    worker = feed.worker()
    worker.says(Hello(0, protocol=99))
    (said,) = worker.hears
    assert isinstance(said, Refused)
    assert "protocol 99" in said.reason


async def test_a_worker_that_does_not_read_is_cut(feed: Feed):
    await feed.open()
    worker = await feed.greeted()
    worker.transport.unread_bytes = MOST_UNREAD_BYTES + 1
    feed.store.change(keys=("k",))
    await eventually(lambda: worker.transport.is_closed)


async def test_who_left_is_told_nothing_and_answers_go_nowhere(feed: Feed):
    await feed.open()
    worker = await feed.greeted()
    feed.store.hold()
    worker.says(asks(1, "t"))
    await eventually(lambda: bool(feed.store.queries))
    worker.leaves()
    feed.store.let_go()
    feed.store.change(keys=("k",))
    other = await feed.greeted()
    feed.store.change(keys=("k",))
    await eventually(lambda: bool(other.hears))
    assert worker.transport.written == b""
