import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from gossamer.control.store import postgres, sqlite, transaction
from gossamer.control.store.changes import Lost
from gossamer.control.store.edits import KeyEdit, UserEdit
from gossamer.control.store.errors import Missing, Taken
from gossamer.control.store.store import Store
from gossamer.feed.messages import Changed
from tests.real.store.things import OPERATOR, a_key

PATIENCE_S = 20.0
"""Only so that a test that fails ends."""


NEVER_S = 3600.0


async def take(changes: AsyncIterator[Changed | Lost], count: int) -> list[Changed | Lost]:
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(changes) for _ in range(count)]


async def test_each_change_is_one_revision_and_names_what_it_touched(store, things):
    assert await store.revision() == 0
    assert await store.changes_since(0) == []
    user = await things.user()
    agent = await things.agent()
    key, _ = await things.key()
    await store.change_user(OPERATOR, user.id, UserEdit(role="admin"))
    await store.revoke_key(OPERATOR, key.id)
    assert await store.changes_since(0) == [
        Changed(1, users=(user.id,)),
        Changed(2, agents=(agent.id,)),
        Changed(3, keys=(key.id,)),
        Changed(4, users=(user.id,)),
        Changed(5, keys=(key.id,)),
    ]
    assert await store.changes_since(4) == [Changed(5, keys=(key.id,))]
    assert await store.changes_since(5) == []
    assert await store.revision() == 5


async def test_what_nobody_decides_by_is_no_revision(store, things):
    user = await things.user(password="pw")
    await store.note_event(OPERATOR, "login.fail", after={"email": "x"})
    await store.add_login(OPERATOR, user.id, b"1" * 32, user.created_at)
    assert await store.revision() == 1


async def test_a_change_that_fails_leaves_nothing_behind(store, things):
    key, digest = await things.key()
    before = (await store.revision(), await store.events(), await store.keys())
    with pytest.raises(Taken):
        await store.add_key(OPERATOR, a_key(), digest)
    with pytest.raises(Missing):
        await store.change_key(OPERATOR, key.id, KeyEdit(name="new", agents=frozenset({"none"})))
    assert (await store.revision(), await store.events(), await store.keys()) == before


async def test_changes_at_once_leave_no_gap(store, open_another, things):
    stores = [store, await open_another()]
    keys = [(await things.key())[0] for _ in range(10)]
    await asyncio.gather(
        *(
            each.change_key(OPERATOR, key.id, KeyEdit(name=f"{number}"))
            for number, each in enumerate(stores)
            for key in keys
        )
    )
    changes = await store.changes_since(10)
    assert [change.revision for change in changes] == list(range(11, 31))
    assert sorted(key for change in changes for key in change.keys) == sorted(2 * [key.id for key in keys])


async def test_whoever_is_too_far_behind_must_forget_everything(store, things, monkeypatch):
    monkeypatch.setattr(transaction, "CHANGES_KEPT", 3)
    for _ in range(5):
        await things.user()
    assert await store.changes_since(0) is None
    assert await store.changes_since(1) is None
    assert [change.revision for change in await store.changes_since(2)] == [3, 4, 5]
    assert await store.changes_since(5) == []
    # Of a store that was put back to what it was before.
    assert await store.changes_since(6) is None


# --- the watch ---


async def test_a_watch_tells_what_was_missed_and_goes_on(store, things):
    await things.user()
    key, _ = await things.key()
    async with aclosing(store.watch(1)) as changes:
        assert await take(changes, 1) == [Changed(2, keys=(key.id,))]
        waiting = asyncio.create_task(take(changes, 2))
        await store.revoke_key(OPERATOR, key.id)
        await store.change_key(OPERATOR, key.id, KeyEdit(name="new"))
        assert await waiting == [Changed(3, keys=(key.id,)), Changed(4, keys=(key.id,))]


async def test_a_watch_hears_of_what_another_process_changes(store, open_another, things):
    other: Store = await open_another()
    key, _ = await things.key()
    async with aclosing(other.watch(1)) as changes:
        waiting = asyncio.create_task(take(changes, 1))
        await asyncio.sleep(0)
        await store.revoke_key(OPERATOR, key.id)
        assert await waiting == [Changed(2, keys=(key.id,))]


async def test_one_does_not_wait_for_the_next_look_to_hear_of_a_change(url, store, open_another, things, monkeypatch):
    """Of one's own at once; of another's by a notification, where the database has such."""
    monkeypatch.setattr(sqlite, "LOOK_EVERY_S", NEVER_S)
    monkeypatch.setattr(postgres, "HEARTBEAT_S", NEVER_S)
    other: Store = await open_another()
    watcher = other if url.startswith("postgresql") else store
    key, _ = await things.key()
    async with aclosing(watcher.watch(1)) as changes:
        for revision in range(2, 6):
            waiting = asyncio.create_task(take(changes, 1))
            await store.change_key(OPERATOR, key.id, KeyEdit(name=f"{revision}"))
            assert await waiting == [Changed(revision, keys=(key.id,))]


async def test_a_notification_that_never_comes_is_not_missed(store, open_another, things, monkeypatch):
    async def silence(*_: object) -> None:
        pass

    monkeypatch.setattr(postgres.PostgresBackend, "announce", silence)
    other: Store = await open_another()
    key, _ = await things.key()
    async with aclosing(other.watch(1)) as changes:
        # Not only the first, which may be found as the listening begins.
        for revision in (2, 3, 4):
            await store.change_key(OPERATOR, key.id, KeyEdit(name=f"{revision}"))
            assert await take(changes, 1) == [Changed(revision, keys=(key.id,))]


async def test_all_who_watch_hear_everything_in_order(store, open_another, things):
    other: Store = await open_another()
    key, _ = await things.key()
    watches = [store.watch(1), store.watch(1), other.watch(1)]
    waiting = [asyncio.create_task(take(changes, 20)) for changes in watches]
    for number in range(10):
        for name, each in (("a", store), ("b", other)):
            await each.change_key(OPERATOR, key.id, KeyEdit(name=f"{name}{number}"))
    for each in waiting:
        heard = await each
        assert [change.revision for change in heard] == list(range(2, 22))
    for changes in watches:
        await changes.aclose()


async def test_a_watch_that_lost_something_says_so_and_goes_on(store, things, monkeypatch):
    monkeypatch.setattr(transaction, "CHANGES_KEPT", 2)
    for _ in range(5):
        await things.user()
    async with aclosing(store.watch(1)) as changes:
        assert await take(changes, 1) == [Lost(5)]
        user = await things.user()
        assert await take(changes, 1) == [Changed(6, users=(user.id,))]


async def test_a_watch_ends_with_the_store(open_another):
    store: Store = await open_another()

    async def watch() -> list[Changed | Lost]:
        return [change async for change in store.watch(0)]

    waiting = asyncio.create_task(watch())
    await store.revision()
    await store.close()
    async with asyncio.timeout(PATIENCE_S):
        assert await waiting == []
