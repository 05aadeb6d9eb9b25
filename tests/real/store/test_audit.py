from datetime import timedelta
from typing import Any

from gossamer.control.nouns import Actor, Key, User
from gossamer.control.store.edits import AgentEdit, KeyEdit, UserEdit
from gossamer.control.store.page import EventFilter, Page
from gossamer.control.store.store import Store
from gossamer.core.allowance import Limits
from tests.real.store.things import OPERATOR, Things, now

ACTIONS = [
    "user.create",
    "user.update",
    "login.create",
    "login.end",
    "agent.create",
    "agent.update",
    "key.create",
    "key.update",
    "key.revoke",
    "agent.remove",
    "invite.create",
    "user.create",
    "invite.take",
    "user.remove",
    "login.fail",
]


async def do_everything(store: Store, things: Things) -> tuple[User, Key]:
    user = await store.add_user(OPERATOR, email="ann@example.com", password="planted-password")
    await store.change_user(OPERATOR, user.id, UserEdit(password="planted-password-2", limits=Limits(concurrent=1)))
    await store.add_login(OPERATOR, user.id, b"planted-login-digest-of-32-bytes", now() + timedelta(hours=1))
    await store.end_login(OPERATOR, b"planted-login-digest-of-32-bytes")
    agent = await things.agent(user_id=user.id)
    await store.change_agent(OPERATOR, agent.id, AgentEdit(name="new"))
    key, _ = await things.key(user_id=user.id)
    await store.change_key(OPERATOR, key.id, KeyEdit(models=frozenset({"b", "a"})))
    await store.revoke_key(OPERATOR, key.id)
    await store.remove_agent(OPERATOR, agent.id)
    await store.add_invite(OPERATOR, b"planted-invite-digest-of-32-byte", expires_at=now() + timedelta(hours=1))
    await store.add_invited_user(
        OPERATOR, email="ben@example.com", password="planted-password", invite=b"planted-invite-digest-of-32-byte"
    )
    await store.remove_user(OPERATOR, user.id)
    await store.note_event(OPERATOR, "login.fail", owner=user.id, after={"email": "ann@example.com"})
    return user, key


async def test_every_change_is_told_with_both_sides(store, things):
    user, key = await do_everything(store, things)
    events = (await store.events(Page(limit=100))).items[::-1]
    assert [event.action for event in events] == ACTIONS
    assert {event.actor for event in events} == {OPERATOR}
    told = {event.action: event for event in events if event.subject in {user.id, key.id}}
    assert told["user.create"].before is None
    assert told["user.create"].after is not None
    assert told["user.create"].after["email"] == "ann@example.com"
    assert (told["user.update"].before, told["user.update"].after) == (
        {"limits": {}},
        {"limits": {"concurrent": 1}, "password": "changed"},
    )
    assert (told["key.update"].before, told["key.update"].after) == ({"models": None}, {"models": ["a", "b"]})
    assert (told["user.remove"].before, told["user.remove"].after) == ({"is_active": True}, {"is_active": False})
    assert told["key.revoke"].at >= key.created_at


async def test_no_secret_is_in_any_event(store, things):
    await do_everything(store, things)
    text = repr((await store.events(Page(limit=100))).items)
    assert "ann@example.com" in text
    assert "planted" not in text
    assert "argon2" not in text
    assert "digest" not in text


async def test_an_owner_reads_what_was_done_to_what_is_his(store, things):
    ann, ben = await things.user(), await things.user()
    hers, _ = await things.key(user_id=ann.id)
    his, _ = await things.key(user_id=ben.id)
    await store.revoke_key(Actor(kind="user", id=ben.id, user_id=ben.id), hers.id)
    of_ann = (await store.events(owner=ann.id)).items
    assert [event.action for event in of_ann] == ["key.revoke", "key.create", "user.create"]
    assert his.id not in {event.subject for event in of_ann}


async def test_events_are_found_by_what_they_are(store, things):
    user = await things.user()
    actor = Actor(kind="user", id=user.id)
    key, _ = await things.key()
    middle = now()
    await store.revoke_key(actor, key.id)

    async def found(**filters: Any) -> list[str]:
        return [event.action for event in (await store.events(filters=EventFilter(**filters))).items]

    assert await found(action="key") == ["key.revoke", "key.create"]
    assert await found(action="key.create") == ["key.create"]
    assert await found(action="ke") == []
    assert await found(subject=user.id) == ["user.create"]
    assert await found(actor_id=user.id) == ["key.revoke"]
    assert await found(since=middle) == ["key.revoke"]
    assert await found(until=middle) == ["key.create", "user.create"]
