"""The database goes away in every way in which one can, and comes back. Nobody hangs, and nobody restarts anything."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from gossamer.control.store import database, sqlite
from gossamer.control.store import postgres as postgres_backend
from gossamer.control.store.address import backend_of
from gossamer.control.store.database import Database
from gossamer.control.store.edits import KeyEdit
from gossamer.control.store.errors import StoreUnavailable
from gossamer.control.store.passwords import Passwords
from gossamer.control.store.store import Store, migrate, open_store, schema_state
from gossamer.feed.messages import Changed
from tests.real.proxy import Proxy, Way
from tests.real.store.conftest import CHEAP
from tests.real.store.things import OPERATOR, Things, a_key

PATIENCE_S = 30.0
"""Only so that a test that fails ends; the longest deadline is 4 s."""
WAYS: tuple[Way, ...] = ("refused", "dark", "slow")

FOR_EVER = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


@pytest.fixture
async def proxy(postgres) -> AsyncIterator[Proxy]:
    proxy = Proxy(postgres.socket)
    await proxy.start()
    yield proxy
    await proxy.turn("open")
    await proxy.stop()


@pytest.fixture
def far_url(postgres_url: str, proxy: Proxy) -> str:
    """The same database, by the way that can be cut."""
    return f"postgresql://postgres@127.0.0.1:{proxy.port}{urlsplit(postgres_url).path}"


@pytest.fixture
async def near(postgres_url: str) -> AsyncIterator[Store]:
    async with await open_store(postgres_url) as store:
        yield store


@pytest.fixture
async def far(near: Store, far_url: str) -> AsyncIterator[Store]:
    async with Store(Database(backend_of(far_url)), Passwords(CHEAP)) as store:
        await store.revision()
        yield store


async def refused(asked: Awaitable[object]) -> str:
    """Why it could not be asked."""
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(StoreUnavailable) as unavailable:
            await asked
    return unavailable.value.reason


async def answered(store: Store) -> int:
    """How often it was asked until it answered again."""
    async with asyncio.timeout(PATIENCE_S):
        for count in range(1, 1000):
            try:
                await store.revision()
            except StoreUnavailable:
                await asyncio.sleep(0.05)
            else:
                return count
    raise AssertionError("unreachable")


@pytest.mark.parametrize("way", WAYS)
async def test_whoever_asks_hears_that_nobody_answers_and_it_passes_by_itself(far, near, proxy, way):
    key, digest = await Things(near).key()
    await proxy.turn(way)
    await asyncio.gather(
        *(refused(far.grants_of_keys([digest])) for _ in range(12)),
        refused(far.revision()),
        refused(far.keys()),
        refused(far.check_password("a", "b")),
        refused(far.note_used({key.id: 1.0})),
        refused(far.revoke_key(OPERATOR, key.id)),
        refused(far.add_key(OPERATOR, a_key(), b"d" * 32)),
    )
    assert (await near.key(key.id)).revoked_at is None
    await proxy.turn("open")
    await answered(far)
    assert set((await far.grants_of_keys([digest]))[1]) == {digest}
    await far.revoke_key(OPERATOR, key.id)
    assert (await near.key(key.id)).revoked_at is not None


@pytest.mark.parametrize("way", WAYS)
async def test_a_watch_misses_nothing_while_it_is_cut_off(far, near, proxy, way):
    key, _ = await Things(near).key()
    async with aclosing(far.watch(0)) as changes, asyncio.timeout(PATIENCE_S):
        assert await anext(changes) == Changed(1, keys=(key.id,))
        waiting = asyncio.create_task(anext(changes))
        await proxy.turn(way)
        for number in range(5):
            await near.change_key(OPERATOR, key.id, KeyEdit(name=f"{number}"))
        await refused(far.revision())
        await proxy.turn("open")
        heard = [await waiting, *[await anext(changes) for _ in range(4)]]
        assert [change.revision for change in heard] == [2, 3, 4, 5, 6]
        # And it hears again of what comes now.
        waiting = asyncio.create_task(anext(changes))
        await near.revoke_key(OPERATOR, key.id)
        assert (await waiting).revision == 7


async def test_a_server_that_was_restarted_is_not_noticed(near, postgres):
    """Its connections have ended while nobody used them: the next question takes a new one, and so does a change."""
    key, digest = await Things(near).key()
    await asyncio.gather(*(near.revision() for _ in range(4)))
    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gossamer'")
    assert set((await near.grants_of_keys([digest]))[1]) == {digest}
    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gossamer'")
    assert (await near.revoke_key(OPERATOR, key.id)).version == 2


async def test_lines_that_lead_nowhere_any_more_are_found_out_once_not_one_by_one(far, proxy):
    await asyncio.gather(*(far.revision() for _ in range(8)))
    proxy.forget()
    await refused(far.revision())
    assert await asyncio.gather(*(far.revision() for _ in range(8))) == [0] * 8


async def test_a_node_that_went_dark_in_a_change_does_not_hold_the_others_up_for_ever(far, near, proxy):
    key, _ = await Things(near).key()
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(StoreUnavailable):
            async with far._database.change(OPERATOR):
                await proxy.turn("dark")
                await refused(near.revoke_key(OPERATOR, key.id))
                await asyncio.Event().wait()
        while True:
            try:
                await near.revoke_key(OPERATOR, key.id)
            except StoreUnavailable:
                continue
            break


@pytest.mark.parametrize("way", WAYS)
async def test_a_store_that_is_away_cannot_be_opened(far_url, proxy, way):
    await proxy.turn(way)
    await refused(open_store(far_url))
    await refused(schema_state(far_url))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://nobody@127.0.0.1:1/x", "refused"),
        ("postgresql://u@no.such.host.invalid/x", ""),
        ("postgresql://u@127.0.0.1:port/x", ""),
        ("mysql://u@h/x", "neither"),
        ("sqlite:///", "neither"),
        ("sqlite:////proc/nowhere/state.db", "nowhere"),
    ],
)
async def test_what_is_no_store_says_why(url, reason):
    assert reason in await refused(open_store(url))


async def test_no_password_is_in_a_reason(proxy):
    for url in (f"postgresql://u:planted@127.0.0.1:{proxy.port}/none", "postgresql://u:planted@127.0.0.1:x/none"):
        assert "planted" not in await refused(open_store(url))


# --- SQLite ---


@pytest.fixture
async def file_url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
async def filed(file_url: str) -> AsyncIterator[Store]:
    async with await open_store(file_url) as store:
        yield store


async def test_somebody_who_holds_the_file_holds_up_changes_but_no_look_up(filed, file_url):
    key, digest = await Things(filed).key()
    other = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    changing = asyncio.create_task(refused(filed.revoke_key(OPERATOR, key.id)))
    await asyncio.sleep(0)
    for _ in range(20):
        assert set((await filed.grants_of_keys([digest]))[1]) == {digest}
    assert not changing.done(), "it was to wait all that time"
    assert "locked" in await changing
    other.execute("ROLLBACK")
    other.close()
    assert (await filed.revoke_key(OPERATOR, key.id)).version == 2


async def test_a_file_that_is_locked_whole_holds_the_loop_up_for_nothing(filed, file_url):
    """A look-up runs in the loop itself where it can; where it would have to wait, a thread waits for it."""
    _, digest = await Things(filed).key()
    assert set((await filed.grants_of_keys([digest]))[1]) == {digest}
    other = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    await filed.close()  # the only other one: whoever is alone may take the file for itself
    other.execute("BEGIN EXCLUSIVE")
    async with Store(Database(backend_of(file_url)), Passwords(CHEAP)) as store:
        asking = asyncio.create_task(refused(store.grants_of_keys([digest])))
        turns = 0
        while not asking.done():
            await asyncio.sleep(0.001)
            turns += 1
        assert await asking
        assert turns > 100, "the loop went on"
        other.execute("ROLLBACK")
        other.close()
        assert set((await store.grants_of_keys([digest]))[1]) == {digest}


async def test_a_look_up_sees_what_another_process_has_just_changed(filed, file_url):
    key, digest = await Things(filed).key()
    assert set((await filed.grants_of_keys([digest]))[1]) == {digest}
    async with Store(Database(backend_of(file_url)), Passwords(CHEAP)) as another:
        await another.revoke_key(OPERATOR, key.id)
        assert (await filed.grants_of_keys([digest]))[1] == {}


async def test_nobody_is_asked_any_more_once_the_store_is_closed(filed):
    _, digest = await Things(filed).key()
    await filed.grants_of_keys([digest])
    await filed.close()
    assert "closed" in await refused(filed.grants_of_keys([digest]))
    assert filed._database._backend._at_hand is None, "and the file is let go of"


async def test_a_question_without_end_is_ended(filed):
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(StoreUnavailable):
            await filed._database.rows(FOR_EVER)
    assert await filed.revision() == 0


async def test_a_question_without_end_is_ended_by_postgres_too(near):
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(StoreUnavailable):
            await near._database.rows(text("SELECT pg_sleep(60)"))
    assert await near.revision() == 0


async def test_who_stops_listening_at_once_leaves_no_thread_behind(filed, file_url):
    """A thread that outlives the loop would have nobody to tell that it is done."""
    before = threading.active_count()
    for steps in range(30):
        listening = asyncio.create_task(backend_of(file_url).attend(lambda: None))
        for _ in range(steps % 3):
            await asyncio.sleep(0)
        listening.cancel()
        await asyncio.wait({listening})
    while threading.active_count() > before:  # told, and about to end
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
async def test_a_connection_whose_set_up_never_ends_is_not_left_open(url, postgres, monkeypatch):
    """It is in no pool yet. Python itself says, as an error of this test, where one is forgotten."""

    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    await migrate(url)
    monkeypatch.setattr(database, "READ_S", 0.2)
    # What SQLAlchemy does with each of them first.
    monkeypatch.setattr(sqlite.Line, "create_function", never)
    monkeypatch.setattr(postgres_backend.Line, "set_type_codec", never)
    async with Store(Database(backend_of(url)), Passwords(CHEAP)) as store:
        assert "no answer" in await refused(store.revision())
    gc.collect()
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gossamer'"
    async with asyncio.timeout(PATIENCE_S):
        while postgres.run(count) != "0":
            await asyncio.sleep(0.01)


async def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path):
    (tmp_path / "state.db").write_bytes(b"something else " * 1000)
    assert "not a database" in await refused(open_store(f"sqlite:///{tmp_path}/state.db"))


async def test_a_look_up_does_not_wait_for_a_change_under_way(filed, near):
    for store in (filed, near):
        key, digest = await Things(store).key()
        async with store._database.change(OPERATOR) as change:
            change.touch("key", key.id)
            for _ in range(20):
                assert (await store.grants_of_keys([digest]))[0] == 1
