"""Directives in the store: their versions, which of them is in force, whose they are, and what agents need for them."""

import pytest

from gossamer.control.nouns import Directive
from gossamer.control.store.edits import AgentEdit, DirectiveEdit
from gossamer.control.store.errors import Conflict, InUse, Missing, NothingEarlier, Taken, Unfilled
from gossamer.control.store.page import DirectiveFilter
from gossamer.core.directives import Variable
from tests.real.store.things import OPERATOR, a_text

TONE = {"tone": Variable()}
SPOKEN = {"tone": Variable("request", "plain")}


async def in_force(store, agent_id: str) -> tuple[int, str] | None:
    _, grants = await store.grants_of_agents([agent_id])
    found = grants[agent_id].directive
    return None if found is None else (found.number, found.text)


async def save(store, directive: Directive, text: str, variables=None, **more) -> Directive:
    return await store.add_directive_version(OPERATOR, a_text(text, variables, directive_id=directive.id), None, **more)


async def test_versions_are_counted_kept_and_one_is_in_force(store, things):
    directive = await things.directive("first")
    agent = await things.agent(directive_id=directive.id)
    assert await in_force(store, agent.id) == (1, "first")
    await save(store, directive, "second")
    assert await in_force(store, agent.id) == (2, "second")
    now = await save(store, directive, "third", activates=False)
    assert (now.active, now.latest, now.earlier) == (2, 3, (1,))
    assert await in_force(store, agent.id) == (2, "second")
    assert [(each.number, each.text) for each in await store.directive_versions(directive.id)] == [
        (3, "third"), (2, "second"), (1, "first"),
    ]  # fmt: skip
    assert (await store.directive_version(directive.id, 1)).text == "first"
    with pytest.raises(Missing, match="version"):
        await store.directive_version(directive.id, 4)


async def test_a_roll_back_goes_to_what_was_in_force_before_and_further(store, things):
    directive = await things.directive("first")
    agent = await things.agent(directive_id=directive.id)
    await save(store, directive, "second")
    await store.activate_directive(OPERATOR, directive.id, 1)
    assert await in_force(store, agent.id) == (1, "first")
    await store.roll_back_directive(OPERATOR, directive.id)
    assert await in_force(store, agent.id) == (2, "second")
    await store.roll_back_directive(OPERATOR, directive.id)
    assert await in_force(store, agent.id) == (1, "first")
    with pytest.raises(NothingEarlier):
        await store.roll_back_directive(OPERATOR, directive.id)


async def test_a_change_for_another_version_is_refused_and_what_changes_nothing_is_no_change(store, things):
    directive = await things.directive("first")
    again = await store.activate_directive(OPERATOR, directive.id, 1, directive.version)
    assert again.version == directive.version
    after = await save(store, directive, "second")
    for refused in (
        store.activate_directive(OPERATOR, directive.id, 1, directive.version),
        store.roll_back_directive(OPERATOR, directive.id, directive.version),
        store.add_directive_version(OPERATOR, a_text("x", directive_id=directive.id), directive.version),
        store.change_directive(OPERATOR, directive.id, DirectiveEdit(name="n"), directive.version),
        store.remove_directive(OPERATOR, directive.id, directive.version),
    ):
        with pytest.raises(Conflict) as told:
            await refused
        assert told.value.version == after.version
    with pytest.raises(Missing):
        await store.activate_directive(OPERATOR, directive.id, 7)


async def test_whoever_is_given_it_is_told_of_a_change_and_nobody_of_a_text_that_is_not_in_force(store, things):
    directive = await things.directive("first")
    begin = await store.revision()
    await save(store, directive, "second", activates=False)
    await store.change_directive(OPERATOR, directive.id, DirectiveEdit(name="another"))
    assert await store.revision() == begin
    await store.activate_directive(OPERATOR, directive.id, 2)
    (change,) = await store.changes_since(begin)
    assert change.directives == (directive.id,)


async def test_no_version_comes_into_force_that_an_agent_cannot_fill(store, things):
    directive = await things.directive("first")
    filled = await things.agent(directive_id=directive.id, metadata={"tone": "brief"})
    lacking = await things.agent(directive_id=directive.id)
    for refused in (
        save(store, directive, "Be {tone}.", TONE),
        things.agent(directive_id=(await things.directive("Be {tone}.", TONE)).id),
    ):
        with pytest.raises(Unfilled, match="tone"):
            await refused
    await save(store, directive, "Be {tone}.", SPOKEN)
    saved = await save(store, directive, "Be {tone}!", TONE, activates=False)
    with pytest.raises(Unfilled) as told:
        await store.activate_directive(OPERATOR, directive.id, saved.latest)
    assert (told.value.agent_id, told.value.names) == (lacking.id, ("tone",))
    await store.change_agent(OPERATOR, lacking.id, AgentEdit(metadata={"tone": "kind"}))
    await store.activate_directive(OPERATOR, directive.id, saved.latest)
    with pytest.raises(Unfilled):
        await store.change_agent(OPERATOR, filled.id, AgentEdit(metadata={}))
    await store.change_agent(OPERATOR, filled.id, AgentEdit(metadata={}, directive_id=None))
    with pytest.raises(Unfilled):
        await store.change_agent(OPERATOR, filled.id, AgentEdit(directive_id=directive.id))


async def test_a_refused_version_leaves_nothing_behind(store, things):
    directive = await things.directive("first")
    await things.agent(directive_id=directive.id)
    with pytest.raises(Unfilled):
        await save(store, directive, "Be {tone}.", TONE)
    assert [each.number for each in await store.directive_versions(directive.id)] == [1]
    assert await store.directive(directive.id) == directive


async def test_what_is_somebody_elses_does_not_exist(store, things):
    ada, bob = await things.user(), await things.user()
    hers = await things.directive("hers", user_id=ada.id)
    house = await things.directive("the house's")
    assert (await store.directive(hers.id, owner=ada.id)) == hers
    for refused in (
        store.directive(hers.id, owner=bob.id),
        store.directive(house.id, owner=bob.id),
        store.directive_versions(hers.id, owner=bob.id),
        store.directive_version(hers.id, 1, owner=bob.id),
        store.add_directive_version(OPERATOR, a_text("x", directive_id=hers.id), owner=bob.id),
        store.activate_directive(OPERATOR, hers.id, 1, owner=bob.id),
        store.roll_back_directive(OPERATOR, hers.id, owner=bob.id),
        store.remove_directive(OPERATOR, hers.id, owner=bob.id),
        things.directive("for nobody that there is", user_id="nobody"),
    ):
        with pytest.raises(Missing):
            await refused
    assert [each.id for each in (await store.directives(owner=ada.id)).items] == [hers.id]
    assert (await store.directives(owner=bob.id)).items == ()
    assert [each.id for each in (await store.directives(filters=DirectiveFilter(name=house.name))).items] == [house.id]


async def test_an_agent_is_given_what_is_of_its_house_or_nobodys(store, things):
    ada, bob = await things.user(), await things.user()
    hers = await things.directive("hers", user_id=ada.id)
    house = await things.directive("the house's")
    agent = await things.agent(user_id=ada.id)

    async def give(directive_id: str | None, owner: str | None = None) -> None:
        await store.change_agent(OPERATOR, agent.id, AgentEdit(directive_id=directive_id), owner=owner)

    await give(house.id)
    with pytest.raises(Missing, match="directive"):
        await things.agent(user_id=bob.id, directive_id=hers.id)
    await store.change_agent(OPERATOR, agent.id, AgentEdit(name="renamed"), owner=ada.id)
    await give(hers.id, ada.id)
    with pytest.raises(Missing, match="directive"):
        await give(house.id, ada.id)


async def test_one_house_has_one_directive_of_a_name(store, things):
    ada = await things.user()
    await things.directive("a", name="support")
    await things.directive("b", name="support", user_id=ada.id)
    with pytest.raises(Taken):
        await things.directive("c", name="support")
    other = await things.directive("d", user_id=ada.id)
    with pytest.raises(Taken):
        await store.change_directive(OPERATOR, other.id, DirectiveEdit(name="support"))


async def test_what_is_in_use_stays_and_what_goes_takes_its_texts(store, things):
    directive = await things.directive("first")
    agent = await things.agent(directive_id=directive.id)
    with pytest.raises(InUse, match=agent.id):
        await store.remove_directive(OPERATOR, directive.id)
    await store.change_agent(OPERATOR, agent.id, AgentEdit(directive_id=None))
    await store.remove_directive(OPERATOR, directive.id)
    with pytest.raises(Missing):
        await store.directive(directive.id)


async def test_the_audit_tells_each_step(store, things):
    directive = await things.directive("first")
    await save(store, directive, "second")
    await store.roll_back_directive(OPERATOR, directive.id)
    await store.activate_directive(OPERATOR, directive.id, 2)
    await store.remove_directive(OPERATOR, directive.id)
    told = [(event.action, (event.after or {}).get("active")) for event in (await store.events()).items]
    assert told == [
        ("directive.remove", None),
        ("directive.activate", 2),
        ("directive.rollback", 1),
        ("directive.version", 2),
        ("directive.create", 1),
    ]
