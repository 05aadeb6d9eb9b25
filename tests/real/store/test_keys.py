import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gossamer.control.nouns import Key
from gossamer.control.store.edits import AgentEdit, KeyEdit
from gossamer.control.store.errors import Conflict, Missing, Taken
from gossamer.control.store.page import AgentFilter, KeyFilter, Page
from gossamer.control.tokens import new_id
from gossamer.core.allowance import Limits
from tests.real.store.things import OPERATOR, a_key, an_agent, now

NOBODY = new_id()


async def test_a_key_comes_back_as_it_was_added(store, things):
    user = await things.user()
    agent = await things.agent(user_id=user.id)
    key, _ = await things.key(
        user_id=user.id,
        name="häuser",
        scopes=("inference", "admin"),
        models=frozenset({"b", "a"}),
        agents=frozenset({agent.id}),
        limits=Limits(tokens_per_min=1),
        expires_at=now() + timedelta(days=1),
    )
    assert await store.key(key.id) == key
    assert (await store.keys()).items == (key,)


async def test_no_models_and_any_model_are_two_things(store, things):
    none, _ = await things.key(models=frozenset())
    every, _ = await things.key(models=None)
    assert (await store.key(none.id)).models == frozenset()
    assert (await store.key(every.id)).models is None


async def test_what_a_key_belongs_to_must_exist(store, things):
    for key, noun in ((a_key(user_id=NOBODY), "user"), (a_key(agents=frozenset({NOBODY})), "agent")):
        with pytest.raises(Missing) as missing:
            await store.add_key(OPERATOR, key, b"d" * 32)
        assert missing.value.noun == noun
    assert (await store.keys()).items == ()


async def test_a_token_and_an_id_are_those_of_one_key(store, things):
    key, digest = await things.key()
    for other, other_digest, what in ((a_key(), digest, "digest"), (a_key(id=key.id), b"d" * 32, "id")):
        with pytest.raises(Taken) as taken:
            await store.add_key(OPERATOR, other, other_digest)
        assert taken.value.what == what


async def test_a_key_is_bound_to_its_users_agents_and_to_nobodys_only(store, things):
    ann, ben = await things.user(), await things.user()
    hers, his, nobodys = [await things.agent(user_id=user_id) for user_id in (ann.id, ben.id, None)]
    key, _ = await things.key(user_id=ann.id, agents=frozenset({hers.id, nobodys.id}))
    assert (await store.key(key.id)).agents == {hers.id, nobodys.id}
    with pytest.raises(Missing):
        await store.change_key(OPERATOR, key.id, KeyEdit(agents=frozenset({his.id})))
    # A user does not bind what is not his.
    with pytest.raises(Missing):
        await store.add_key(OPERATOR, a_key(user_id=ann.id, agents=frozenset({nobodys.id})), b"d" * 32, owner=ann.id)
    # The operator's own key takes any.
    _, _ = await things.key(agents=frozenset({hers.id, his.id}))


async def test_an_owner_sees_and_changes_nothing_of_anybody_else(store, things):
    ann, ben = await things.user(), await things.user()
    hers, _ = await things.key(user_id=ann.id)
    his, _ = await things.key(user_id=ben.id)
    await things.key()
    assert (await store.keys(owner=ann.id)).items == (hers,)
    assert (await store.keys(filters=KeyFilter(user_id=ben.id), owner=ann.id)).items == ()
    assert await store.key(hers.id, owner=ann.id) == hers
    for ask in (
        store.key(his.id, owner=ann.id),
        store.change_key(OPERATOR, his.id, KeyEdit(name="mine"), owner=ann.id),
        store.revoke_key(OPERATOR, his.id, owner=ann.id),
        store.add_key(OPERATOR, a_key(user_id=ben.id), b"d" * 32, owner=ann.id),
        store.add_key(OPERATOR, a_key(), b"d" * 32, owner=ann.id),
    ):
        with pytest.raises(Missing):
            await ask
    assert await store.key(his.id) == his


async def test_a_key_is_changed_member_by_member(store, things):
    agents = [await things.agent() for _ in range(3)]
    one, two, three = (agent.id for agent in agents)
    key, _ = await things.key(name="old", models=frozenset({"m"}), agents=frozenset({one, two}), expires_at=now())
    edit = KeyEdit(models=None, agents=frozenset({two, three}), expires_at=None)
    changed = await store.change_key(OPERATOR, key.id, edit, 1)
    wanted = msgspec.structs.replace(
        key,
        models=None,
        agents=frozenset({two, three}),
        expires_at=None,
        version=2,
        updated_at=changed.updated_at,
    )
    assert changed == wanted
    assert await store.key(key.id) == wanted
    with pytest.raises(Conflict):
        await store.change_key(OPERATOR, key.id, KeyEdit(name="new"), 1)


async def test_of_two_changes_of_one_version_one_is_made(store, things):
    key, _ = await things.key()
    done = await asyncio.gather(
        *(store.change_key(OPERATOR, key.id, KeyEdit(name=name), 1) for name in ("a", "b")), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "Key"]


async def test_a_revoked_key_stays_revoked(store, things):
    key, digest = await things.key()
    revoked = await store.revoke_key(OPERATOR, key.id, 1)
    assert (revoked.version, revoked.revoked_at is not None) == (2, True)
    revision = await store.revision()
    assert await store.revoke_key(OPERATOR, key.id, 1) == revoked
    assert await store.revision() == revision
    assert (await store.change_key(OPERATOR, key.id, KeyEdit(name="new"))).revoked_at == revoked.revoked_at
    assert (await store.grants_of_keys([digest]))[1] == {}


async def test_of_all_who_start_at_once_one_makes_the_first_key(store, things):
    made = await asyncio.gather(
        *(store.add_first_key(OPERATOR, a_key(name="first"), bytes([n]) * 32) for n in range(8))
    )
    (key,) = [each for each in made if each]
    assert (await store.keys()).items == (key,)
    await store.revoke_key(OPERATOR, key.id)
    assert await store.has_keys()
    assert await store.add_first_key(OPERATOR, a_key(), b"d" * 32) is None


async def test_a_key_that_nobody_was_told_of_goes_without_a_trace(store, things):
    agent = await things.agent()
    key, digest = await things.key(agents=frozenset({agent.id}))
    await store.remove_key(OPERATOR, key.id)
    assert not await store.has_keys()
    assert (await store.grants_of_keys([digest]))[1] == {}
    with pytest.raises(Missing):
        await store.remove_key(OPERATOR, key.id)
    assert await store.add_first_key(OPERATOR, a_key(id=key.id), digest)
    assert (await store.key(key.id)).agents == frozenset()


async def test_keys_are_found_by_what_they_are(store, things):
    user, agent = await things.user(), await things.agent()
    late, _ = await things.key(name="Late", expires_at=now() - timedelta(seconds=1))
    gone, _ = await things.key(name="gone")
    gone = await store.revoke_key(OPERATOR, gone.id)
    bound, _ = await things.key(name="bound", agents=frozenset({agent.id}))
    hers, _ = await things.key(name="100%", user_id=user.id, expires_at=now() + timedelta(days=1))

    async def found(**filters: Any) -> tuple[Key, ...]:
        return (await store.keys(filters=KeyFilter(**filters))).items

    assert await found(state="expired") == (late,)
    assert await found(state="revoked") == (gone,)
    assert await found(state="valid") == (hers, bound)
    assert await found(agent_id=agent.id) == (bound,)
    assert await found(user_id=user.id) == (hers,)
    assert await found(search="LATE") == (late,)
    assert await found(search="%") == (hers,)
    assert await found(search="e", state="revoked") == (gone,)


async def test_pages_of_keys_come_in_order_whatever_is_added_meanwhile(store, things):
    keys = [(await things.key())[0] for _ in range(5)]
    first = await store.keys(Page(limit=3))
    await things.key()
    rest = await store.keys(Page(limit=3, after=first.next))
    assert [*first.items, *rest.items] == keys[::-1]


async def test_the_last_use_of_a_key_only_goes_on_and_changes_no_version(store, things):
    key, _ = await things.key()
    revision = await store.revision()
    await store.note_used({key.id: 2000.5, "team": 1.0})
    await store.note_used({key.id: 1000.0})
    used = await store.key(key.id)
    assert used.last_used_at is not None
    assert used.last_used_at.timestamp() == 2000.5
    assert (used.version, await store.revision()) == (1, revision)
    await store.note_used({})
    # A change that is under way meanwhile does not put it back.
    assert (await store.change_key(OPERATOR, key.id, KeyEdit(name="new"))).last_used_at == used.last_used_at


# --- agents ---


async def test_an_agent_comes_back_as_it_was_added_and_changed(store, things):
    user = await things.user()
    agent = await things.agent(
        user_id=user.id,
        models=frozenset({"m"}),
        default_model="m",
        limits=Limits(concurrent=2),
        directive_id=(await things.directive("Be brief.")).id,
        metadata={"tone": "brief"},
    )
    assert await store.agent(agent.id) == agent
    changed = await store.change_agent(OPERATOR, agent.id, AgentEdit(default_model=None, is_active=False), 1)
    wanted = msgspec.structs.replace(
        agent, default_model=None, is_active=False, version=2, updated_at=changed.updated_at
    )
    assert changed == await store.agent(agent.id) == wanted
    with pytest.raises(Conflict):
        await store.remove_agent(OPERATOR, agent.id, 1)
    await store.remove_agent(OPERATOR, agent.id, 2)
    with pytest.raises(Missing):
        await store.agent(agent.id)


async def test_an_agents_user_must_exist_and_its_id_be_free(store, things):
    agent = await things.agent()
    with pytest.raises(Missing):
        await store.add_agent(OPERATOR, an_agent(user_id=NOBODY))
    with pytest.raises(Taken):
        await store.add_agent(OPERATOR, an_agent(id=agent.id))


async def test_an_owner_has_no_agents_but_his_own(store, things):
    ann, ben = await things.user(), await things.user()
    hers, his = await things.agent(user_id=ann.id), await things.agent(user_id=ben.id)
    assert (await store.agents(owner=ann.id)).items == (hers,)
    for ask in (
        store.agent(his.id, owner=ann.id),
        store.change_agent(OPERATOR, his.id, AgentEdit(name="mine"), owner=ann.id),
        store.remove_agent(OPERATOR, his.id, owner=ann.id),
        store.add_agent(OPERATOR, an_agent(user_id=ben.id), owner=ann.id),
    ):
        with pytest.raises(Missing):
            await ask
    assert await store.agent(his.id) == his


async def test_agents_are_found_by_what_they_are(store, things):
    user = await things.user()
    hers = await things.agent(user_id=user.id, name="Writer")
    still = await things.agent(name="still", is_active=False)
    assert (await store.agents(filters=AgentFilter(search="write"))).items == (hers,)
    assert (await store.agents(filters=AgentFilter(user_id=user.id))).items == (hers,)
    assert (await store.agents(filters=AgentFilter(is_active=False))).items == (still,)
    assert (await store.agents(Page(limit=1))).items == (still,)


async def test_a_key_whose_agent_goes_may_not_do_more_than_before(store, things):
    agent = await things.agent()
    key, digest = await things.key(agents=frozenset({agent.id}))
    await store.remove_agent(OPERATOR, agent.id)
    _, grants = await store.grants_of_keys([digest])
    assert grants[digest].agents == {agent.id}
    assert (await store.grants_of_agents([agent.id]))[1] == {}
    # And it can be edited all the same.
    assert (await store.change_key(OPERATOR, key.id, KeyEdit(name="new"))).agents == {agent.id}
