"""Audit events are handed on: all of them, each once, in one order, whichever node made them and whichever asks."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from gossamer.control.store import handing
from gossamer.control.store.store import Store
from tests.real.store.things import OPERATOR, Things, now

Opener = Callable[[], Awaitable[Store]]


async def drawn(store: Store, holder: str = "a", taken: int = 0) -> list[tuple[int, str]]:
    """Until there is nothing more."""
    found: list[tuple[int, str]] = []
    while told := await store.hand_on(holder, found[-1][0] if found else taken):
        found += [(each.number, each.action) for each in told]
    return found


async def note(store: Store, *actions: str) -> None:
    for action in actions:
        await store.note_event(OPERATOR, action)


async def test_each_event_is_handed_on_once_with_numbers_without_a_gap(store, monkeypatch):
    monkeypatch.setattr(handing, "_EVENTS", handing._EVENTS.limit(3))
    await note(store, *(f"test.a{number}" for number in range(7)))
    assert await drawn(store) == [(number + 1, f"test.a{number}") for number in range(7)]
    await note(store, "test.b")
    assert await drawn(store, taken=7) == [(8, "test.b")]
    assert await drawn(store, taken=8) == []


async def test_an_event_tells_who_did_what(store, things):
    user = await things.user()
    (told,) = await store.hand_on("a", 0)
    assert (told.by, told.action, told.subject, told.address) == ("operator", "user.create", user.id, "unix")
    assert told.before is None
    assert told.after is not None
    assert told.after["email"] == user.email
    assert abs(told.at - now().timestamp()) < 60


async def test_what_was_not_put_away_is_handed_out_again(store):
    await note(store, "test.a", "test.b")
    first = await store.hand_on("a", 0)
    assert await store.hand_on("a", 0) == first
    assert [each.action for each in await store.hand_on("a", 1)] == ["test.b"]


async def test_while_one_node_hands_on_another_gets_nothing_and_then_goes_on_behind_it(store, open_another: Opener):
    other = await open_another()
    await note(store, "test.a", "test.b")
    assert len(await store.hand_on("a", 0)) == 2
    assert await other.hand_on("b", 0) == ()
    await note(other, "test.c")
    assert [each.number for each in await store.hand_on("a", 1)] == [2]
    later = now() + timedelta(seconds=handing.HELD_S + 1)
    other._database.now = lambda: later
    assert await drawn(other, "b") == [(2, "test.b"), (3, "test.c")]
    assert await store.hand_on("a", 2) == (), "it has lost the right, and what it says it has put away counts no more"


async def test_a_number_of_another_store_puts_nothing_away(store):
    await note(store, "test.a")
    assert await drawn(store, taken=57) == [(1, "test.a")]


async def test_whoever_has_nothing_to_hear_does_not_write(store, monkeypatch):
    await note(store, "test.a")
    await drawn(store)
    monkeypatch.setattr(store._database, "beside", None)
    assert await store.hand_on("a", 1) == ()


async def test_only_what_is_old_and_put_away_is_removed(store, things: Things):
    await note(store, "test.a", "test.b", "test.c")
    later = now() + timedelta(days=1)
    assert await store.prune_events(later, only_handed=True) == 0
    await store.hand_on("a", 0)
    await store.hand_on("a", 2)
    assert await store.prune_events(now() - timedelta(days=1), only_handed=True) == 0
    assert await store.prune_events(later, only_handed=True) == 2
    assert [event.action for event in (await store.events()).items] == ["test.c"]
    assert await drawn(store, taken=2) == [(3, "test.c")]
    assert await store.prune_events(later, only_handed=False) == 1
    await note(store, "test.d")
    assert await drawn(store, taken=3) == [(4, "test.d")], "numbers go on, whatever was removed"
